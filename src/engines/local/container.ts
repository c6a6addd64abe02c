import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { debug } from '../../debug.js';
import type { Attached, Container, ExecProcess } from '../engine.js';
import { sendSignal, startProcess, toolEnvironment } from '../processes.js';
import { type ControlGroup, enteringGroup } from './cgroups.js';
import type { ContainerFiles } from './files.js';
import { FirstProcess, type FirstSpec } from './firstprocess.js';
import { type FusePlan, FuseRoot } from './fuse.js';
import { connectNetwork, type OwnNetwork } from './network.js';
import { COMPUTER } from './setup.js';

/** Everything that is needed to start a container. */
export interface LocalPlan {
  id: string;
  first: FirstSpec;
  /** Path of the script of {@link setupScript}. */
  setup: string;
  /** Its own network, and the path of a socket to control it. */
  network: { own: OwnNetwork; socket: string } | undefined;
  /** Variables of the container's processes. */
  environment: Record<string, string>;
  group: ControlGroup | undefined;
  /** How the root file system is mounted, where the kernel does not do it. */
  fuse: FusePlan | undefined;
  /** Start of each command line: sets variables, user, groups, capabilities and directory (probes/enter.py). */
  launcher: readonly string[];
  files: ContainerFiles;
  commit: () => string;
}

/** A container made of Linux namespaces. */
export class LocalContainer implements Container {
  private first: FirstProcess | undefined;
  private fuse: FuseRoot | undefined;
  /** Exit status of the first process, when nothing of the container runs any more. */
  private ended: Promise<number> | undefined;

  constructor(private readonly plan: LocalPlan) {}

  get id(): string {
    return this.plan.id;
  }

  async start(): Promise<Attached> {
    const { fuse } = this.plan;
    this.fuse = fuse && (await FuseRoot.mount(fuse));
    const first = await FirstProcess.start({ ...this.plan.first, ...(this.fuse && { from: this.fuse.enter(this.plan.first) }) });
    this.first = first;
    try {
      await this.plan.group?.add(first.pid);
      await first.prepare(this.plan.setup);
      await first.leaveComputer(COMPUTER);
      const { network } = this.plan;
      const connection = network && (await connectNetwork(network.own, first.pid, network.socket));
      this.ended = first.started.exit.then(async (status) => {
        connection?.kill(); // the next container may publish the same port
        await connection?.exit;
        debug.engine('%s: ended with status %d', basename(this.id), status);
        return status;
      });
    } catch (error) {
      first.started.kill();
      throw error;
    }
    first.go(this.variables());
    debug.engine('%s: process %d started', basename(this.id), first.pid);
    return first.started;
  }

  wait(): Promise<number> {
    return this.ended ?? Promise.reject(new Error(`${this.id} was never started`));
  }

  /** False without a control group: then a kill for lack of memory looks like any other. */
  async outOfMemory(): Promise<boolean> {
    return (await this.plan.group?.outOfMemory()) ?? false;
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

  putArchive(directory: string, archive: Readable | Buffer): Promise<void> {
    return this.plan.files.putArchive(directory, archive);
  }

  getArchive(path: string): Promise<Readable> {
    return this.plan.files.getArchive(path);
  }

  async commit(): Promise<string> {
    return this.plan.commit();
  }

  async remove(): Promise<void> {
    this.first?.started.kill();
    await (this.ended ?? this.first?.started.exit);
    await this.fuse?.end();
    await this.plan.group?.remove();
  }
}
