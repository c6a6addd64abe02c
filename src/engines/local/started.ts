import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { debug } from '../../debug.js';
import type { Attached, Container, ExecProcess } from '../engine.js';
import type { StartedProcess } from '../processes.js';
import type { ControlGroup } from './cgroups.js';
import type { ContainerFiles } from './files.js';
import { type FusePlan, FuseRoot } from './fuse.js';
import { connectNetwork, type OwnNetwork } from './network.js';

/** What every container of the local engine is made of. */
export interface ContainerPlan {
  group: ControlGroup | undefined;
  /** How the root file system is mounted, where the kernel does not do it. */
  fuse: FusePlan | undefined;
  files: ContainerFiles;
  commit: () => string;
}

/** A container whose life is that of one process of this computer: when that ends, the kernel ends the rest. */
export abstract class ProcessContainer<Plan extends ContainerPlan> implements Container {
  protected fuse: FuseRoot | undefined;
  /** The process that the container ends with. */
  protected started: StartedProcess | undefined;
  /** Exit status, when nothing of the container runs any more. */
  private ended: Promise<number> | undefined;

  constructor(protected readonly plan: Plan) {}

  abstract get id(): string;
  abstract start(): Promise<Attached>;
  abstract signal(name: string): Promise<void>;
  abstract exec(command: string[]): Promise<ExecProcess>;

  /** Mounts the root file system, where the kernel does not do it. */
  protected async mountRoot(): Promise<FuseRoot | undefined> {
    this.fuse = this.plan.fuse && (await FuseRoot.mount(this.plan.fuse));
    return this.fuse;
  }

  /**
   * Connects the container's own network, where it has one, and waits for the container's end from now on.
   * @param pid number of a process in that network, on this computer
   * @param socket path of a socket to control the network
   */
  protected async follow(started: StartedProcess, own: OwnNetwork | undefined, pid: number, socket: string): Promise<void> {
    const connection = own && (await connectNetwork(own, pid, socket));
    this.ended = started.exit.then(async (status) => {
      connection?.kill(); // the next container may publish the same port
      await connection?.exit;
      debug.engine('%s: ended with status %d', basename(this.id), status);
      return status;
    });
  }

  wait(): Promise<number> {
    return this.ended ?? Promise.reject(new Error(`${this.id} was never started`));
  }

  /** False without a control group: then a kill for lack of memory looks like any other. */
  async outOfMemory(): Promise<boolean> {
    return (await this.plan.group?.outOfMemory()) ?? false;
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
    this.started?.kill();
    await (this.ended ?? this.started?.exit);
    await this.fuse?.end();
    await this.plan.group?.remove(); // also what a runtime has made in it
  }
}
