import { createWriteStream, rmSync, type Stats } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { debug } from '../../debug.js';
import { explained, UserError, usageError } from '../../errors.js';
import { temporaryPath } from '../../os/wholefile.js';
import { unpackImage } from '../layers/apply.js';
import { setAttributes } from '../layers/attributes.js';
import type { ImageName } from '../name.js';
import type { ImageSource } from '../source.js';
import { type OciImage, ociImage } from './blobs.js';
import { dockerArchive } from './dockerarchive/sink.js';
import { requireFree } from './free.js';
import { writeLayout, writeLayoutArchive } from './ocilayout/sink.js';
import { repositoryOf } from './registry/client.js';
import { pushImage } from './registry/sink.js';

/** What to do where an image can't be written. */
const ELSEWHERE = 'choose another place with --output';

/** Where an image can be written without a daemon. */
export type FileTarget = Exclude<ImageName, { transport: 'docker-daemon' | 'host' }>;

/**
 * Checks that an image can be written to a target, before any work is done for it. The parent folder must exist and be
 * writable. An archive may replace a file, a layout may exist, and a root file system must be new or empty.
 * @throws UserError that says what is in the way
 */
export async function requireWritable(target: FileTarget): Promise<void> {
  if (target.transport === 'docker') {
    repositoryOf(target.reference); // throws if the name has no registry
    return;
  }
  const { transport, path } = target;
  const place = resolve(path);
  const existing = await find(place);
  if (transport === 'docker-archive' || transport === 'oci-archive') {
    if (existing && !existing.isFile()) throw usageError(`${path} exists and is not a file.`, 'Name another file with --output.');
  } else if (existing) {
    if (!existing.isDirectory()) throw usageError(`${path} exists and is not a directory.`, 'Name another directory with --output.');
    const isEmpty = (await readdir(place).catch((error: unknown) => Promise.reject(unwritable(path, error)))).length === 0;
    if (transport === 'rootfs' && !isEmpty) throw usageError(`${path} is not empty.`, 'Name a directory that does not exist yet.');
    // An image is added to a layout; in all other cases the target is made in its parent and renamed.
    if (!isEmpty) return requireWritableFolder(place, path);
  }
  const parent = dirname(place);
  const folder = await find(parent);
  if (!folder) throw usageError(`The folder ${parent} does not exist.`, 'Make it, or check the path in --output.');
  if (!folder.isDirectory()) throw usageError(`${parent} is not a folder.`, 'Check the path in --output.');
  await requireWritableFolder(parent, path);
}

async function find(path: string): Promise<Stats | undefined> {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw unwritable(path, error);
  });
}

/** Makes a folder and removes it. access(2) is no test: for root it always succeeds, even where nothing can be made, e.g. in /sys. */
async function requireWritableFolder(folder: string, path: string): Promise<void> {
  try {
    await rmdir(await mkdtemp(join(folder, '.pyshrink-')));
  } catch (error) {
    throw explained(unwritable(path, error), folder, ELSEWHERE);
  }
}

function unwritable(path: string, error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return error as Error;
  return new UserError(`${path} can't be written: ${message}.`, 'Choose another place with --output.');
}

/**
 * Writes an image to files or to a registry. Files get a temporary name first, so that there is never half an image.
 * @param label name of the image in a docker-archive, if the target does not name one
 * @param spool names a new file for data that must be stored on the way
 * @param force replaces also what pyshrink did not make
 * @throws UserError when the target cannot be written, or is not free
 */
export async function writeImage(
  source: ImageSource,
  target: FileTarget,
  label: string,
  spool: () => Promise<string>,
  force = false,
): Promise<void> {
  await requireWritable(target);
  if (!force) await requireFree(target, spool);
  const start = performance.now();
  await write(source, target, label, spool, force);
  debug.assemble('wrote %s in %d ms', target.text, Math.round(performance.now() - start));
}

async function write(source: ImageSource, target: FileTarget, label: string, spool: () => Promise<string>, force: boolean): Promise<void> {
  switch (target.transport) {
    case 'docker':
      return pushImage(target.text, target.reference, await blobsFor(source, spool));
    case 'docker-archive':
      return atomically(target.path, (path) => pipeline(dockerArchive(source, target.name ?? label, spool), createWriteStream(path)));
    case 'oci-archive': {
      const image = await blobsFor(source, spool);
      return atomically(target.path, (path) => writeLayoutArchive(path, image, target.name));
    }
    case 'oci': {
      const image = await blobsFor(source, spool);
      const isNew = async () => (await readdir(target.path).catch(() => [])).length === 0;
      if (await isNew()) {
        try {
          return await atomically(target.path, async (path) => {
            await mkdir(path);
            await writeLayout(path, image, target.name);
          });
        } catch (error) {
          if (await isNew()) throw error; // otherwise another run has just made the layout
        }
      }
      return writeLayout(target.path, image, target.name, force).catch((error: unknown) => {
        throw explained(error, target.path, ELSEWHERE);
      });
    }
    case 'rootfs':
      return atomically(target.path, async (path) => {
        await mkdir(path);
        const { entries } = await unpackImage(source, path);
        await setAttributes(path, entries.values(), target.path);
      });
  }
}

async function blobsFor(source: ImageSource, spool: () => Promise<string>): Promise<OciImage> {
  const image = await ociImage(source, spool);
  for (const { digest, size } of image.layers) debug.assemble('compressed layer %s: %d bytes', digest, size);
  return image;
}

/** Makes a file or directory under a temporary name in the target's folder, and renames it when it is complete. */
async function atomically(path: string, make: (path: string) => Promise<void>): Promise<void> {
  const target = resolve(path);
  const draft = temporaryPath(target);
  const discard = () => rmSync(draft, { recursive: true, force: true });
  process.once('exit', discard); // an interrupted process exits without our finally blocks
  try {
    await make(draft);
    await rename(draft, target);
  } catch (error) {
    discard();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST')
      throw new UserError(`Another run has written ${path} in the meantime.`, 'Run it again, or choose another place with --output.');
    if (code === 'EACCES' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EISDIR') throw unwritable(path, error);
    // The draft lies beside the target, so the error names a path in the target's folder.
    throw explained(error, dirname(target), ELSEWHERE);
  } finally {
    process.off('exit', discard);
  }
}
