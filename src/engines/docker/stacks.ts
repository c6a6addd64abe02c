import { buffer } from 'node:stream/consumers';
import type Dockerode from 'dockerode';
import { pack } from 'tar-stream';
import type { ComposeProject, WrittenFile } from '../../compose/project.js';
import { debug } from '../../debug.js';
import type { ImageConfig } from '../../images/config.js';
import { printable } from '../../printable.js';
import type { Container, ServiceContainer } from '../engine.js';
import { messageOf } from './client.js';
import { createLike } from './like.js';
import { Stack, type StackPlace } from './stack.js';

/** What was made like a container of docker compose. */
interface Likeness {
  /** The project of that container. */
  stack: Stack;
  /** Files that docker compose writes into containers of this service. */
  files: WrittenFile[];
  containers: Container[];
}

/** The compose files of a session. Each start of an app has a project of its own. */
export class Stacks {
  readonly projects = new Map<string, ComposeProject>();
  private readonly stacks: Stack[] = [];
  /** Those that nobody uses now, by the path of their compose file. */
  private readonly idle = new Map<string, Stack[]>();
  /** By the id of the container of docker compose. */
  private readonly likenesses = new Map<string, Likeness>();

  /** @param name how the names of the projects begin */
  constructor(
    private readonly place: Omit<StackPlace, 'name'>,
    private readonly name: string,
  ) {}

  /** See Session.startBeside. */
  async start(path: string, service: string, seconds: number, say: (text: string) => void): Promise<ServiceContainer> {
    const project = this.projects.get(path);
    if (!project) throw new Error(`the session knows no compose file ${path}`);
    const stack = this.idle.get(path)?.pop() ?? this.newStack(project);
    try {
      await this.removeMade(stack);
      const id = await stack.start(service, seconds, say);
      this.likenesses.set(id, { stack, files: project.written(service), containers: [] });
      return { id, config: await this.configOf(id, project.ports(service)), end: () => this.finish(path, stack) };
    } catch (error) {
      await this.finish(path, stack);
      throw error;
    }
  }

  private newStack(project: ComposeProject): Stack {
    const stack = new Stack({ ...this.place, name: `${this.name}-${this.stacks.length}` }, project);
    this.stacks.push(stack);
    return stack;
  }

  /** What could not be removed is tried again at the next start, and at the end. */
  private async finish(path: string, stack: Stack): Promise<void> {
    try {
      await this.clear(stack);
    } catch (error) {
      debug.engine('a compose project could not be removed yet: %s', messageOf(error));
    }
    this.idle.set(path, [...(this.idle.get(path) ?? []), stack]);
  }

  /** Removes a project and what was made like its containers; of both as much as can be removed. */
  private async clear(stack: Stack): Promise<void> {
    // A volume can't be removed as long as a container has it, even one that has ended.
    await this.removeMade(stack).finally(() => stack.remove());
  }

  /** Removes what was made like containers of a project. What can't be removed stays known. */
  private async removeMade(stack: Stack): Promise<void> {
    for (const [id, likeness] of this.likenesses) {
      if (likeness.stack !== stack) continue;
      await Promise.all(likeness.containers.map((container) => container.remove()));
      this.likenesses.delete(id);
    }
  }

  /** @param ports those that the compose file names: they come before those of the image */
  private async configOf(id: string, ports: readonly number[]): Promise<ServiceContainer['config']> {
    const { Config: config } = await this.place.docker.getContainer(id).inspect();
    const { StopSignal, StopTimeout, Healthcheck, ExposedPorts } = config as ImageConfig;
    const exposed = new Set([...ports.map((port) => `${port}/tcp`), ...Object.keys(ExposedPorts ?? {})]);
    const stop = { ...(StopSignal && { StopSignal }), ...(typeof StopTimeout === 'number' && { StopTimeout }) };
    return {
      ...stop,
      ...(Healthcheck && { Healthcheck }),
      ...(exposed.size > 0 && { ExposedPorts: Object.fromEntries([...exposed].map((port) => [port, {}])) }),
    };
  }

  /** Creates a container that gets what docker compose has given another one. */
  async createLike(id: string, own: Dockerode.ContainerCreateOptions): Promise<Dockerode.Container> {
    const { docker } = this.place;
    const { options, further } = createLike(own, await docker.getContainer(id).inspect());
    const created = await docker.createContainer(options);
    try {
      for (const [network, endpoint] of further)
        await docker.getNetwork(network).connect({ Container: created.id, EndpointConfig: endpoint });
    } catch (error) {
      await created.remove({ force: true, v: true });
      throw error;
    }
    return created;
  }

  /** Says that a container was made like another one: it is removed when the start ends, and gets the files of its service. */
  async made(id: string, container: Container): Promise<void> {
    const likeness = this.likenesses.get(id);
    if (!likeness) return;
    likeness.containers.push(container);
    if (likeness.files.length > 0) await container.putArchive('/', await buffer(archiveOf(likeness.files)));
  }

  /** Removes all projects. */
  async remove(): Promise<void> {
    for (const stack of this.stacks) {
      try {
        await this.clear(stack);
      } catch (error) {
        process.emitWarning(printable(`something was left behind in the Docker daemon: ${messageOf(error)}`));
      }
    }
  }
}

function archiveOf(files: readonly WrittenFile[]): ReturnType<typeof pack> {
  const archive = pack();
  for (const { path, content, uid, gid, mode } of files) archive.entry({ name: path.slice(1), uid, gid, mode }, content);
  archive.finalize();
  return archive;
}
