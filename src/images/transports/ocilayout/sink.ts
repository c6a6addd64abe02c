import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { lockFolder } from '../../../os/lock.js';
import { temporaryPath, writeWholeFile } from '../../../os/wholefile.js';
import { checked } from '../../digest.js';
import type { Descriptor } from '../../manifest.js';
import { OCI } from '../../mediatypes.js';
import { type Blob, blobOf, type OciImage } from '../blobs.js';
import { takenError } from '../taken.js';
import { isReplaced, type LayoutContents, layoutAt, madeByUs, neededBlobs } from './contents.js';
import { blobPath, REF_NAME } from './source.js';

/** Name of the lock in a layout. */
const LOCK = '.pyshrink-lock';
/** Seconds to wait for another pyshrink that writes to the same layout. */
const PATIENCE = 600;
const LAYOUT = Buffer.from(JSON.stringify({ imageLayoutVersion: '1.0.0' }));

/**
 * Adds an image to the OCI layout in a directory, or makes a new layout. It replaces an image of the same name.
 * The index is written last and atomically, since an image is in the layout only when the index names it. One process at a
 * time writes, so that no image is lost that another adds meanwhile.
 * @param name the annotation {@link REF_NAME}
 * @param force replaces also an image that pyshrink did not make
 * @throws UserError for a directory that is no layout, and where an image that pyshrink did not make has the name
 */
export async function writeLayout(folder: string, image: OciImage, name: string | undefined, force = false): Promise<void> {
  const lock = await lockFolder(folder, { name: LOCK, patience: PATIENCE });
  try {
    const before = await layoutAt(folder, LOCK);
    const replaced = before?.manifests.filter((one) => isReplaced(one, name)) ?? [];
    const others = before?.manifests.filter((one) => !isReplaced(one, name)) ?? [];
    const ours: Descriptor[] = [];
    for (const one of replaced) if (before && (await madeByUs(before, one))) ours.push(one);
    if (!force && ours.length < replaced.length) throw takenError(`${folder} has an image of this name`);
    for (const blob of blobsOf(image)) await writeBlob(folder, blob);
    if (!before) await writeWholeFile(join(folder, 'oci-layout'), LAYOUT);
    await writeWholeFile(join(folder, 'index.json'), indexOf(image, name, others));
    if (before) await removeBlobs(folder, before, ours, [...others, image.manifest]);
  } finally {
    await lock.release();
  }
}

async function writeBlob(folder: string, { digest, content }: Blob): Promise<void> {
  const path = join(folder, blobPath(digest, folder));
  // A blob of this name may be damaged, or another program may be writing it.
  if (await holds(path, digest)) return;
  await mkdir(dirname(path), { recursive: true });
  if (Buffer.isBuffer(content)) await writeWholeFile(path, content);
  else await copyAtomic(content.path, path);
}

/** Whether a file has the bytes of a digest. */
async function holds(path: string, digest: string): Promise<boolean> {
  try {
    for await (const _ of checked(createReadStream(path), digest, path));
    return true;
  } catch {
    return false;
  }
}

/** Copies a file that may be too large for memory, so that its copy is complete or not there. */
async function copyAtomic(from: string, to: string): Promise<void> {
  const unfinished = temporaryPath(to);
  try {
    await copyFile(from, unfinished);
    await rename(unfinished, to);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/**
 * Removes the blobs of images that pyshrink had made and that are replaced, where no other image needs them. Where another
 * image can't be followed, none is removed.
 */
async function removeBlobs(
  folder: string,
  layout: LayoutContents,
  replaced: readonly Descriptor[],
  remaining: readonly Pick<Descriptor, 'mediaType' | 'digest' | 'size'>[],
): Promise<void> {
  const [unused, needed] = [await neededBlobs(layout, replaced), await neededBlobs(layout, remaining)];
  if (!unused || !needed) return;
  for (const digest of unused) if (!needed.has(digest)) await rm(join(folder, blobPath(digest, folder)), { force: true });
}

/**
 * Writes an image as an OCI layout in a tar.
 * @param path a file that does not exist yet
 * @param name the annotation {@link REF_NAME}
 */
export async function writeLayoutArchive(path: string, image: OciImage, name: string | undefined): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(path));
  const add = async (entry: string, { content, size }: Pick<Blob, 'content' | 'size'>) => {
    const source = Buffer.isBuffer(content) ? [content] : createReadStream(content.path);
    await pipeline(source, archive.entry({ name: entry, size, mtime: new Date(0) }));
  };
  const fill = async () => {
    for (const blob of blobsOf(image)) await add(blobPath(blob.digest, path), blob);
    await add('oci-layout', blobOf('', LAYOUT));
    await add('index.json', blobOf('', indexOf(image, name, [])));
    archive.finalize();
  };
  await Promise.all([fill(), written]);
}

/** All blobs of an image. A layer that occurs twice is one blob. */
function blobsOf({ layers, config, manifest }: OciImage): Blob[] {
  return [...new Map([...layers, config, manifest].map((blob) => [blob.digest, blob])).values()];
}

function indexOf(
  { manifest: { mediaType, digest, size }, platform }: OciImage,
  name: string | undefined,
  others: readonly Descriptor[],
): Buffer {
  const own = { mediaType, digest, size, platform, ...(name !== undefined && { annotations: { [REF_NAME]: name } }) };
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI.index, manifests: [...others, own] }));
}
