import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';

/** Adds a folder's files to an archive, below `name`. Links and special files are left out. */
export async function addFolder(archive: Pack, folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const at = join(folder, entry);
    const found = await lstat(at);
    if (found.isDirectory()) await addFolder(archive, at, `${name}/${entry}`);
    else if (found.isFile()) {
      const sink = archive.entry({ name: `${name}/${entry}`, size: found.size });
      // What is written meanwhile is not ours to see.
      await pipeline(found.size > 0 ? createReadStream(at, { end: found.size - 1 }) : [], sink);
    }
  }
}
