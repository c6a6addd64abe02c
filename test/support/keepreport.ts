import { placesOf } from '../../src/assemble/assemble.js';
import type { KeepResult } from '../../src/keep/compute.js';
import type { Level } from '../../src/keep/level.js';
import { type KeepReportInput, keepReport } from '../../src/report/keep.js';
import { readOwners } from '../../src/report/owners.js';
import { runnableIn } from '../../src/report/runnable.js';
import type { RootFs } from '../../src/rootfs.js';
import { KEEP_VERSION, type KeepReport } from '../../src/workspace/keepreport.js';
import { LAYOUT } from './analyst.js';

export const ORIGINAL = { reference: 'x', id: 'sha256:0', platform: 'linux/amd64' };

/** The keep.json of an image without files. */
export function emptyKeepReport(reference = ORIGINAL.reference): KeepReport {
  const nothing = { files: 0, bytes: 0 };
  return {
    version: KEEP_VERSION,
    original: { ...ORIGINAL, reference },
    level: 'observed',
    targetGpu: 'any',
    kept: {},
    omitted: {},
    omissions: [],
    owners: [],
    links: {},
    distributions: [],
    totals: {
      original: nothing,
      kept: nothing,
      omitted: nothing,
      stripped: nothing,
      layers: { system: nothing, python: nothing, distributions: nothing, app: nothing },
    },
  };
}

/** The keep.json of a keep set over a made-up tree. */
export async function keepReportOf(
  fs: RootFs,
  result: KeepResult,
  level: Level,
  written: Pick<KeepReportInput, 'digests' | 'edits'> = {},
): Promise<KeepReport> {
  const owners = await readOwners(fs, LAYOUT, result.python);
  const programs = await runnableIn(fs, result.keep);
  return keepReport({ fs, ...result, original: ORIGINAL, level, places: placesOf(LAYOUT, fs), owners, programs, ...written });
}
