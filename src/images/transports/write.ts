import { createWriteStream, rmSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { explained, UserError, usageError } from '../../errors.js';
import { unpackImage } from '../layers/apply.js';
import type { ImageName } from '../name.js';
import type { ImageSource } from '../source.js';
import { dockerArchive } from './dockerarchive/sink.js';
import { ociImage } from './ocilayout/blobs.js';
import { writeLayout, writeLayoutArchive } from './ocilayout/sink.js';
import { pushImage } from './registry/sink.js';

/** Where an image can be written without a daemon. */
export type FileTarget = Exclude<ImageName, { transport: 'docker-daemon' | 'host' }>;

/**
 * Writes an image to files or to a registry: under a temporary name first, so that a half image never exists.
 * @param label the name that the image bears in a docker-archive
 * @param spool names files for what has to be written down on the way
 */
export async function writeImage(source: ImageSource, target: FileTarget, label: string, spool: () => Promise<string>): Promise<void> {
  switch (target.transport) {
    case 'docker':
      return pushImage(target.text, target.reference, await ociImage(source, spool));
    case 'docker-archive':
      return whole(target.path, (path) => pipeline(dockerArchive(source, target.name ?? label, spool), createWriteStream(path)));
    case 'oci-archive': {
      const image = await ociImage(source, spool);
      return whole(target.path, (path) => writeLayoutArchive(path, image, target.name));
    }
    case 'oci': {
      const image = await ociImage(source, spool);
      if ((await readdir(target.path).catch(() => [])).length > 0) return writeLayout(target.path, image, target.name);
      return whole(target.path, (path) => writeLayout(path, image, target.name));
    }
    case 'rootfs':
      if ((await readdir(target.path).catch(() => [])).length > 0)
        throw usageError(`${target.path} is not empty.`, 'Name a directory that does not exist yet.');
      return whole(target.path, async (path) => {
        await mkdir(path);
        await unpackImage(source, path);
      });
  }
}

/** Makes a file or directory under another name beside its place, and renames it when it is whole. */
async function whole(path: string, make: (path: string) => Promise<void>): Promise<void> {
  const target = resolve(path);
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  const discard = () => rmSync(draft, { recursive: true, force: true });
  process.once('exit', discard); // an interruption ends the process at once
  try {
    await mkdir(dirname(target), { recursive: true });
    await make(draft);
    await rename(draft, target);
  } catch (error) {
    discard();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EROFS' || code === 'ENOTDIR' || code === 'EISDIR')
      throw new UserError(`${path} can't be written: ${message}`, 'Choose another place with --output.');
    throw explained(error, target);
  } finally {
    process.off('exit', discard);
  }
}
