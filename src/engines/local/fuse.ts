import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type StartedProcess, startProcess, toolEnvironment } from '../processes.js';
import { type Kind, NotSetUp, USER_NAMESPACE } from './firstprocess.js';
import { quote } from './quote.js';

/** Milliseconds between two looks whether it is mounted. */
const POLL = 5;
/** Milliseconds after which a mount counts as failed. */
const LIMIT = 30_000;

export interface FusePlan {
  user: Kind;
  /** Directory where it is mounted. */
  root: string;
  /** Directories of the image, bottom last. */
  lower: readonly string[];
  upper: string;
  work: string;
}

/**
 * A root file system by fuse-overlayfs(1). It is mounted in a mount namespace of its own, from which that of the container
 * is made. Its process is not one of the container, so no signal from there ends it.
 */
export class FuseRoot {
  private constructor(private readonly started: StartedProcess) {}

  /**
   * @param limit milliseconds that it may take
   * @throws NotSetUp with what fuse-overlayfs says, or where it mounts nothing in time
   */
  static async mount({ user, root, lower, upper, work }: FusePlan, limit = LIMIT): Promise<FuseRoot> {
    const options = `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work}`;
    const line = ['setpriv', '--pdeathsig', 'KILL', 'fuse-overlayfs', '-f', '-o', options, root].map(quote).join(' ');
    // The kernel forgets the first signal where a user namespace is made (prctl(2), PR_SET_PDEATHSIG).
    const unshare = ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...USER_NAMESPACE[user], '--mount'];
    if (user === 'identity') unshare.splice(unshare.indexOf('--user'), 1); // each container makes its own
    const started = startProcess([...unshare, '/bin/sh', '-c', `cd /\nexec ${line}`], {
      environment: toolEnvironment(),
      input: false,
      newSession: true,
    });
    started.stdout.resume();
    const said = text(started.stderr);
    let ended = false;
    started.exit.then(() => (ended = true));
    const deadline = performance.now() + limit;
    while (!(await isMounted(started.pid, root))) {
      if (ended) throw new NotSetUp((await said).trim() || `fuse-overlayfs ended with status ${await started.exit}`);
      if (performance.now() > deadline) {
        started.kill();
        throw new NotSetUp(`fuse-overlayfs has mounted nothing at ${root} in ${limit / 1000} seconds`);
      }
      await sleep(POLL);
    }
    return new FuseRoot(started);
  }

  /** Start of a command line that runs a program where it is mounted. The user namespace comes along. */
  enter({ user }: { user: Kind }): string[] {
    const own = user === 'ranges' || user === 'single' ? ['--user', '--preserve-credentials'] : [];
    return ['nsenter', `--target=${this.started.pid}`, ...own, '--mount', '--wd=/'];
  }

  /** Ends it, when nothing of the container runs any more. */
  async end(): Promise<void> {
    this.started.kill();
    await this.started.exit;
  }
}

/** Whether something is mounted at a path, in the mount namespace of a process. Some bytes are octal numbers there (proc(5)). */
async function isMounted(pid: number | undefined, path: string): Promise<boolean> {
  const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
  const written = path.replace(/[\s\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return mounts.split('\n').some((line) => line.split(' ')[4] === written && line.includes(' - fuse'));
}
