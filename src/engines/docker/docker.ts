import type Dockerode from 'dockerode';
import { UserError } from '../../errors.js';
import type { ImageConfig } from '../../images/config.js';
import { parseReference } from '../../images/reference.js';
import type { Engine, ImageInfo, Session } from '../engine.js';
import { connect, statusOf } from './client.js';
import { removeLeftovers } from './leftovers.js';
import { DockerSession } from './session.js';

/** The Docker daemon (or Podman's, which speaks the same API). */
export class DockerEngine implements Engine {
  readonly name = 'docker';

  private constructor(readonly docker: Dockerode) {}

  /** @throws UserError when no daemon answers */
  static async open(): Promise<DockerEngine> {
    return new DockerEngine((await connect()).docker);
  }

  async find(reference: string): Promise<ImageInfo | undefined> {
    const name = reference.replace(/^docker-daemon:/, '');
    parseReference(name);
    try {
      const info = await this.docker.getImage(name).inspect();
      return {
        id: info.Id,
        reference: name,
        digests: info.RepoDigests ?? [],
        platform: { os: info.Os, architecture: info.Architecture, ...((info as { Variant?: string }).Variant && { variant: (info as { Variant?: string }).Variant as string }) },
        config: info.Config as unknown as ImageConfig,
        size: info.Size,
        created: info.Created,
        layers: info.RootFS.Layers ?? [],
      };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async inspect(reference: string): Promise<ImageInfo> {
    const image = await this.find(reference);
    if (!image) throw new UserError(`There is no image ${reference} in the daemon.`, `Build it, or fetch it with \`docker pull ${reference}\`; \`docker images\` lists what is there.`);
    return image;
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
