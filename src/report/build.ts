import { LAYER_NAMES } from '../assemble/layers.js';
import { VERSION } from '../package.js';
import { pathBytes } from '../tar/pathbytes.js';
import type { KeepReport } from '../workspace/keepreport.js';
import { budgetOf, type Limits } from './budget.js';
import { Chains } from './chains.js';
import { amountOf, byThing, Contents, type Item } from './contents.js';
import { coverageOf } from './coverage.js';
import { KeptGraph } from './graph.js';
import type { Inside } from './inside.js';
import { largestCuts, largestKept, nearlyKept } from './largest.js';
import { type Change, KINDS, REPORT_SCHEMA, type Report } from './model.js';
import { Folding } from './options.js';
import { programsIn } from './programs.js';
import { timelineOf } from './timeline.js';
import { describeReason } from './words.js';

/** The report about one image. */
export function buildReport(inside: Inside, limits: Limits = {}, contents = contentsOf(inside)): Report {
  const { trace, made, check } = inside;
  return {
    schema: REPORT_SCHEMA,
    pyshrink: VERSION,
    image: { reference: trace.image.reference, id: trace.image.id, platform: trace.image.platform },
    python: { version: trace.python.version, executable: trace.python.executable },
    shrunk: made ? { name: made.result.tag, named: made.result.named ?? true, id: made.result.id, level: made.keep.level } : null,
    ...(contents && made ? partsOf(contents) : EMPTY),
    sizes: sizesOf(inside),
    layers: {
      before: made?.result.originalLayers ?? null,
      after: made ? LAYER_NAMES.map((name) => ({ name, ...made.keep.totals.layers[name] })) : [],
    },
    coverage: coverageOf(trace, contents),
    timeline: timelineOf(inside, contents).steps,
    comparison: check ? comparisonOf(check) : null,
    repairs: trace.repairs.map(({ path, ...repair }) => ({ path, text: describeReason({ rule: 'repair', parents: [], ...repair }) })),
    unsound: { own: trace.unsound.filter(({ own }) => own).length, libraries: trace.unsound.filter(({ own }) => !own).length },
    warnings: trace.warnings,
    notes: made?.result.notes ?? [],
    budget: contents && made ? budgetOf(contents, sizeOf(made), limits) : null,
  };
}

/** What the original holds, once something was assembled from its trace. */
export function contentsOf({ made, trace }: Inside): Contents | undefined {
  return made && new Contents(made.keep, trace.python);
}

type Parts = 'kinds' | 'distributions' | 'packages' | 'largest' | 'programs' | 'nearly' | 'cuts';
const EMPTY: Pick<Report, Parts> = { kinds: [], distributions: [], packages: [], largest: [], programs: [], nearly: [], cuts: [] };

function partsOf(contents: Contents): Pick<Report, Parts> {
  const { keep, items } = contents;
  // A kept path below a folder of --include stays kept, so only what is left out must not be named by mistake.
  const leftOut = new Folding(items.flatMap(({ path, kept }) => (kept ? [] : [path])));
  const graph = new KeptGraph(keep.kept);
  const chains = new Chains(keep.kept);
  const owned = byThing(contents, items).map(({ thing, items }) => ({ ...thing, ...changeOf(items) }));
  const byName = owned.sort((a, b) => b.before.bytes - a.before.bytes || (a.name < b.name ? -1 : 1));
  const grades = new Map(keep.distributions.map(({ name, grade }) => [name, grade]));
  return {
    kinds: KINDS.map((kind) => ({ kind, ...changeOf(items.filter((item) => item.kind === kind)) })),
    distributions: byName.filter(({ thing }) => thing === 'distribution').map((one) => ({ ...one, grade: grades.get(one.name) ?? null })),
    packages: byName.filter(({ thing }) => thing === 'package'),
    largest: largestKept(contents, graph, chains),
    programs: programsIn(keep, graph).map(({ by, line, ...program }) => ({
      ...program,
      by: by ?? null,
      line: line ?? null,
      chain: chains.of(program.path),
    })),
    nearly: nearlyKept(contents, leftOut),
    cuts: largestCuts(contents, leftOut),
  };
}

function changeOf(items: readonly Item[]): Change {
  const whole = items.map((item) => ({ ...item, size: item.size + item.stripped }));
  return { before: amountOf(whole), after: amountOf(items.filter(({ kept }) => kept)) };
}

function sizesOf({ trace, made }: Inside): Report['sizes'] {
  const before = made?.result.originalSize ?? (trace.image.size || null);
  if (!made) return { before: { layers: before, merged: null }, after: null, ratio: null };
  const { totals } = made.keep;
  const after = made.result.size ?? null;
  return {
    before: { layers: before, merged: totals.original },
    after: { layers: after, merged: totals.kept, links: linkBytes(made.keep) },
    ratio: before !== null && after !== null && after > 0 ? before / after : null,
  };
}

/** Bytes of the shrunk image: as the engine counts them, where that is known. */
function sizeOf({ result, keep }: NonNullable<Inside['made']>): number {
  return result.size ?? keep.totals.kept.bytes + linkBytes(keep);
}

/** Bytes of the targets of the kept links: engines count them (overlay2 adds up the sizes of lstat(2)). */
function linkBytes({ kept, links }: KeepReport): number {
  return Object.entries(links).reduce((sum, [path, target]) => sum + (Object.hasOwn(kept, path) ? pathBytes(target).length : 0), 0);
}

function comparisonOf({ version: _, image: __, answers: ___, ...comparison }: NonNullable<Inside['check']>): Report['comparison'] {
  return comparison;
}
