import type { ImageInfo } from '../engines/engine.js';
import { ORIGINAL_LABEL } from '../images/origin.js';
import { VERSION } from '../package.js';

/** Labels that pyshrink adds. An image with the first one was made by pyshrink. */
export const LABELS = {
  original: ORIGINAL_LABEL,
  name: 'io.pyshrink.original.name',
  level: 'io.pyshrink.level',
  version: 'io.pyshrink.version',
  baseName: 'org.opencontainers.image.base.name',
  baseDigest: 'org.opencontainers.image.base.digest',
} as const;

export interface ConfigInput {
  original: ImageInfo;
  /** The base image, if its layers are the lowest layers of the result. */
  base: ImageInfo | undefined;
  level: string;
  /** Layers above the base, lowest first. */
  layers: { name: string; diffId: string }[];
}

/**
 * Makes the image's configuration (OCI image specification, "Image Configuration"): the original's with pyshrink's labels.
 * It contains no time or place of its making, so that the same input gives the same bytes.
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
