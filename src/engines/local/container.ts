import { basename } from 'node:path';
import { debug } from '../../debug.js';
import type { Attached, ExecProcess } from '../engine.js';
import { sendSignal, startProcess, toolEnvironment } from '../processes.js';
import { enteringGroup } from './cgroups.js';
import { FirstProcess, type FirstSpec } from './firstprocess.js';
import type { OwnNetwork } from './network.js';
import { COMPUTER } from './setup.js';
import { type ContainerPlan, ProcessContainer } from './started.js';

/** Everything that is needed to start a container. */
export interface LocalPlan extends ContainerPlan {
  id: string;
  first: FirstSpec;
  /** Path of the script of {@link setupScript}. */
  setup: string;
  /** Its own network, and the path of a socket to control it. */
  network: { own: OwnNetwork; socket: string } | undefined;
  /** Variables of the container's processes. */
  environment: Record<string, string>;
  /** Start of each command line: sets variables, user, groups, capabilities and directory (probes/enter.py). */
  launcher: readonly string[];
}

/** A container made of Linux namespaces. */
export class LocalContainer extends ProcessContainer<LocalPlan> {
  private first: FirstProcess | undefined;

  get id(): string {
    return this.plan.id;
  }

  async start(): Promise<Attached> {
    const fuse = await this.mountRoot();
    const first = await FirstProcess.start({ ...this.plan.first, ...(fuse && { from: fuse.enter(this.plan.first) }) });
    this.first = first;
    this.started = first.started;
    try {
      await this.plan.group?.add(first.pid);
      await first.prepare(this.plan.setup);
      await first.leaveComputer(COMPUTER);
      const { network } = this.plan;
      await this.follow(first.started, network?.own, first.pid, network?.socket ?? '');
    } catch (error) {
      first.started.kill();
      throw error;
    }
    first.go(this.variables());
    debug.engine('%s: process %d started', basename(this.id), first.pid);
    return first.started;
  }

  async signal(name: string): Promise<void> {
    if (this.first) sendSignal(this.first.pid, name);
  }

  async exec(command: string[]): Promise<ExecProcess> {
    if (!this.first) throw new Error(`${this.id} was never started`);
    const line = this.first.beside(this.plan.first.capabilities, [...this.plan.launcher, ...command]);
    const started = startProcess(enteringGroup(this.plan.group, line), {
      environment: toolEnvironment(),
      input: true,
      channels: 1,
      newSession: true,
    });
    const [sent] = started.channels;
    sent?.on('error', (error) => debug.engine('%s: a command ended before it had its variables: %s', basename(this.id), error));
    sent?.end(this.variables());
    return started;
  }

  /** What probes/enter.py reads. No command line shows it. */
  private variables(): string {
    return Object.entries(this.plan.environment)
      .map(([name, value]) => `${name}=${value}\0`)
      .join('');
  }
}
