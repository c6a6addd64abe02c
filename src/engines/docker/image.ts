import type Dockerode from 'dockerode';
import type { ImageConfig } from '../../images/config.js';
import type { ImageInfo } from '../engine.js';

/**
 * Asks the daemon about an image.
 * @param reference put into the result
 * @throws the daemon's error, with status 404 where there is no such image
 */
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
    separateRoot: true,
  };
}
