import { z } from 'zod';
import { UserError, usageError } from '../errors.js';
import { INDEXES, MANIFESTS, requireLayerType } from './mediatypes.js';
import { formatPlatform, matches, ownPlatform, type Platform } from './platform.js';
import { parseJson } from './source.js';

/** OCI image specification, "OCI Content Descriptors". */
export const Descriptor = z.looseObject({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).nullish(),
  platform: z.looseObject({ os: z.string(), architecture: z.string(), variant: z.string().nullish() }).nullish(),
});
export type Descriptor = z.infer<typeof Descriptor>;

export const Index = z.looseObject({ manifests: z.array(Descriptor) });
export const Manifest = z.looseObject({ config: Descriptor, layers: z.array(Descriptor) });
export type Manifest = z.infer<typeof Manifest>;

/** Which image of an index is wanted, and how its blobs are fetched. */
export interface Choice {
  /** The index as the user named it, for messages. */
  reference: string;
  /** Undefined: the platform of the computer that pyshrink runs on. */
  platform: Platform | undefined;
  /** Fetches the bytes of a descriptor and checks their digest. */
  fetch(descriptor: Descriptor): Promise<Buffer>;
}

/**
 * Follows indexes to the manifest of one platform.
 * @throws UserError when the platform is missing, or when a descriptor is not an image
 */
export async function manifestOf(descriptor: Descriptor, choice: Choice): Promise<Manifest> {
  const { reference, fetch } = choice;
  if (INDEXES.includes(descriptor.mediaType)) {
    const { manifests } = parseJson(Index, await fetch(descriptor), reference, 'index');
    return manifestOf(forPlatform(manifests, choice), choice);
  }
  if (!MANIFESTS.includes(descriptor.mediaType))
    throw new UserError(`${reference} has a manifest of the unknown type ${descriptor.mediaType}.`, 'Name a container image.');
  const manifest = parseJson(Manifest, await fetch(descriptor), reference, 'manifest');
  for (const { mediaType } of manifest.layers) requireLayerType(mediaType, reference);
  return manifest;
}

function forPlatform(manifests: readonly Descriptor[], { reference, platform }: Choice): Descriptor {
  const wanted = platform ?? ownPlatform();
  // BuildKit stores attestations beside the images, with the platform unknown/unknown.
  const images = manifests.filter((image) => image.platform?.os !== 'unknown');
  const found = images.find((image) => image.platform && matches(image.platform, wanted));
  if (found) return found;
  // An index of one image need not name its platform.
  if (images.length === 1 && images[0] && !images[0].platform) return images[0];
  const available = images.flatMap((image) => (image.platform ? [formatPlatform(image.platform)] : []));
  throw usageError(
    `${reference} has no image for ${formatPlatform(wanted)}.`,
    available.length > 0 ? `Choose one with --platform: ${available.join(', ')}.` : 'Name another image.',
  );
}
