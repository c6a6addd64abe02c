import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Attached, Container, ExecProcess } from '../engine.js';
import { folderArchive, writeMembers } from '../members.js';
import { type StartedProcess, sendSignal, startProcess } from '../processes.js';

/**
 * A "container" that is none: a process of this very machine, for `host:`. Nothing is isolated, nothing is mounted, and
 * nothing but the session's own volume is written.
 */
export class MachineContainer implements Container {
  private process: StartedProcess | undefined;

  constructor(
    readonly id: string,
    private readonly plan: { command: readonly string[]; environment: Record<string, string>; cwd: string; input: boolean },
  ) {}

  get processId(): number {
    return this.started.pid as number;
  }

  async start(): Promise<Attached> {
    // It ends when we do, however that is.
    this.process = startProcess(['setpriv', '--pdeathsig', 'KILL', ...this.plan.command], this.plan);
    return this.process;
  }

  wait(): Promise<number> {
    return this.started.exit;
  }

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
    throw new Error('this machine is not changed');
  }

  async remove(): Promise<void> {
    this.process?.kill();
    await this.process?.exit;
  }

  private get started(): StartedProcess {
    if (!this.process) throw new Error('it was never started');
    return this.process;
  }
}
