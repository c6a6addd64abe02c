import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../errors.js';
import { giveLifeSign } from './lifesign.js';
import { hasEnded, type Owner, parseOwner, thisOwner } from './owner.js';

/** Milliseconds between two attempts to get a lock. */
const PAUSE = 100;

/** A lock on a folder that this process holds. */
export interface Lock {
  release(): Promise<void>;
}

export interface LockOptions {
  /** Name of the file in the folder. */
  name?: string;
  /** How long to wait for another process, in seconds. By default, it is an error at once. */
  patience?: number;
}

/**
 * Takes a folder for this process, by a file with its process id. A lock of a process that has ended is taken over.
 * The file appears whole, by link(2), so that nobody reads half of it.
 * @param folder exists
 * @throws UserError where another process has the folder
 */
export async function lockFolder(folder: string, { name = 'lock', patience = 0 }: LockOptions = {}): Promise<Lock> {
  const path = join(folder, name);
  const draft = join(folder, `${name}.${randomBytes(6).toString('hex')}`);
  const { sign, remove: removeSign } = await giveLifeSign(`${draft}.alive`);
  const removing =
    (...files: string[]) =>
    () => {
      for (const file of files) rmSync(file, { force: true });
    };
  const discardDraft = removing(draft, `${draft}.alive`);
  const discard = removing(path, `${draft}.alive`);
  process.once('exit', discardDraft); // an interrupted process may still wait
  try {
    await writeFile(draft, JSON.stringify(await thisOwner(sign)));
    const end = performance.now() + patience * 1000;
    while (!(await linked(draft, path))) {
      const holder = await takeOver(path);
      if (holder && performance.now() >= end) throw busy(path, holder);
      if (holder) await sleep(PAUSE);
    }
  } catch (error) {
    await removeSign();
    throw error;
  } finally {
    await rm(draft, { force: true });
    process.off('exit', discardDraft);
  }
  process.once('exit', discard);
  return {
    release: async () => {
      process.off('exit', discard);
      await rm(path, { force: true });
      await removeSign();
    },
  };
}

/** Removes the lock of a process that has ended. Returns the holder that still runs. */
async function takeOver(path: string): Promise<Owner | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined; // released meanwhile
  const holder = parseOwner(text);
  if (holder && !(await hasEnded(holder, dirname(path)))) return holder;
  // Two processes may find the same dead lock. Only one of them can rename it, and it checks that it has that very lock.
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  if (
    !(await rename(path, aside).then(
      () => true,
      () => false,
    ))
  )
    return undefined;
  if ((await readFile(aside, 'utf8')) !== text) await linked(aside, path);
  else if (holder?.sign?.name.startsWith(`${basename(path)}.`)) await rm(join(dirname(path), holder.sign.name), { force: true });
  await rm(aside, { force: true });
  return undefined;
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

function busy(path: string, { host, pid }: Owner): UserError {
  return new UserError(
    `Another pyshrink works in ${dirname(path)}: process ${pid}${host === hostname() ? '' : ` on ${host}`}.`,
    `Wait until it ends, or run this one in another directory. If no such process runs, remove ${path}.`,
  );
}
