import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { startTimeOf } from '../os/processes.js';

const NAME = 'lock';

/** Who holds a lock. */
const Holder = z.object({
  host: z.string(),
  pid: z.number(),
  /** When the process started, in clock ticks since boot. It shows whether another process has the same id now. */
  start: z.string().nullable(),
});
type Holder = z.infer<typeof Holder>;

/** A lock on a folder that this process holds. */
export interface Lock {
  release(): Promise<void>;
}

/**
 * Takes a folder for this process, by a file with its process id. A lock of a process that has ended is taken over.
 * The file appears whole, by link(2), so that nobody reads half of it.
 * @param folder exists
 * @throws UserError where another process has the folder
 */
export async function lockFolder(folder: string): Promise<Lock> {
  const path = join(folder, NAME);
  const own: Holder = { host: hostname(), pid: process.pid, start: (await startTimeOf(process.pid)) ?? null };
  const draft = join(folder, `${NAME}.${randomBytes(6).toString('hex')}`);
  const discard = () => {
    for (const file of [draft, path]) rmSync(file, { force: true });
  };
  try {
    await writeFile(draft, JSON.stringify(own));
    while (!(await linked(draft, path))) await takeOver(folder, path);
  } finally {
    await rm(draft, { force: true });
  }
  process.once('exit', discard);
  return {
    release: async () => {
      process.off('exit', discard);
      await rm(path, { force: true });
    },
  };
}

/** Removes the lock of a process that has ended. @throws UserError where its process still runs */
async function takeOver(folder: string, path: string): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return; // released meanwhile
  const holder = parse(text);
  if (holder && (await runs(holder))) throw busy(folder, holder);
  // Two processes may find the same dead lock. Only one of them can rename it, and it checks that it has that very lock.
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  if (
    !(await rename(path, aside).then(
      () => true,
      () => false,
    ))
  )
    return;
  if ((await readFile(aside, 'utf8')) !== text) await linked(aside, path);
  await rm(aside, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function parse(text: string): Holder | undefined {
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether the holder still runs. A process of another computer can't be asked, so it is taken to run. */
async function runs({ host, pid, start }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  if (start !== null) return (await startTimeOf(pid)) === start;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function busy(folder: string, { host, pid }: Holder): UserError {
  return new UserError(
    `Another pyshrink works in ${folder}: process ${pid}${host === hostname() ? '' : ` on ${host}`}.`,
    `Wait until it ends, or run this one in another directory. If no such process runs, remove ${join(folder, NAME)}.`,
  );
}
