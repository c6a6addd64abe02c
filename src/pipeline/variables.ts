import type { Exercise } from '../exercise/exercise.js';
import { environmentOf, type ImageConfig } from '../images/config.js';
import type { CodeThatRan } from '../keep/python/ran.js';
import { namesInBinaries, readingsOf } from '../keep/python/readings.js';
import { unknownVariables, unknownVariableWarnings } from '../keep/variables.js';
import type { RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';

/** Warnings about variables that the user set and that nothing looks up. Programs are read only where a warning is likely. */
export async function variableWarnings(
  fs: RootFs,
  trace: Trace,
  code: CodeThatRan,
  config: ImageConfig,
  { run, args, steps = [] }: Exercise,
): Promise<string[]> {
  const given = Object.keys(environmentOf(run.env));
  if (given.length === 0) return [];
  const commands = [...args, run.entrypoint ?? '', ...steps.flatMap((step) => (step.kind === 'exec' ? step.command : []))];
  // Files in volumes are not in the image, and without a listener nobody knows what was read.
  const incomplete = run.volume.length + run.mount.length > 0 || !trace.tracers.includes('supervisor');
  const unknown = unknownVariables(given, await readingsOf(fs, trace, code, config, commands, incomplete));
  if (unknown.length === 0) return [];
  const named = await namesInBinaries(
    fs,
    trace,
    unknown.map(({ name }) => name),
  );
  return unknownVariableWarnings(unknown.filter(({ name }) => !named.has(name)));
}
