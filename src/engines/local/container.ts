import { createWriteStream } from 'node:fs';
import { chmod, chown, lstat, mkdir, stat, utimes } from 'node:fs/promises';
import { constants } from 'node:os';
import { join, posix } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa, type ResultPromise } from 'execa';
import { extract, pack } from 'tar-stream';
import { UserError } from '../../errors.js';
import { type Attached, type Container, type ExecProcess, KIT_MOUNT } from '../engine.js';
import { addFolder } from './archive.js';

/** All that it takes to start a container. */
export interface LocalPlan {
  id: string;
  /** The command line that makes the namespaces and starts it. */
  command: readonly string[];
  /** Options of nsenter(1) besides the target. */
  enter: readonly string[];
  environment: Record<string, string>;
  /** Put before each command: takes on the user and the rest. */
  launcher: readonly string[];
  input: boolean;
  /** Where what is written to its root file system lies before it starts. */
  writable: string;
  /** Below it, bottom last: where directories are described. */
  lower: readonly string[];
  volume: string;
  commit: () => string;
}

/** A container of Linux namespaces. */
export class LocalContainer implements Container {
  private process: ResultPromise<{ reject: false; buffer: false }> | undefined;
  private pid: number | undefined;
  private ended: Promise<number> | undefined;

  constructor(private readonly plan: LocalPlan) {}

  get id(): string {
    return this.plan.id;
  }

  async start(): Promise<Attached> {
    const { command, input } = this.plan;
    const [file, ...args] = command;
    const child = execa(file as string, args, {
      reject: false,
      buffer: false,
      extendEnv: true,
      stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.process = child as never;
    this.ended = child.then(({ exitCode, signal }) => exitCode ?? 128 + (signal ? constants.signals[signal as NodeJS.Signals] : 0));
    const told = await firstLine(child.stdio[3] as unknown as Readable);
    const pid = Number.parseInt(told, 10);
    if (Number.isNaN(pid)) {
      const why = (await text(child.stderr as Readable)).trim();
      throw new UserError(
        `The container could not be set up: ${why || 'its first process ended'}`,
        'Run `pyshrink doctor`, which says what this machine allows.',
      );
    }
    this.pid = pid;
    return { stdin: (child.stdin ?? nowhere()) as Writable, stdout: child.stdout as Readable, stderr: child.stderr as Readable };
  }

  wait(): Promise<number> {
    return this.ended ?? Promise.reject(new Error('the container was never started'));
  }

  /** A process that the kernel kills for want of memory is not told apart: there is no control group of our own. */
  async outOfMemory(): Promise<boolean> {
    return false;
  }

  async signal(name: string): Promise<void> {
    if (this.pid === undefined) return;
    try {
      process.kill(this.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // it has ended
    }
  }

  async exec(command: string[]): Promise<ExecProcess> {
    if (this.pid === undefined) throw new Error('the container is not running');
    const { enter, environment, launcher } = this.plan;
    const child = execa('nsenter', [`--target=${this.pid}`, ...enter, ...launcher, ...command], {
      reject: false,
      buffer: false,
      extendEnv: false,
      env: environment,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const exit = child.then(({ exitCode, signal }) => exitCode ?? 128 + (signal ? constants.signals[signal as NodeJS.Signals] : 0));
    return { stdin: child.stdin as Writable, stdout: child.stdout as Readable, stderr: child.stderr as Readable, exit };
  }

  async putArchive(directory: string, archive: Readable | Buffer): Promise<void> {
    const members = extract();
    Readable.from(Buffer.isBuffer(archive) ? [archive] : archive).pipe(members);
    for await (const member of members) {
      const path = posix.join(directory, member.header.name);
      const { at, inVolume } = this.place(path);
      if (inVolume) await mkdir(join(at, '..'), { recursive: true });
      else await this.describe(posix.dirname(path));
      if (member.header.type === 'directory') {
        await mkdir(at, { recursive: true });
        member.resume();
      } else await pipeline(member, createWriteStream(at));
      await chmod(at, member.header.mode ?? 0o644);
    }
  }

  async getArchive(path: string): Promise<Readable> {
    const archive = pack();
    addFolder(archive, this.place(path).at, posix.basename(path)).then(
      () => archive.finalize(),
      (error: Error) => archive.destroy(error),
    );
    return archive as unknown as Readable;
  }

  async commit(): Promise<string> {
    return this.plan.commit();
  }

  async remove(): Promise<void> {
    this.process?.kill('SIGKILL');
    await this.ended?.catch(() => {});
  }

  private place(path: string): { at: string; inVolume: boolean } {
    const inVolume = path === KIT_MOUNT || path.startsWith(`${KIT_MOUNT}/`);
    return { at: inVolume ? join(this.plan.volume, path.slice(KIT_MOUNT.length)) : join(this.plan.writable, path), inVolume };
  }

  /** A directory of the layer above takes the place of the one below, so it must be described as that is. */
  private async describe(directory: string): Promise<void> {
    if (directory === '/') return;
    await this.describe(posix.dirname(directory));
    const at = join(this.plan.writable, directory);
    if (await lstat(at).catch(() => undefined)) return;
    await mkdir(at);
    for (const lower of this.plan.lower) {
      const below = await stat(join(lower, directory)).catch(() => undefined);
      if (!below) continue;
      if (process.getuid?.() === 0) await chown(at, below.uid, below.gid);
      await chmod(at, below.mode & 0o7777);
      await utimes(at, below.atime, below.mtime);
      return;
    }
  }
}

/** unshare(1) holds the descriptor for as long as the container runs, so its end is not waited for. */
async function firstLine(stream: Readable): Promise<string> {
  let all = '';
  for await (const part of stream) {
    all += String(part);
    if (all.includes('\n')) break;
  }
  return all;
}

async function text(stream: Readable): Promise<string> {
  let all = '';
  for await (const part of stream) all += String(part);
  return all;
}

function nowhere(): Writable {
  return { write: () => true, end: () => {}, on: () => {} } as unknown as Writable;
}
