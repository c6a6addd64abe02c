import { z } from 'zod';
import { UserError, usageError } from '../errors.js';
import { INDEXES, MANIFESTS, requireLayerType } from './mediatypes.js';
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
const Manifest = z.looseObject({ config: Descriptor, layers: z.array(Descriptor) });
export type Manifest = z.infer<typeof Manifest>;

/** Names of architectures in Go, as images have them, by those of Node. */
const ARCHITECTURES: Record<string, string | undefined> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** This machine's platform as images name it: `linux/amd64`. */
export function ownPlatform(): string {
  return `linux/${ARCHITECTURES[process.arch] ?? process.arch}`;
}

export interface Choice {
  reference: string;
  /** `os/architecture[/variant]`; undefined: this machine's. */
  platform: string | undefined;
  /** The bytes that a descriptor stands for, checked. */
  fetch(descriptor: Descriptor): Promise<Buffer>;
}

/** Follows indexes to the manifest of one platform. @throws UserError where there is none, or something else is found */
export async function manifestOf(descriptor: Descriptor, choice: Choice): Promise<Manifest> {
  const { reference, fetch } = choice;
  if (INDEXES.includes(descriptor.mediaType)) {
    const { manifests } = parseJson(Index, await fetch(descriptor), reference, 'index');
    return manifestOf(forPlatform(manifests, choice), choice);
  }
  if (!MANIFESTS.includes(descriptor.mediaType))
    throw new UserError(
      `${reference} has a manifest of the type ${descriptor.mediaType}, which pyshrink does not know.`,
      'Name a container image.',
    );
  const manifest = parseJson(Manifest, await fetch(descriptor), reference, 'manifest');
  for (const { mediaType } of manifest.layers) requireLayerType(mediaType, reference);
  return manifest;
}

function forPlatform(manifests: readonly Descriptor[], { reference, platform }: Choice): Descriptor {
  const wanted = platform ?? ownPlatform();
  const images = manifests.filter(({ platform: of }) => of?.os !== 'unknown'); // attestations of BuildKit
  const found =
    images.find(({ platform: of }) => of && matches(of, wanted)) ?? (images.length === 1 && !images[0]?.platform ? images[0] : undefined);
  if (found) return found;
  const there = images.flatMap(({ platform: of }) => (of ? [[of.os, of.architecture, of.variant].filter(Boolean).join('/')] : []));
  throw usageError(`${reference} has no image for ${wanted}.`, `Choose with --platform: it has ${there.join(', ') || 'none'}.`);
}

/** Whether an image's platform is one that was asked for; a variant counts only where it was named. */
export function matches(of: { os: string; architecture: string; variant?: string | null | undefined }, wanted: string): boolean {
  const [os, architecture, variant] = wanted.split('/');
  return of.os === os && of.architecture === architecture && (variant === undefined || of.variant === variant);
}
