import { z } from 'zod';
import { UserError } from '../errors.js';
import type { ImageConfig } from './config.js';
import { sha256 } from './digest.js';

/** One layer as it is stored. */
export interface StoredLayer {
  /** Digest of the stored bytes. */
  digest: string;
  /** Digest of the tar. */
  diffId: string;
  /** Bytes as stored, where they are known. */
  size: number | undefined;
  /** The stored bytes. */
  open(): AsyncIterable<Buffer>;
}

/** An image somewhere in files or in a registry: its configuration, and its layers on request. */
export interface ImageSource {
  /** As the user named it. */
  reference: string;
  configBytes: Buffer;
  /** Bottom first. */
  layers: StoredLayer[];
  /** `name@sha256:...` where it comes from a registry. */
  digests: string[];
  close(): Promise<void>;
}

const Text = z.string().nullish();
/** What we need of a configuration: OCI image specification, "Image Configuration". */
const ConfigFile = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  variant: z.string().optional(),
  created: Text,
  config: z.looseObject({}).nullish(),
  rootfs: z.looseObject({ diff_ids: z.array(z.string()) }),
});

/** An image's configuration, read. */
export interface SourceConfig {
  /** Digest of the configuration, which is the image's identifier. */
  id: string;
  platform: { os: string; architecture: string; variant?: string };
  created: string;
  config: ImageConfig;
  diffIds: string[];
}

/** @throws UserError for what is no image's configuration */
export function readConfig(bytes: Buffer, reference: string): SourceConfig {
  const { architecture, os, variant, created, config, rootfs } = parseJson(ConfigFile, bytes, reference, 'configuration');
  return {
    id: sha256(bytes),
    platform: { os, architecture, ...(variant !== undefined && variant !== '' && { variant }) },
    created: created ?? '1970-01-01T00:00:00Z',
    config: (config ?? {}) as ImageConfig,
    diffIds: rootfs.diff_ids,
  };
}

/** @throws UserError where an image has not as many layers as its configuration names */
export function requireCount(found: number, diffIds: readonly string[], reference: string): void {
  if (found !== diffIds.length)
    throw new UserError(
      `${reference} is damaged: ${found} layers, and its configuration names ${diffIds.length}.`,
      'Save or copy the image again.',
    );
}

/** @throws UserError where bytes are not the JSON that they should be */
export function parseJson<T>(schema: z.ZodType<T>, bytes: Buffer, reference: string, what: string): T {
  try {
    return schema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    const why = error instanceof z.ZodError ? `${error.issues[0]?.path.join('.')}: ${error.issues[0]?.message}` : (error as Error).message;
    throw new UserError(
      `${reference}: its ${what} can't be read (${why}).`,
      'Check that it names a container image, and that it is whole.',
    );
  }
}
