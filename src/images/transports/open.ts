import { stat } from 'node:fs/promises';
import { debug } from '../../debug.js';
import { usageError } from '../../errors.js';
import { DirectoryFiles, TarFiles } from '../files.js';
import type { ImageName } from '../name.js';
import { type Platform, parsePlatform } from '../platform.js';
import type { ImageSource } from '../source.js';
import { openDockerArchive } from './dockerarchive/source.js';
import { openLayout } from './ocilayout/source.js';
import { openRegistryImage } from './registry/source.js';

/** An image that is stored as layers, in files or in a registry. */
export type LayeredName = Extract<ImageName, { transport: 'docker' | 'docker-archive' | 'oci' | 'oci-archive' }>;

/**
 * Opens an image in files or in a registry.
 * @param reference the image as the user named it
 * @param platform `os/architecture[/variant]`; undefined: that of the computer that pyshrink runs on
 * @param spool names a new file, which a compressed archive is unpacked to
 * @throws UserError when there is no such image, or it is damaged
 */
export async function openSource(
  reference: string,
  name: LayeredName,
  platform: string | undefined,
  spool: () => Promise<string>,
): Promise<ImageSource> {
  const source = await open(reference, name, platform === undefined ? undefined : parsePlatform(platform), spool);
  debug.engine(
    'opened %s: %d layers with %o bytes',
    reference,
    source.layers.length,
    source.layers.map(({ size }) => size),
  );
  return source;
}

async function open(
  reference: string,
  name: LayeredName,
  platform: Platform | undefined,
  spool: () => Promise<string>,
): Promise<ImageSource> {
  switch (name.transport) {
    case 'docker':
      return openRegistryImage(reference, name.reference, platform);
    case 'docker-archive':
      return openDockerArchive(reference, name.path, name.name, spool);
    case 'oci-archive':
      return openLayout(reference, await TarFiles.open(name.path, spool), name.name, platform);
    case 'oci':
      if (!(await stat(name.path).catch(() => undefined))?.isDirectory())
        throw usageError(
          `${name.path} is not a directory.`,
          'If it is an OCI layout in a tar, write oci-archive:FILE. For an image of the daemon, write docker-daemon:NAME.',
        );
      return openLayout(reference, new DirectoryFiles(name.path), name.name, platform);
  }
}
