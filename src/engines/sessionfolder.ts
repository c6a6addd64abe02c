import { randomBytes } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { cacheFolder } from '../cache.js';
import { debug } from '../debug.js';
import { explained } from '../errors.js';
import { giveLifeSign } from '../os/lifesign.js';
import { hasEnded, Owner, thisOwner } from '../os/owner.js';
import { writeWholeFile } from '../os/wholefile.js';

/** What a folder is for: `session` has containers of the local engine, `spool` only files of the user. */
const Kind = z.enum(['session', 'spool']);
type Kind = z.infer<typeof Kind>;

/**
 * The marker of a session, beside its folder: `ID.owner`. It is written before the folder is made, and removed after it. So
 * what has no marker was not made by pyshrink, and what was half removed is found again. Beside it is the owner's sign of life.
 */
const Marker = z.object({ tool: z.literal('pyshrink'), kind: Kind, owner: Owner });
type Marker = z.infer<typeof Marker>;
const MARKER = /^([0-9a-f]{12})\.owner$/;

/** Parent of all session folders. It is in the cache, since an image may be larger than what /tmp can hold. */
function sessionsFolder(): string {
  return join(cacheFolder(), 'sessions');
}

/** Folder of one session. Its marker names the process that uses it. */
export class SessionFolder {
  private count = 0;

  private constructor(
    readonly path: string,
    readonly id: string,
    private readonly removeSign: () => Promise<void>,
  ) {}

  /** @throws UserError where the disk is full or the cache folder can't be written */
  static async create(kind: Kind = 'session'): Promise<SessionFolder> {
    const id = randomBytes(6).toString('hex');
    let path = join(sessionsFolder(), id);
    let removeSign = async () => {};
    try {
      await mkdir(sessionsFolder(), { recursive: true, mode: 0o700 });
      const { sign, remove } = await giveLifeSign(`${path}.alive`);
      removeSign = remove;
      const marker: Marker = { tool: 'pyshrink', kind, owner: await thisOwner(sign) };
      await writeWholeFile(markerOf(path), JSON.stringify(marker), { mode: 0o600 });
      // Only this user may look into it: it has files of images and values of variables.
      await mkdir(path, { mode: 0o700 });
      // The kernel lists mounts by their paths without links.
      path = await realpath(path);
    } catch (error) {
      await removeSign();
      throw explained(error, path);
    }
    debug.engine('session %s: files in %s', id, path);
    return new SessionFolder(path, id, removeSign);
  }

  /** Removes the marker. Call it when the folder is removed. */
  async forget(): Promise<void> {
    await rm(markerOf(this.path), { force: true });
    await this.removeSign();
  }

  /** Makes a new folder in it. */
  async folder(name: string): Promise<string> {
    const path = this.next(name);
    try {
      await mkdir(path, { recursive: true, mode: 0o755 });
    } catch (error) {
      throw explained(error, path);
    }
    return path;
  }

  /** An unused path in it. */
  next(name: string): string {
    return join(this.path, `${name}-${this.count++}`);
  }
}

/** A folder for files of this user, in a session of an engine that keeps its containers elsewhere. */
export interface SpoolFolder {
  /** An unused path in it. */
  next(name: string): string;
  remove(): Promise<void>;
}

/**
 * Makes one in the cache, where the next run finds it if this one is killed. Where the cache can't be written, it is in the
 * folder for temporary files.
 * @throws UserError where neither can be written
 */
export async function spoolFolder(): Promise<SpoolFolder> {
  const folder = await SessionFolder.create('spool').catch((error: Error) => {
    debug.engine('no folder in the cache: %s', error.message);
    return undefined;
  });
  if (folder) {
    const remove = () => rm(folder.path, { recursive: true, force: true }).then(() => folder.forget());
    return { next: (name) => folder.next(name), remove };
  }
  const path = await mkdtemp(join(tmpdir(), 'pyshrink-')).catch((error: unknown) => {
    throw explained(error, tmpdir());
  });
  let count = 0;
  return { next: (name) => join(path, `${name}-${count++}`), remove: () => rm(path, { recursive: true, force: true }) };
}

/** Removes what {@link spoolFolder} made in the cache for processes that have ended. @returns the names of what was removed */
export function removeDeadSpools(): Promise<string[]> {
  return removeDeadSessions((folder) => rm(folder, { recursive: true, force: true }), ['spool']);
}

/**
 * Removes the folders of sessions whose process has ended, also if it was killed. Nothing else is touched: neither what has
 * no marker, nor what belongs to a process that can't be asked.
 * @param remove removes a folder with everything in it
 * @param kinds of the folders
 * @returns the names of what was removed
 */
export async function removeDeadSessions(
  remove: (folder: string) => Promise<void>,
  kinds: readonly Kind[] = Kind.options,
): Promise<string[]> {
  const removed: string[] = [];
  const root = sessionsFolder();
  for (const name of await readdir(root).catch(() => [])) {
    const id = MARKER.exec(name)?.[1];
    const folder = join(root, id ?? '');
    const marker = id === undefined ? undefined : await markerIn(markerOf(folder));
    if (id === undefined || !marker || !kinds.includes(marker.kind) || !(await hasEnded(marker.owner, root))) continue;
    // A link could lead to a folder that is not ours.
    const made = await lstat(folder).catch(() => undefined);
    if (made?.isDirectory()) await remove(folder);
    else if (made) continue;
    await rm(markerOf(folder), { force: true });
    if (marker.owner.sign) await rm(`${folder}.alive`, { force: true });
    debug.engine('session %s: removed, its process has ended', id);
    removed.push(`session ${id}`);
  }
  return removed;
}

function markerOf(folder: string): string {
  return `${folder}.owner`;
}

async function markerIn(path: string): Promise<Marker | undefined> {
  try {
    return Marker.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined; // not a marker of ours
  }
}
