import { z } from 'zod';
import { UserError } from '../errors.js';
import type { ImageConfig } from './config.js';
import { sha256 } from './digest.js';

/** A layer as it is stored: plain or compressed. */
export interface StoredLayer {
  /** Digest of the stored bytes. */
  digest: string;
  /** Digest of the uncompressed tar. */
  diffId: string;
  /** Number of stored bytes; undefined where the source does not say. */
  size: number | undefined;
  /** The stored bytes. */
  open(): AsyncIterable<Buffer>;
}

/** An image in files or in a registry. Layers are read when they are asked for. */
export interface ImageSource {
  /** The image as the user named it. */
  reference: string;
  configBytes: Buffer;
  /** Bottom first. */
  layers: StoredLayer[];
  /** `name@sha256:...`, if it comes from a registry. */
  digests: string[];
  /** Set where it is one of several in an index, e.g. for several platforms. */
  several?: true;
  close(): Promise<void>;
}

/** There is no such image in the registry. */
export class MissingImageError extends UserError {}

const Text = z.string().nullish();
/** The fields of a configuration that pyshrink reads (OCI image specification, "Image Configuration"). */
const ConfigFile = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
  created: Text,
  config: z.looseObject({}).nullish(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
  history: z.array(z.looseObject({ created_by: Text, empty_layer: z.boolean().nullish() })).nullish(),
});

/** An image's configuration, parsed. */
export interface SourceConfig {
  /** The image's id: the digest of its configuration. */
  id: string;
  platform: { os: string; architecture: string; variant?: string };
  created: string;
  config: ImageConfig;
  diffIds: string[];
  /** The commands that made it, bottom first, those without a layer among them. Empty where it does not say. */
  history: { created_by?: string | null | undefined; empty_layer?: boolean | null | undefined }[];
}

/** @throws UserError when the bytes are not an image's configuration */
export function readConfig(bytes: Buffer, reference: string): SourceConfig {
  const { architecture, os, variant, created, config, rootfs, history } = parseJson(ConfigFile, bytes, reference, 'configuration');
  return {
    id: sha256(bytes),
    platform: { os, architecture, ...(variant !== undefined && variant !== '' && { variant }) },
    created: created ?? '1970-01-01T00:00:00Z',
    config: (config ?? {}) as ImageConfig,
    diffIds: rootfs.diff_ids,
    history: history ?? [],
  };
}

/** Subject of messages about a layer or another blob, e.g. `The layer sha256:0123456789ab of app:1`. */
export function describeBlob(kind: 'layer' | 'blob', digest: string, reference: string): string {
  return `The ${kind} ${digest.slice(0, 'sha256:'.length + 12)} of ${reference}`;
}

/** @throws UserError when an image has more or fewer layers than its configuration names */
export function requireLayerCount(found: number, diffIds: readonly string[], reference: string): void {
  if (found !== diffIds.length)
    throw new UserError(
      `${reference} is damaged: it has ${found} layers, but its configuration names ${diffIds.length}.`,
      'Save or copy the image again.',
    );
}

/**
 * Parses JSON and checks it against a schema.
 * @param what name of the document, for the message
 * @throws UserError when it does not fit
 */
export function parseJson<T>(schema: z.ZodType<T>, bytes: Buffer, reference: string, what: string): T {
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? `${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}` : (error as Error).message;
    throw new UserError(
      `The ${what} of ${reference} can't be read (${why}).`,
      'Check that it is a container image, and that it is complete.',
    );
  }
}
