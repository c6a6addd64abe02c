import { stat } from 'node:fs/promises';
import { usageError } from '../../errors.js';
import { DirectoryFiles, TarFiles } from '../files.js';
import type { ImageName } from '../name.js';
import type { ImageSource } from '../source.js';
import { openDockerArchive } from './dockerarchive/source.js';
import { openLayout } from './ocilayout/source.js';
import { openRegistryImage } from './registry/source.js';

/** Images that are layers in files, or in a registry. */
export type LayeredName = Extract<ImageName, { transport: 'docker' | 'docker-archive' | 'oci' | 'oci-archive' }>;

/** @param spool names a file that does not exist yet, for what has to be unpacked first */
export async function openSource(
  reference: string,
  name: LayeredName,
  platform: string | undefined,
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
          `${name.path} is no directory.`,
          'An OCI layout in a tar is named oci-archive:FILE; an image of the daemon docker-daemon:NAME.',
        );
      return openLayout(reference, new DirectoryFiles(name.path), name.name, platform);
  }
}
