import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { TarReader } from '../../tar/reader.js';

/**
 * Digest of the file that an archive of one path holds.
 * @param archive as the daemon gives it for a path (Docker Engine API, "Get an archive of a filesystem resource in a container")
 * @param path for error messages
 * @returns `sha256:...`; undefined where the path is no regular file
 */
export async function digestInArchive(archive: Readable, path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  let isFile: boolean | undefined;
  const reader = new TarReader(({ type }) => {
    isFile ??= type === 'f'; // the archive of a folder begins with the folder
    if (!isFile) return undefined;
    return { write: (data) => hash.update(data), end: () => {} };
  }, `The archive of ${path}`);
  for await (const chunk of archive) reader.write(chunk as Buffer);
  reader.end();
  return isFile ? `sha256:${hash.digest('hex')}` : undefined;
}

/** Whether an archive of one path holds anything but an empty folder. */
export async function holdsSomething(archive: Readable): Promise<boolean> {
  let members = 0;
  let isFolder = true;
  const reader = new TarReader(({ type }) => {
    members++;
    isFolder &&= type === 'd';
    return undefined;
  }, 'The archive');
  for await (const chunk of archive) {
    reader.write(chunk as Buffer);
    // The first member is the path itself. The rest of a large folder need not be read.
    if (members > 1 || (members === 1 && !isFolder)) return true;
  }
  return false;
}
