import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { UserError, usageError } from '../../../errors.js';
import { algorithmOf, checked } from '../../digest.js';
import { type Files, readSmall } from '../../files.js';
import { type Descriptor, Index, manifestOf } from '../../manifest.js';
import { type ImageSource, parseJson, readConfig, requireCount, type StoredLayer } from '../../source.js';

const Layout = z.looseObject({ imageLayoutVersion: z.string() });
/** Annotation under which an index keeps an image's name. */
export const REF_NAME = 'org.opencontainers.image.ref.name';

/**
 * Opens an image of an OCI image layout ("OCI Image Layout Specification"), in a directory or in a tar.
 * @param name the annotation `org.opencontainers.image.ref.name`; needed only where there are several images
 * @throws UserError for what is no layout, or where a digest does not fit
 */
export async function openLayout(
  reference: string,
  files: Files,
  name: string | undefined,
  platform: string | undefined,
): Promise<ImageSource> {
  try {
    parseJson(Layout, await readSmall(files, 'oci-layout', reference), reference, 'oci-layout');
    const { manifests } = parseJson(Index, await readSmall(files, 'index.json', reference), reference, 'index.json');
    const fetch = async (descriptor: Descriptor) => {
      const what = `The blob ${descriptor.digest.slice(0, 19)} of ${reference}`;
      const path = blobPath(descriptor.digest, what);
      await requireSize(files, path, descriptor, what);
      return buffer(checked(files.open(path), descriptor.digest, what));
    };
    const manifest = await manifestOf(choose(manifests, name, reference), { reference, platform, fetch });
    const configBytes = await fetch(manifest.config);
    const { diffIds } = readConfig(configBytes, reference);
    requireCount(manifest.layers.length, diffIds, reference);
    const layers = await Promise.all(
      manifest.layers.map(async ({ digest, size }, index): Promise<StoredLayer> => {
        const what = `The layer ${digest.slice(0, 19)} of ${reference}`;
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

export function blobPath(digest: string, what: string): string {
  const algorithm = algorithmOf(digest, what);
  return `blobs/${algorithm}/${digest.slice(algorithm.length + 1)}`;
}

async function requireSize(files: Files, path: string, { size }: Descriptor, what: string): Promise<void> {
  const found = await files.size(path);
  if (found === undefined) throw new UserError(`${what} is missing.`, 'Copy the image again, whole.');
  if (found !== size) throw new UserError(`${what} has ${found} bytes, and should have ${size}.`, 'Copy the image again, whole.');
}

function choose(manifests: readonly Descriptor[], name: string | undefined, reference: string): Descriptor {
  const names = manifests.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? []);
  const wanted = name === undefined ? manifests : manifests.filter(({ annotations }) => annotations?.[REF_NAME] === name);
  const first = wanted[0];
  if (first && (wanted.length === 1 || name !== undefined)) return first;
  throw usageError(
    first ? `${reference} has ${manifests.length} images.` : `${reference} has no image${name === undefined ? '' : ` called ${name}`}.`,
    names.length > 0
      ? `Append the name of one: ${names.map((one) => `:${one}`).join(', ')}.`
      : 'Put one there, for instance with `skopeo copy`.',
  );
}
