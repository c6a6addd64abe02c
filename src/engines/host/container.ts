import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { debug } from '../../debug.js';
import type { Attached, Container, ExecProcess } from '../engine.js';
import { folderArchive, writeMembers } from '../members.js';
import { type StartedProcess, sendSignal, startProcess } from '../processes.js';

/**
 * A plain process of this computer in the place of a container, for `host:`. Nothing is isolated and nothing is mounted;
 * pyshrink writes only to its own volume.
 */
export class HostContainer implements Container {
  private process: StartedProcess | undefined;

  constructor(
    readonly id: string,
    private readonly plan: { command: readonly string[]; environment: Record<string, string>; cwd: string; input: boolean },
  ) {}

  get processId(): number {
    return this.started.pid as number;
  }

  async start(): Promise<Attached> {
    // The kernel kills it when this process ends, even if this process is killed.
    this.process = startProcess(['setpriv', '--pdeathsig', 'KILL', ...this.plan.command], this.plan);
    debug.engine('%s: process %d started', this.id, this.process.pid);
    this.process.exit.then((status) => debug.engine('%s: ended with status %d', this.id, status));
    return this.process;
  }

  wait(): Promise<number> {
    return this.started.exit;
  }

  /** Always false: a process has no memory limit of its own here. */
  async outOfMemory(): Promise<boolean> {
    return false;
  }

  async signal(name: string): Promise<void> {
    if (this.process?.pid !== undefined) sendSignal(this.process.pid, name);
  }

  async exec(command: string[]): Promise<ExecProcess> {
    return startProcess(command, { ...this.plan, input: true });
  }

  putArchive(directory: string, archive: Readable | Buffer): Promise<void> {
    return writeMembers(archive, async (name) => join(directory, name));
  }

  async getArchive(path: string): Promise<Readable> {
    return folderArchive(path);
  }

  async commit(): Promise<string> {
    throw new Error('host: cannot be committed');
  }

  async remove(): Promise<void> {
    this.process?.kill();
    await this.process?.exit;
  }

  private get started(): StartedProcess {
    if (!this.process) throw new Error(`${this.id} was never started`);
    return this.process;
  }
}
