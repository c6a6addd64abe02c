import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * A name beside a path, for a file or directory that is renamed to it when it is complete. No other run uses it, also none in
 * another PID namespace, where process ids are the same ones.
 */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.new`);
}

export interface WholeFileOptions {
  /** Permission bits. By default those of the file that is there, else those that a new file has. */
  mode?: number;
  /** Whether a file that is there is an error (EEXIST). */
  isNew?: boolean;
}

/**
 * Writes a file whole or not at all: after an error, or if the process is killed, what was there is still there. A link is
 * followed, and the file that it leads to is replaced. What is no regular file (a device, a pipe) is written to.
 */
export async function writeWholeFile(
  path: string,
  content: string | Uint8Array,
  { mode, isNew = false }: WholeFileOptions = {},
): Promise<void> {
  const target = isNew ? path : await realpath(path).catch(() => path);
  const before = isNew ? undefined : await stat(path).catch(() => undefined);
  if (before && !before.isFile()) return writeFile(path, content);
  const draft = temporaryPath(target);
  const discard = () => rmSync(draft, { force: true });
  process.once('exit', discard); // an interrupted process exits without our finally blocks
  try {
    const file = await open(draft, 'wx', before ? 0o600 : mode); // nobody reads in it who may not read the old one
    try {
      // All of it: the kernel may take only a part where the disk becomes full, and say so at the next write.
      await file.writeFile(content);
      if (before && process.getuid?.() === 0) await file.chown(before.uid, before.gid);
      if (before) await file.chmod(mode ?? before.mode & 0o7777);
      await file.sync();
    } finally {
      await file.close();
    }
    await (isNew ? link(draft, target) : rename(draft, target));
  } finally {
    await rm(draft, { force: true }).catch(() => {});
    process.off('exit', discard);
  }
}
