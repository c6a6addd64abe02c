import { z } from 'zod';
import { UserError, usageError } from '../../../errors.js';
import { requireDigest, sha256 } from '../../digest.js';
import { type Files, readSmall, TarFiles } from '../../files.js';
import { parseReference } from '../../reference.js';
import { type ImageSource, readConfig, requireLayerCount, type StoredLayer } from '../../source.js';

const Manifest = z.array(z.looseObject({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()) }));

/**
 * Opens an archive of `docker save` (manifest.json of the Docker Image Specification v1.2), also a compressed one.
 * @param name chooses one of several images
 * @param spool names a new file, which a compressed archive is unpacked to
 * @param below the lowest layers, if the archive need not contain them
 * @throws UserError when it is not such an archive, or does not contain the image
 */
export async function openDockerArchive(
  reference: string,
  path: string,
  name: string | undefined,
  spool: () => Promise<string>,
  below: readonly StoredLayer[] = [],
): Promise<ImageSource> {
  const files = await TarFiles.open(path, spool);
  try {
    const parsed = Manifest.safeParse(JSON.parse((await readSmall(files, 'manifest.json', reference)).toString()));
    if (!parsed.success)
      throw new UserError(`${path} is not an archive of \`docker save\`.`, 'If it is an OCI layout in a tar, write oci-archive:FILE.');
    const image = choose(parsed.data, name, path);
    const configBytes = await readSmall(files, image.Config, reference);
    const named = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(image.Config)?.[1];
    if (named !== undefined) requireDigest(sha256(configBytes), `sha256:${named}`, `The configuration in ${path}`);
    const { diffIds } = readConfig(configBytes, reference);
    requireLayerCount(image.Layers.length, diffIds, path);
    const layers = await Promise.all(
      image.Layers.map((layer, index) => below[index] ?? layerOf(files, layer, diffIds[index] as string, path)),
    );
    return { reference, configBytes, layers, digests: [], close: () => files.close() };
  } catch (error) {
    await files.close();
    if (error instanceof SyntaxError) throw new UserError(`${path} is not an archive of \`docker save\`.`, 'Save the image again.');
    throw error;
  }
}

async function layerOf(files: Files, layer: string, diffId: string, path: string) {
  const size = await files.size(layer);
  if (size === undefined) throw new UserError(`${path} is damaged: ${layer} is missing.`, 'Save the image again.');
  // The archive names no digest of the compressed bytes, only that of the tar.
  return { digest: diffId, diffId, size, open: () => files.open(layer) };
}

function choose(images: z.infer<typeof Manifest>, name: string | undefined, path: string): z.infer<typeof Manifest>[number] {
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  const wanted = name === undefined ? images : images.filter(({ RepoTags }) => RepoTags?.some((tag) => sameName(tag, name)));
  const [first, ...others] = wanted;
  if (first && others.length === 0) return first;
  throw usageError(
    first
      ? `${path} contains ${images.length} images.`
      : name === undefined
        ? `${path} contains no image.`
        : `${path} contains no image ${name}.`,
    tags.length > 0
      ? `Name one of them: ${tags.map((tag) => `docker-archive:${path}:${tag}`).join(', ')}.`
      : 'Save one with `docker save`.',
  );
}

/** Compares two names. A name without a tag means `:latest`. */
function sameName(tag: string, name: string): boolean {
  const plain = (text: string) => {
    const { name: repository, tag: version } = parseReference(text);
    return `${repository}:${version ?? 'latest'}`;
  };
  return plain(tag) === plain(name);
}
