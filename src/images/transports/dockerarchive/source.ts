import { z } from 'zod';
import { UserError, usageError } from '../../../errors.js';
import { requireDigest, sha256 } from '../../digest.js';
import { type Files, readSmall, TarFiles } from '../../files.js';
import { parseReference } from '../../reference.js';
import { type ImageSource, readConfig, requireCount, type StoredLayer } from '../../source.js';

const Manifest = z.array(z.looseObject({ Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()) }));

/**
 * Opens an archive as `docker save` writes it (manifest.json of the Docker Image Specification v1.2), also compressed.
 * @param name which of several images in it
 * @param spool where a compressed archive is unpacked to
 * @param below layers that it need not have, the lowest first
 * @throws UserError for anything else
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
      throw new UserError(`${path} is no archive of \`docker save\`.`, 'An OCI layout in a tar is named oci-archive:FILE.');
    const image = choose(parsed.data, name, path);
    const configBytes = await readSmall(files, image.Config, reference);
    const named = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(image.Config)?.[1];
    if (named !== undefined) requireDigest(sha256(configBytes), `sha256:${named}`, `The configuration in ${path}`);
    const { diffIds } = readConfig(configBytes, reference);
    requireCount(image.Layers.length, diffIds, path);
    const layers = await Promise.all(
      image.Layers.map((layer, index) => below[index] ?? layerOf(files, layer, diffIds[index] as string, path)),
    );
    return { reference, configBytes, layers, digests: [], close: () => files.close() };
  } catch (error) {
    await files.close();
    if (error instanceof SyntaxError) throw new UserError(`${path} is no archive of \`docker save\`.`, 'Save the image again.');
    throw error;
  }
}

async function layerOf(files: Files, layer: string, diffId: string, path: string) {
  const size = await files.size(layer);
  if (size === undefined) throw new UserError(`${path} is damaged: it has no ${layer}.`, 'Save the image again.');
  // Whatever it is compressed with, its digest is that of the tar.
  return { digest: diffId, diffId, size, open: () => files.open(layer) };
}

function choose(images: z.infer<typeof Manifest>, name: string | undefined, path: string): z.infer<typeof Manifest>[number] {
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  const wanted = name === undefined ? images : images.filter(({ RepoTags }) => RepoTags?.some((tag) => sameName(tag, name)));
  const [first, ...others] = wanted;
  if (first && others.length === 0) return first;
  throw usageError(
    first ? `${path} has ${images.length} images.` : name === undefined ? `${path} has no image.` : `${path} has no image ${name}.`,
    tags.length > 0
      ? `Name one of them: ${tags.map((tag) => `docker-archive:${path}:${tag}`).join(', ')}.`
      : 'Save one with `docker save`.',
  );
}

/** Docker leaves out its own registry and library where it can; :latest is what no tag says. */
function sameName(tag: string, name: string): boolean {
  const plain = (text: string) => {
    const { name: repository, tag: version } = parseReference(text);
    return `${repository}:${version ?? 'latest'}`;
  };
  return plain(tag) === plain(name);
}
