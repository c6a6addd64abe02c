import type { ImageInfo } from '../engines/engine.js';
import type { Result } from '../workspace/result.js';
import type { Draft, KeepChoice } from './assemble.js';
import type { Context } from './context.js';
import type { Target } from './target.js';

/** What an assembly made, and from what. */
export interface Made {
  target: Target;
  keep: Pick<KeepChoice, 'exclude' | 'targetGpu'>;
  /** Name of the base image; undefined for scratch. */
  base: string | undefined;
  /** Paths of the traces. */
  traces: readonly string[];
  /** Bytes of the shrunk image. */
  size: number;
}

/** What the workspace keeps about an assembly. It has what only the engine knows, so that a report needs no engine. */
export async function resultOf({ session }: Context, original: ImageInfo, { id, notes }: Draft, made: Made): Promise<Result> {
  const { target, keep, base, traces, size } = made;
  const layers = original.separateRoot ? await session.layersOf(original.id) : undefined;
  return {
    id,
    tag: target.name.text,
    original: original.id,
    traces: [...traces],
    exclude: [...keep.exclude],
    targetGpu: keep.targetGpu,
    notes,
    size,
    // No engine knows the size of a plain directory.
    ...(original.size > 0 && { originalSize: original.size }),
    ...(layers && { originalLayers: layers }),
    ...(base !== undefined && { base }),
  };
}
