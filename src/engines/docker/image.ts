import type Dockerode from 'dockerode';
import type { ImageConfig } from '../../images/config.js';
import type { ImageInfo } from '../engine.js';

/** What the daemon knows of an image. Throws its 404 where there is none. */
export async function inspectImage(docker: Dockerode, name: string, reference: string): Promise<ImageInfo> {
  const info = (await docker.getImage(name).inspect()) as Dockerode.ImageInspectInfo & { Variant?: string };
  return {
    id: info.Id,
    reference,
    digests: info.RepoDigests ?? [],
    platform: { os: info.Os, architecture: info.Architecture, ...(info.Variant && { variant: info.Variant }) },
    config: info.Config as unknown as ImageConfig,
    size: info.Size,
    created: info.Created,
    layers: info.RootFS.Layers ?? [],
  };
}
