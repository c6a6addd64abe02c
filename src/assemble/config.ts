import type { ImageInfo } from '../engines/engine.js';
import { VERSION } from '../version.js';

/** Labels that we add; an image that bears the first is ours. */
export const LABELS = {
  original: 'io.pyshrink.original.id',
  name: 'io.pyshrink.original.name',
  level: 'io.pyshrink.level',
  version: 'io.pyshrink.version',
  baseName: 'org.opencontainers.image.base.name',
  baseDigest: 'org.opencontainers.image.base.digest',
} as const;

export interface ConfigInput {
  original: ImageInfo;
  /** Whose layers are really shared. */
  base: ImageInfo | undefined;
  level: string;
  /** Our layers, bottom first. */
  layers: { name: string; diffId: string }[];
}

/**
 * The image's configuration as the OCI image specification and `docker load` have it: the original's, with our labels.
 * There is nothing in it of when and where it was made, so that the same input gives the same bytes.
 */
export function imageConfig({ original, base, level, layers }: ConfigInput): Buffer {
  const labels = {
    ...original.config.Labels,
    [LABELS.original]: original.id,
    [LABELS.name]: original.reference,
    [LABELS.level]: level,
    [LABELS.version]: VERSION,
    ...(base && { [LABELS.baseName]: base.reference, [LABELS.baseDigest]: base.digests[0]?.replace(/^.*@/, '') ?? base.id }),
  };
  const history = (text: string) => ({ created: original.created, created_by: text });
  return Buffer.from(
    JSON.stringify({
      architecture: original.platform.architecture,
      os: original.platform.os,
      ...(original.platform.variant !== undefined && { variant: original.platform.variant }),
      created: original.created,
      config: { ...original.config, Labels: labels },
      rootfs: { type: 'layers', diff_ids: [...(base?.layers ?? []), ...layers.map(({ diffId }) => diffId)] },
      history: [
        ...(base?.layers ?? []).map(() => history(`layer of ${base?.reference}`)),
        ...layers.map(({ name }) => history(`pyshrink assemble: ${name}`)),
      ],
    }),
  );
}
