import { type ImageName, parseImageName } from '../images/name.js';
import { parseReference } from '../images/reference.js';
import type { KeepChoice } from './assemble.js';
import type { TargetChoice } from './target.js';

/** What is kept, and where the image goes. */
export interface ImageOptions extends Partial<KeepChoice> {
  /** `scratch` (default), or the name of an image to build on. */
  base?: string | undefined;
  /** `NAME[:TAG]`; default: `<name>:<tag>-shrunk`. */
  tag?: string | undefined;
  /** Name with a transport; default: the daemon, or an OCI layout beside the trace. */
  output?: string | undefined;
  /** Replaces also what pyshrink did not make. */
  force?: boolean | undefined;
}

/** Names in options, parsed once. */
export function parsedNames({
  base = 'scratch',
  tag,
  output,
  force,
  level = 'reachable',
  targetGpu = 'any',
  include = [],
  exclude = [],
}: ImageOptions): {
  target: TargetChoice;
  keep: KeepChoice;
  base: ImageName | undefined;
} {
  return {
    target: {
      force,
      ...(tag !== undefined && { tag: parseReference(tag) }),
      ...(output !== undefined && { output: parseImageName(output) }),
    },
    keep: { level, targetGpu, include, exclude },
    base: base === 'scratch' ? undefined : parseImageName(base),
  };
}
