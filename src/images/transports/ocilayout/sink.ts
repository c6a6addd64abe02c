import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { type Descriptor, Index } from '../../manifest.js';
import { OCI } from '../../mediatypes.js';
import { parseJson } from '../../source.js';
import { type Blob, blobOf, type OciImage } from './blobs.js';
import { blobPath, REF_NAME } from './source.js';

const LAYOUT = Buffer.from(JSON.stringify({ imageLayoutVersion: '1.0.0' }));

/**
 * Puts an image into a directory's OCI layout, which is made where there is none; an image of the same name gives way.
 * The index, without which nothing is there, comes last and whole.
 * @param name the annotation org.opencontainers.image.ref.name
 */
export async function writeLayout(folder: string, image: OciImage, name: string | undefined): Promise<void> {
  const there = await readFile(join(folder, 'index.json')).catch(() => undefined);
  const others = there
    ? parseJson(Index, there, folder, 'index.json').manifests.filter(({ annotations }) => annotations?.[REF_NAME] !== name)
    : [];
  for (const { digest, size, content } of [...image.layers, image.config, image.manifest]) {
    const path = join(folder, blobPath(digest, folder));
    if ((await stat(path).catch(() => undefined))?.size !== size) await putWhole(path, content);
  }
  await writeFile(join(folder, 'oci-layout'), LAYOUT);
  await putWhole(join(folder, 'index.json'), indexOf(image, name, others));
  if (there && others.length === 0) await removeOtherBlobs(folder, image);
}

/** Writes a file that is there whole or not at all. */
async function putWhole(path: string, content: Blob['content']): Promise<void> {
  const unfinished = `${path}.new`;
  try {
    await mkdir(dirname(path), { recursive: true });
    if (Buffer.isBuffer(content)) await writeFile(unfinished, content);
    else await copyFile(content.path, unfinished);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** What the image that was there before had, and this one has not. */
async function removeOtherBlobs(folder: string, image: OciImage): Promise<void> {
  const own = new Set([...image.layers, image.config, image.manifest].map(({ digest }) => basename(blobPath(digest, folder))));
  const blobs = join(folder, 'blobs', 'sha256');
  for (const name of await readdir(blobs)) if (!own.has(name)) await rm(join(blobs, name), { force: true });
}

/** The same as one tar, written to a path that is not there yet. */
export async function writeLayoutArchive(path: string, image: OciImage, name: string | undefined): Promise<void> {
  const archive = pack();
  const written = pipeline(archive, createWriteStream(path));
  const add = async (entry: string, { content, size }: Pick<Blob, 'content' | 'size'>) => {
    const source = Buffer.isBuffer(content) ? [content] : createReadStream(content.path);
    await pipeline(source, archive.entry({ name: entry, size, mtime: new Date(0) }));
  };
  const fill = async () => {
    for (const blob of unique([...image.layers, image.config, image.manifest])) await add(blobPath(blob.digest, path), blob);
    await add('oci-layout', blobOf('', LAYOUT));
    await add('index.json', blobOf('', indexOf(image, name, [])));
    archive.finalize();
  };
  await Promise.all([fill(), written]);
}

function unique(blobs: readonly Blob[]): Blob[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

function indexOf(
  { manifest: { mediaType, digest, size }, platform }: OciImage,
  name: string | undefined,
  others: readonly Descriptor[],
): Buffer {
  const own = { mediaType, digest, size, platform, ...(name !== undefined && { annotations: { [REF_NAME]: name } }) };
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI.index, manifests: [...others, own] }));
}
