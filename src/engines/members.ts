import { constants, createWriteStream } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Pack, pack } from 'tar-stream';

/**
 * Unpacks a tar archive of files and directories. The archive must be our own: names are not checked.
 * @param place where a member goes, by its name; it may prepare parent directories
 */
export async function writeMembers(archive: Readable | Buffer, place: (name: string) => Promise<string>): Promise<void> {
  const members = extract();
  Readable.from(Buffer.isBuffer(archive) ? [archive] : archive).pipe(members);
  for await (const member of members) {
    const at = await place(member.header.name);
    if (member.header.type === 'directory') {
      await mkdir(at, { recursive: true });
      member.resume();
    } else {
      await mkdir(dirname(at), { recursive: true });
      await pipeline(member, createWriteStream(at));
    }
    await chmod(at, member.header.mode ?? 0o644);
  }
}

/** A tar archive of a folder, named from its own name on: it comes first. Links and special files are left out. */
export function folderArchive(folder: string): Readable {
  const archive = pack();
  addFolder(archive, folder, posix.basename(folder)).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  return archive as unknown as Readable;
}

async function addFolder(archive: Pack, folder: string, name: string): Promise<void> {
  const entries = await readdir(folder);
  archive.entry({ name: `${name}/`, type: 'directory' });
  for (const entry of entries) {
    const at = join(folder, entry);
    const found = await unlessGone(lstat(at));
    if (found?.isDirectory()) await unlessGone(addFolder(archive, at, `${name}/${entry}`));
    else if (found?.isFile()) await addFile(archive, at, `${name}/${entry}`);
  }
}

async function addFile(archive: Pack, at: string, name: string): Promise<void> {
  // What has this name now may be another thing than a moment ago.
  const file = await unlessGone(open(at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK));
  if (!file) return;
  try {
    const found = await file.stat();
    if (!found.isFile()) return;
    const sink = archive.entry({ name, size: found.size });
    // A file that grows meanwhile must not give more bytes than its header says.
    await pipeline(found.size > 0 ? file.createReadStream({ end: found.size - 1, autoClose: false }) : [], sink);
  } finally {
    await file.close();
  }
}

/** Codes of errors for a name that is gone since its folder was listed, or is that of a link now. */
const GONE = ['ENOENT', 'ELOOP'];

/** Other processes may still write into the folder. @returns undefined for what is gone */
async function unlessGone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (GONE.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
