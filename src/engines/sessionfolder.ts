import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { cacheFolder } from '../cache.js';
import { debug } from '../debug.js';
import { explained } from '../errors.js';
import { hasEnded, Owner, thisOwner } from '../os/owner.js';

/**
 * The marker of a session, beside its folder: `ID.owner`. It is written before the folder is made, and removed after it. So
 * what has no marker was not made by pyshrink, and what was half removed is found again.
 */
const Marker = z.object({ tool: z.literal('pyshrink'), kind: z.literal('session'), owner: Owner });
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
  ) {}

  /** @throws UserError where the disk is full or the cache folder can't be written */
  static async create(): Promise<SessionFolder> {
    const id = randomBytes(6).toString('hex');
    let path = join(sessionsFolder(), id);
    try {
      await mkdir(sessionsFolder(), { recursive: true, mode: 0o700 });
      const marker: z.infer<typeof Marker> = { tool: 'pyshrink', kind: 'session', owner: await thisOwner() };
      await writeFileAtomic(markerOf(path), JSON.stringify(marker), { mode: 0o600 });
      // Only this user may look into it: it has files of images and values of variables.
      await mkdir(path, { mode: 0o700 });
      // The kernel lists mounts by their paths without links.
      path = await realpath(path);
    } catch (error) {
      throw explained(error, path);
    }
    debug.engine('session %s: files in %s', id, path);
    return new SessionFolder(path, id);
  }

  /** Removes the marker. Call it when the folder is removed. */
  async forget(): Promise<void> {
    await rm(markerOf(this.path), { force: true });
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

/**
 * Removes the folders of sessions whose process has ended, also if it was killed. Nothing else is touched: neither what has
 * no marker, nor what belongs to a process that can't be asked.
 * @param remove removes a folder with everything in it
 * @returns the names of what was removed
 */
export async function removeDeadSessions(remove: (folder: string) => Promise<void>): Promise<string[]> {
  const removed: string[] = [];
  const root = sessionsFolder();
  for (const name of await readdir(root).catch(() => [])) {
    const id = MARKER.exec(name)?.[1];
    const folder = join(root, id ?? '');
    const owner = id === undefined ? undefined : await ownerOf(markerOf(folder));
    if (id === undefined || !owner || !(await hasEnded(owner))) continue;
    // A link could lead to a folder that is not ours.
    const made = await lstat(folder).catch(() => undefined);
    if (made?.isDirectory()) await remove(folder);
    else if (made) continue;
    await rm(markerOf(folder), { force: true });
    debug.engine('session %s: removed, its process has ended', id);
    removed.push(`session ${id}`);
  }
  return removed;
}

function markerOf(folder: string): string {
  return `${folder}.owner`;
}

async function ownerOf(path: string): Promise<Owner | undefined> {
  try {
    return Marker.parse(JSON.parse(await readFile(path, 'utf8'))).owner;
  } catch {
    return undefined; // not a marker of ours
  }
}
