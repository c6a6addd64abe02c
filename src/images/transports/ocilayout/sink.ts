import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import writeFileAtomic from 'write-file-atomic';
import { type Descriptor, Index } from '../../manifest.js';
import { OCI } from '../../mediatypes.js';
import { parseJson } from '../../source.js';
import { temporaryPath } from '../../temporary.js';
import { type Blob, blobOf, type OciImage } from '../blobs.js';
import { blobPath, REF_NAME } from './source.js';

const LAYOUT = Buffer.from(JSON.stringify({ imageLayoutVersion: '1.0.0' }));

/**
 * Adds an image to the OCI layout in a directory, or makes a new layout. It replaces an image of the same name.
 * The index is written last and atomically, since an image is in the layout only when the index names it.
 * @param name the annotation {@link REF_NAME}
 */
export async function writeLayout(folder: string, image: OciImage, name: string | undefined): Promise<void> {
  const existing = await readFile(join(folder, 'index.json')).catch(() => undefined);
  const others = existing
    ? parseJson(Index, existing, folder, 'index.json').manifests.filter(({ annotations }) => annotations?.[REF_NAME] !== name)
    : [];
  for (const { digest, size, content } of blobsOf(image)) {
    const path = join(folder, blobPath(digest, folder));
    if ((await stat(path).catch(() => undefined))?.size === size) continue;
    await mkdir(dirname(path), { recursive: true });
    if (Buffer.isBuffer(content)) await writeFileAtomic(path, content);
    else await copyAtomic(content.path, path);
  }
  await writeFileAtomic(join(folder, 'oci-layout'), LAYOUT);
  await writeFileAtomic(join(folder, 'index.json'), indexOf(image, name, others));
  if (existing && others.length === 0) await removeOtherBlobs(folder, image);
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

/** Removes blobs of replaced images. */
async function removeOtherBlobs(folder: string, image: OciImage): Promise<void> {
  const own = new Set(blobsOf(image).map(({ digest }) => basename(blobPath(digest, folder))));
  const blobs = join(folder, 'blobs', 'sha256');
  for (const name of await readdir(blobs)) if (!own.has(name)) await rm(join(blobs, name), { force: true });
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
