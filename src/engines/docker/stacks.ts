import { buffer } from 'node:stream/consumers';
import type Dockerode from 'dockerode';
import { pack } from 'tar-stream';
import type { ComposeProject, WrittenFile } from '../../compose/project.js';
import type { ImageConfig } from '../../images/config.js';
import { printable } from '../../printable.js';
import type { Container, ServiceContainer } from '../engine.js';
import { messageOf } from './client.js';
import { createLike } from './like.js';
import { Stack, type StackPlace } from './stack.js';

/** What was made like a container of docker compose. */
interface Likeness {
  stack: Stack;
  /** Files that docker compose writes into containers of this service. */
  files: WrittenFile[];
  containers: Container[];
}

/** The compose files of a session, each with a project of its own. */
export class Stacks {
  readonly projects = new Map<string, ComposeProject>();
  private readonly stacks = new Map<string, Stack>();
  /** By the id of the container of docker compose. */
  private readonly likenesses = new Map<string, Likeness>();
  private readonly ending = new AbortController();

  /** @param name how the names of the projects begin */
  constructor(
    private readonly place: Omit<StackPlace, 'name' | 'signal'>,
    private readonly name: string,
  ) {}

  /** See Session.startBeside. */
  async start(path: string, service: string, seconds: number, say: (text: string) => void): Promise<ServiceContainer> {
    const project = this.projects.get(path);
    if (!project) throw new Error(`the session knows no compose file ${path}`);
    let stack = this.stacks.get(path);
    if (!stack) {
      stack = new Stack({ ...this.place, name: `${this.name}-${this.stacks.size}`, signal: this.ending.signal }, project);
      this.stacks.set(path, stack);
    }
    // A volume can't be removed as long as a container has it, even one that has ended.
    for (const [id, likeness] of this.likenesses)
      if (likeness.stack === stack) {
        await Promise.all(likeness.containers.map((container) => container.remove()));
        this.likenesses.delete(id);
      }
    const id = await stack.start(service, seconds, say);
    this.likenesses.set(id, { stack, files: project.written(service), containers: [] });
    const { Config: config } = await this.place.docker.getContainer(id).inspect();
    const { StopSignal, StopTimeout, Healthcheck } = config as Pick<ImageConfig, 'StopSignal' | 'StopTimeout' | 'Healthcheck'>;
    const stop = { ...(StopSignal && { StopSignal }), ...(typeof StopTimeout === 'number' && { StopTimeout }) };
    return { id, config: { ...stop, ...(Healthcheck && { Healthcheck }) } };
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

  /** Says that a container was made like another one: it is removed before the next start, and gets the files of its service. */
  async made(id: string, container: Container): Promise<void> {
    const likeness = this.likenesses.get(id);
    if (!likeness) return;
    likeness.containers.push(container);
    if (likeness.files.length > 0) await container.putArchive('/', await buffer(archiveOf(likeness.files)));
  }

  /** Ends what docker compose does at the moment. */
  end(): void {
    this.ending.abort();
  }

  /** Removes all projects. */
  async remove(): Promise<void> {
    for (const stack of this.stacks.values())
      await stack.remove().catch((error: unknown) => {
        process.emitWarning(printable(`something was left behind in the Docker daemon: ${messageOf(error)}`));
      });
  }
}

function archiveOf(files: readonly WrittenFile[]): ReturnType<typeof pack> {
  const archive = pack();
  for (const { path, content, uid, gid, mode } of files) archive.entry({ name: path.slice(1), uid, gid, mode }, content);
  archive.finalize();
  return archive;
}
