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
