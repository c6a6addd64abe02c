import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../cache.js';
import { explained } from '../errors.js';
import { type Machine, removeTree } from './local/namespaces.js';

/** Where sessions have their folders: on a disk, since an image may be larger than what /tmp holds. */
function sessionsFolder(): string {
  return join(cacheFolder(), 'sessions');
}

/** A folder that one session has for itself. */
export class SessionFolder {
  private count = 0;

  private constructor(
    readonly path: string,
    readonly id: string,
  ) {}

  static async create(): Promise<SessionFolder> {
    const id = randomBytes(6).toString('hex');
    const path = join(sessionsFolder(), id);
    try {
      await mkdir(path, { recursive: true, mode: 0o755 });
      await writeFile(join(path, 'owner'), `${process.pid} ${await startOf(process.pid)}`);
    } catch (error) {
      throw explained(error, path);
    }
    return new SessionFolder(path, id);
  }

  /** A new folder in it. */
  async folder(name: string): Promise<string> {
    const path = this.next(name);
    await mkdir(path, { recursive: true, mode: 0o755 });
    return path;
  }

  /** A path in it that is not there yet. */
  next(name: string): string {
    return join(this.path, `${name}-${this.count++}`);
  }
}

/** Removes the folders of sessions whose process has ended, however it did; returns their names. */
export async function removeDeadSessions(user: Machine['user']): Promise<string[]> {
  const removed: string[] = [];
  const root = sessionsFolder();
  for (const id of await readdir(root).catch(() => [])) {
    const [pid, start] = (await readFile(join(root, id, 'owner'), 'utf8').catch(() => '')).split(' ');
    if (pid && start && (await startOf(Number(pid))) === start) continue;
    await removeTree(join(root, id), user);
    removed.push(`session ${id}`);
  }
  return removed;
}

/** When a process started, in clock ticks since the machine did (proc(5), stat): with its number, it is that process. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
