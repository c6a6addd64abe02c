import { chmod, chown, lstat, mkdir, stat, utimes } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../errors.js';
import { type Attached, type Container, type ExecProcess, KIT_MOUNT } from '../engine.js';
import { folderArchive, writeMembers } from '../members.js';
import { ownEnvironment, type StartedProcess, sendSignal, startProcess } from '../processes.js';

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
  private process: StartedProcess | undefined;
  private pid: number | undefined;

  constructor(private readonly plan: LocalPlan) {}

  get id(): string {
    return this.plan.id;
  }

  async start(): Promise<Attached> {
    const started = startProcess(this.plan.command, { environment: ownEnvironment(), input: this.plan.input, report: true });
    this.process = started;
    const pid = Number.parseInt(await firstLine(started.report as Readable), 10);
    if (Number.isNaN(pid)) {
      const why = (await text(started.stderr)).trim();
      throw new UserError(
        `The container could not be set up: ${why || 'its first process ended'}`,
        'Run `pyshrink doctor`, which says what this machine allows.',
      );
    }
    this.pid = pid;
    await inItsRoot(pid);
    return started;
  }

  wait(): Promise<number> {
    return this.process?.exit ?? Promise.reject(new Error('the container was never started'));
  }

  /** A process that the kernel kills for want of memory is not told apart: there is no control group of our own. */
  async outOfMemory(): Promise<boolean> {
    return false;
  }

  async signal(name: string): Promise<void> {
    if (this.pid !== undefined) sendSignal(this.pid, name);
  }

  async exec(command: string[]): Promise<ExecProcess> {
    const { enter, environment, launcher } = this.plan;
    return startProcess(['nsenter', `--target=${this.pid}`, ...enter, ...launcher, ...command], { environment, input: true });
  }

  putArchive(directory: string, archive: Readable | Buffer): Promise<void> {
    return writeMembers(archive, async (name) => {
      const path = posix.join(directory, name);
      if (!path.startsWith(`${KIT_MOUNT}/`)) await this.describe(posix.dirname(path));
      return this.place(path);
    });
  }

  async getArchive(path: string): Promise<Readable> {
    return folderArchive(this.place(path));
  }

  async commit(): Promise<string> {
    return this.plan.commit();
  }

  async remove(): Promise<void> {
    this.process?.kill();
    await this.process?.exit;
  }

  /** Where a path of the container lies on this machine. */
  private place(path: string): string {
    return path.startsWith(`${KIT_MOUNT}/`) ? join(this.plan.volume, path.slice(KIT_MOUNT.length)) : join(this.plan.writable, path);
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

/**
 * The first process tells its number from outside its root, and goes there then: what entered it before would find
 * itself in this machine's. Where we may not look, nsenter(1) may not either.
 */
async function inItsRoot(pid: number): Promise<void> {
  const ours = await stat('/');
  for (;;) {
    const root = await stat(`/proc/${pid}/root/`).catch(() => undefined);
    if (root === undefined || root.dev !== ours.dev || root.ino !== ours.ino) return;
    await sleep(1);
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
