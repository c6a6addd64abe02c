import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { UserError, usageError } from '../../../errors.js';
import { algorithmOf, checked } from '../../digest.js';
import { type Files, LARGEST_JSON, readSmall } from '../../files.js';
import { type Descriptor, Index, manifestOf } from '../../manifest.js';
import type { Platform } from '../../platform.js';
import { describeBlob, type ImageSource, parseJson, readConfig, requireLayerCount, type StoredLayer } from '../../source.js';

/** The file `oci-layout`. */
export const Layout = z.looseObject({ imageLayoutVersion: z.string() });
/** Annotation that holds an image's name in an index. */
export const REF_NAME = 'org.opencontainers.image.ref.name';

/**
 * Opens an image of an OCI image layout ("OCI Image Layout Specification"), in a directory or in a tar.
 * @param name the annotation {@link REF_NAME} of the image; needed only if the layout contains several
 * @throws UserError when it is not a layout, or does not contain the image, or a digest does not fit
 */
export async function openLayout(
  reference: string,
  files: Files,
  name: string | undefined,
  platform: Platform | undefined,
): Promise<ImageSource> {
  try {
    parseJson(Layout, await readSmall(files, 'oci-layout', reference), reference, 'oci-layout');
    const { manifests } = parseJson(Index, await readSmall(files, 'index.json', reference), reference, 'index.json');
    const fetch = async (descriptor: Descriptor) => {
      const what = describeBlob('blob', descriptor.digest, reference);
      const path = blobPath(descriptor.digest, what);
      await requireSize(files, path, descriptor, what);
      if (descriptor.size > LARGEST_JSON)
        throw new UserError(`${what} is too large for a description of an image: ${descriptor.size} bytes.`, 'Build the image again.');
      return buffer(checked(files.open(path), descriptor.digest, what));
    };
    const manifest = await manifestOf(choose(manifests, name, reference), { reference, platform, fetch });
    const configBytes = await fetch(manifest.config);
    const { diffIds } = readConfig(configBytes, reference);
    requireLayerCount(manifest.layers.length, diffIds, reference);
    const layers = await Promise.all(
      manifest.layers.map(async ({ digest, size }, index): Promise<StoredLayer> => {
        const what = describeBlob('layer', digest, reference);
        const path = blobPath(digest, what);
        await requireSize(files, path, { digest, size, mediaType: '' }, what);
        return { digest, size, diffId: diffIds[index] as string, open: () => files.open(path) };
      }),
    );
    return { reference, configBytes, layers, digests: [], close: () => files.close() };
  } catch (error) {
    await files.close();
    throw error;
  }
}

/** Path of a blob in a layout. @throws UserError for a digest that is neither sha256 nor sha512 */
export function blobPath(digest: string, what: string): string {
  const algorithm = algorithmOf(digest, what);
  return `blobs/${algorithm}/${digest.slice(algorithm.length + 1)}`;
}

async function requireSize(files: Files, path: string, { size }: Descriptor, what: string): Promise<void> {
  const found = await files.size(path);
  if (found === undefined) throw new UserError(`${what} is missing.`, 'Copy the image again.');
  if (found !== size) throw new UserError(`${what} has ${found} bytes instead of ${size}.`, 'Copy the image again.');
}

function choose(manifests: readonly Descriptor[], name: string | undefined, reference: string): Descriptor {
  const names = manifests.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? []);
  const wanted = name === undefined ? manifests : manifests.filter(({ annotations }) => annotations?.[REF_NAME] === name);
  const first = wanted[0];
  if (first && (wanted.length === 1 || name !== undefined)) return first;
  throw usageError(
    first
      ? `${reference} contains ${manifests.length} images.`
      : `${reference} contains no image${name === undefined ? '' : ` named ${name}`}.`,
    names.length > 0 ? `Append the name of one of them: ${names.map((one) => `:${one}`).join(', ')}.` : 'Add one, e.g. with `skopeo copy`.',
  );
}
