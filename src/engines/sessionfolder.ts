import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { cacheFolder } from '../cache.js';
import { debug } from '../debug.js';
import { explained } from '../errors.js';
import { startTimeOf } from '../os/processes.js';

/** Seconds that a session may take to write its owner file. */
const GRACE = 60;

/** Parent of all session folders. It is in the cache, since an image may be larger than what /tmp can hold. */
function sessionsFolder(): string {
  return join(cacheFolder(), 'sessions');
}

/** Folder of one session. Its file `owner` names the process that uses it: number and start time. */
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
      // Only this user may look into it: it has files of images and values of variables.
      await mkdir(path, { recursive: true, mode: 0o700 });
      // The kernel lists mounts by their paths without links.
      path = await realpath(path);
      await writeFileAtomic(join(path, 'owner'), `${process.pid} ${await startTimeOf(process.pid)}`);
    } catch (error) {
      throw explained(error, path);
    }
    debug.engine('session %s: files in %s', id, path);
    return new SessionFolder(path, id);
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
 * Removes the folders of sessions whose process has ended, also if it was killed.
 * @param remove removes a folder with everything in it
 * @returns the names of what was removed
 */
export async function removeDeadSessions(remove: (folder: string) => Promise<void>): Promise<string[]> {
  const removed: string[] = [];
  const root = sessionsFolder();
  for (const id of await readdir(root).catch(() => [])) {
    const folder = join(root, id);
    if (await isAlive(folder)) continue;
    await remove(folder);
    debug.engine('session %s: removed, its process has ended', id);
    removed.push(`session ${id}`);
  }
  return removed;
}

async function isAlive(folder: string): Promise<boolean> {
  const [pid, start] = (await readFile(join(folder, 'owner'), 'utf8').catch(() => '')).split(' ');
  if (pid && start) return (await startTimeOf(Number(pid))) === start;
  const made = await stat(folder).catch(() => undefined);
  return made !== undefined && Date.now() - made.mtimeMs < GRACE * 1000;
}
