import { chmod, chown, lstat, mkdir, stat, utimes } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { debug } from '../../debug.js';
import { UserError } from '../../errors.js';
import { type Attached, type Container, type ExecProcess, KIT_MOUNT } from '../engine.js';
import { folderArchive, writeMembers } from '../members.js';
import { ownEnvironment, type StartedProcess, sendSignal, startProcess } from '../processes.js';

/** Everything that is needed to start a container. */
export interface LocalPlan {
  id: string;
  /** The command line that makes the namespaces and starts the container's first process. */
  command: readonly string[];
  /** Options of nsenter(1), except its target. */
  enter: readonly string[];
  environment: Record<string, string>;
  /** Start of each command line: sets user, groups, capabilities and directory (probes/enter.py). */
  launcher: readonly string[];
  input: boolean;
  /** Directory for files that are put into its root file system. */
  writable: string;
  /** Directories of the image, bottom last. New directories get owner, mode and times from there. */
  lower: readonly string[];
  volume: string;
  commit: () => string;
}

/** A container made of Linux namespaces. */
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
        'Run `pyshrink doctor`, which shows what this computer allows.',
      );
    }
    this.pid = pid;
    await rootChanged(pid);
    debug.engine('%s: process %d started', basename(this.id), pid);
    started.exit.then((status) => debug.engine('%s: ended with status %d', basename(this.id), status));
    return started;
  }

  wait(): Promise<number> {
    return this.process?.exit ?? Promise.reject(new Error(`${this.id} was never started`));
  }

  /** Always false: without a control group, a kill for lack of memory looks like any other. */
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
      if (!path.startsWith(`${KIT_MOUNT}/`)) await this.copyDirectory(posix.dirname(path));
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

  /** The path on this computer of a path in the container. */
  private place(path: string): string {
    return path.startsWith(`${KIT_MOUNT}/`) ? join(this.plan.volume, path.slice(KIT_MOUNT.length)) : join(this.plan.writable, path);
  }

  /** Makes a directory with the owner, mode and times that the image has: an overlay shows those of the upper directory. */
  private async copyDirectory(directory: string): Promise<void> {
    if (directory === '/') return;
    await this.copyDirectory(posix.dirname(directory));
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
 * Waits until the first process has changed its root. Until then, nsenter(1) would enter this computer's root. If we may
 * not read /proc/PID/root, nsenter(1) may not either, so we do not wait.
 */
async function rootChanged(pid: number): Promise<void> {
  const ours = await stat('/');
  for (;;) {
    const root = await stat(`/proc/${pid}/root/`).catch(() => undefined);
    if (root === undefined || root.dev !== ours.dev || root.ino !== ours.ino) return;
    await sleep(1);
  }
}

/** Reads no further than the first line: unshare(1) keeps the descriptor open as long as the container runs. */
async function firstLine(stream: Readable): Promise<string> {
  let all = '';
  for await (const part of stream) {
    all += String(part);
    if (all.includes('\n')) break;
  }
  return all;
}
