import type Dockerode from 'dockerode';
import { UserError } from '../../errors.js';
import { parseReference } from '../../images/reference.js';
import type { Engine, ImageInfo, Session } from '../engine.js';
import { connect, statusOf } from './client.js';
import type { Endpoint } from './endpoints.js';
import { inspectImage } from './image.js';
import { removeLeftovers } from './leftovers.js';
import { DockerSession } from './session.js';

/** What a daemon tells of itself. */
export interface EngineDescription {
  version: string;
  api: string;
  /** Operating system and architecture. */
  system: string;
  /** Where and how it was found. */
  endpoint: string;
  /** Its data directory, on its own machine. */
  root: string;
  /** Names of some images, the newest first. */
  images: string[];
}

/** The Docker daemon (or Podman's, which speaks the same API). */
export class DockerEngine implements Engine {
  readonly name = 'docker';

  private constructor(
    private readonly docker: Dockerode,
    private readonly endpoint: Endpoint,
  ) {}

  /** @throws UserError when no daemon answers */
  static async open(): Promise<DockerEngine> {
    const { docker, endpoint } = await connect();
    return new DockerEngine(docker, endpoint);
  }

  async find(reference: string): Promise<ImageInfo | undefined> {
    parseReference(reference);
    try {
      return await inspectImage(this.docker, reference, reference);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async inspect(reference: string): Promise<ImageInfo> {
    const image = await this.find(reference);
    if (!image)
      throw new UserError(
        `There is no image ${reference} in the daemon.`,
        `Build it, or fetch it with \`docker pull ${reference}\`; \`docker images\` lists what is there.`,
      );
    return image;
  }

  async describe(): Promise<EngineDescription> {
    const [version, info, images] = await Promise.all([this.docker.version(), this.docker.info(), this.docker.listImages()]);
    return {
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
    await removeLeftovers(this.docker);
    return new DockerSession(this.docker);
  }

  async tag(id: string, name: string): Promise<void> {
    const { name: repo, tag } = parseReference(name);
    await this.docker.getImage(id).tag({ repo, tag: tag ?? 'latest' });
  }

  async untag(name: string): Promise<void> {
    await this.docker.getImage(name).remove({ noprune: true });
  }

  clean(): Promise<string[]> {
    return removeLeftovers(this.docker);
  }
}
