import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import type { Healthcheck, ImageConfig } from '../../images/config.js';
import { commandOf, type LayerMade } from '../../images/history.js';
import type { ImageInfo } from '../engine.js';
import { messageOf, statusOf } from './client.js';

/** How often a list of images is asked for, and milliseconds between two requests. */
const LIST_ATTEMPTS = 20;
const LIST_PAUSE = 100;

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
    config: await withHealthcheck(docker, info.Id, info.Config as unknown as ImageConfig),
    size: info.Size,
    created: info.Created,
    layers: info.RootFS.Layers ?? [],
    separateRoot: true,
  };
}

/** The layers of an image that hold something: see Session.layersOf. The API's list begins with the newest (ImageHistory). */
export async function layersOf(docker: Dockerode, id: string): Promise<LayerMade[] | undefined> {
  const history = (await docker
    .getImage(id)
    .history()
    .catch(() => undefined)) as { CreatedBy?: string; Size: number }[] | undefined;
  return history
    ?.filter(({ Size }) => Size > 0)
    .map(({ CreatedBy = '', Size }) => ({ command: commandOf(CreatedBy), bytes: Size }))
    .reverse();
}

/** The version of Podman's own API from which on it has what is asked for here. */
const LIBPOD_VERSION = 'v4.0.0';

/**
 * Adds the health check, where the daemon has one and does not say so. Podman leaves it out of its answer in Docker's API
 * (pkg/api/handlers/types.go, "ImageDataToImageInspect"), and gives it in its own ("ImageInspectLibpod"). Docker has no such
 * path, and a proxy may refuse it: then there is none.
 */
async function withHealthcheck(docker: Dockerode, id: string, config: ImageConfig): Promise<ImageConfig> {
  if (config.Healthcheck) return config;
  const modem = Object.assign(Object.create(docker.modem) as typeof docker.modem, { version: LIBPOD_VERSION });
  const options = { path: `/libpod/images/${id}/json`, method: 'GET', statusCodes: { 200: true } };
  const healthcheck = await new Promise<ImageConfig['Healthcheck']>((answer, reject) => {
    modem.dial(options, (error, found) => {
      if (error) statusOf(error) === undefined ? reject(error) : answer(undefined);
      else answer((found as { Healthcheck?: Healthcheck }).Healthcheck);
    });
  });
  return healthcheck ? { ...config, Healthcheck: healthcheck } : config;
}

/**
 * Lists images, as `Dockerode.listImages`. It asks again where an image is removed in between: Podman before 4.6 looks at
 * each image of the list separately, and answers `image not known` for all of them where one is gone ("Make listing images
 * more resilient towards concurrently running image removals", release notes of Podman 4.6).
 */
export async function listImages(docker: Dockerode, options: Dockerode.ListImagesOptions = {}): Promise<Dockerode.ImageInfo[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await docker.listImages(options);
    } catch (error) {
      if (attempt === LIST_ATTEMPTS || statusOf(error) !== 500 || !/(image|layer) not known/.test(messageOf(error))) throw error;
      await sleep(LIST_PAUSE);
    }
  }
}
