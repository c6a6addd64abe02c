import type Dockerode from 'dockerode';
import { UserError } from '../../errors.js';
import type { Reference } from '../../images/reference.js';
import type { Engine, ImageInfo, Session } from '../engine.js';
import { daemonRoom, type Room } from '../room.js';
import { removeDeadSpools } from '../sessionfolder.js';
import { connect, statusOf } from './client.js';
import { clientEnvironment, type Endpoint } from './endpoints.js';
import { inspectImage, listImages } from './image.js';
import { removeLeftovers } from './leftovers.js';
import { DOCKER_FEATURES, DockerSession } from './session.js';

/** What a daemon says about itself. */
export interface DaemonInformation {
  /** Its own name: `Docker`, `Podman`. */
  product: string;
  version: string;
  api: string;
  /** Operating system, architecture and kernel. */
  system: string;
  /** Address, and how it was found. */
  endpoint: string;
  /** Data directory, on the daemon's computer. */
  root: string;
  /** One name of each named image, the newest image first. */
  images: string[];
}

/** The Docker daemon, or Podman's service, which speaks the same API. */
export class DockerEngine implements Engine {
  readonly name = 'docker';
  readonly features = DOCKER_FEATURES;

  private constructor(
    private readonly docker: Dockerode,
    private readonly endpoint: Endpoint,
  ) {}

  /** @throws UserError where no daemon answers */
  static async open(): Promise<DockerEngine> {
    const { docker, endpoint } = await connect();
    return new DockerEngine(docker, endpoint);
  }

  async describe(): Promise<string> {
    const version = await this.docker.version();
    return `${productOf(version)} ${version.Version} at ${this.endpoint.host}`;
  }

  async room(): Promise<Room> {
    const { NCPU: cores, MemTotal: memory } = await this.docker.info();
    return daemonRoom(cores, memory);
  }

  async find(text: string): Promise<ImageInfo | undefined> {
    try {
      return await inspectImage(this.docker, text, text);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async inspect(text: string): Promise<ImageInfo> {
    const image = await this.find(text);
    if (!image)
      throw new UserError(
        `There is no image ${text} in the Docker daemon.`,
        `Build it, or fetch it with \`docker pull ${text}\`; \`docker images\` lists what is there.`,
      );
    return image;
  }

  /** What `pyshrink doctor` reports. */
  async information(): Promise<DaemonInformation> {
    const [version, info, images] = await Promise.all([this.docker.version(), this.docker.info(), listImages(this.docker)]);
    return {
      product: productOf(version),
      version: version.Version,
      api: version.ApiVersion,
      system: `${version.Os}/${version.Arch}, Linux ${info.KernelVersion}`,
      endpoint: `${this.endpoint.host} (${this.endpoint.source})`,
      root: info.DockerRootDir,
      images: images
        .sort((a, b) => b.Created - a.Created)
        .flatMap(({ RepoTags }) => (RepoTags ?? []).filter((name) => name !== '<none>:<none>').slice(0, 1)),
    };
  }

  async openSession(): Promise<Session> {
    await this.clean();
    const session = new DockerSession(this.docker, clientEnvironment(this.endpoint), allowsMore(await this.docker.version()));
    await session.claim();
    return session;
  }

  async tag(id: string, { name, tag }: Reference): Promise<void> {
    await this.docker.getImage(id).tag({ repo: name, tag: tag ?? 'latest' });
  }

  async untag(text: string): Promise<void> {
    await this.docker.getImage(text).remove({ noprune: true });
  }

  async clean(): Promise<string[]> {
    return [...(await removeLeftovers(this.docker)), ...(await removeDeadSpools())];
  }
}

/**
 * The daemon's own name, for people. Its first component is called `Engine` by Docker ("SystemVersion" of the Docker Engine
 * API), and `Podman Engine` by Podman (pkg/api/handlers/compat/version.go).
 */
function productOf({ Components: [engine] = [] }: Dockerode.DockerVersion): string {
  return /^(.+) Engine$/.exec(engine?.Name ?? '')?.[1] ?? 'Docker';
}

/** Whether the daemon's default seccomp profile allows more than Docker's: that of Podman does (containers/common, pkg/seccomp). */
function allowsMore(version: Dockerode.DockerVersion): boolean {
  return productOf(version) === 'Podman';
}
