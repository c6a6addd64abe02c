import { computeKeepSet, type KeepInput } from '../../src/keep/compute.js';
import type { RootFs } from '../../src/rootfs.js';
import { type Observation, TRACE_VERSION, type Trace } from '../../src/trace/schema.js';

/** Makes a trace from observations. Each is written `kind path` (by process 0) or `kind path N` (by process N). */
export function makeTrace(observations: string[], more: Partial<Trace> = {}): Trace {
  return {
    version: TRACE_VERSION,
    image: { id: 'sha256:0', reference: 'x', digests: [], platform: 'linux/amd64', size: 1 },
    engine: 'docker',
    python: {
      version: '3.13.1',
      executable: '/usr/bin/python3',
      sitePackages: [],
      searchPath: [],
      standardLibrary: [],
      builtins: [],
      suffixes: [],
      editable: {},
    },
    tracers: ['supervisor'],
    runs: [{ environment: [], exercise: [], exit: 0, tests: null }],
    processes: [
      { pid: 7, parent: 1, executable: '/usr/bin/python3', run: 0 },
      { pid: 8, parent: 7, executable: '/usr/bin/other', run: 0 },
    ],
    observations: observations.map((text): Observation => {
      const [kind, path, process] = text.split(' ') as [Observation['kind'], string, string?];
      return { kind, path, process: Number(process ?? 0) };
    }),
    modules: {},
    unsound: [],
    repairs: [],
    warnings: [],
    ...more,
  };
}

/** Computes the keep set: each kept path with the rules that keep it, and the notes for the user. */
export async function keptOf(
  fs: RootFs,
  trace: Trace,
  more: Partial<KeepInput> = {},
): Promise<{ rules: Record<string, string[]>; notes: string[] }> {
  const { keep, notes } = await computeKeepSet({
    fs,
    trace,
    config: {},
    env: [],
    commands: [],
    level: 'observed',
    choice: { include: [], exclude: [] },
    ...more,
  });
  return {
    rules: Object.fromEntries([...keep.reasons].map(([path, reasons]) => [path, [...new Set(reasons.map(({ rule }) => rule))]])),
    notes,
  };
}
