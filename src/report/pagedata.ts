import { LAYER_NAMES } from '../assemble/layers.js';
import { concealedIn } from '../conceal.js';
import type { Reason } from '../keep/reason.js';
import { answersOf } from './answers.js';
import type { Limits } from './budget.js';
import { buildReport, contentsOf } from './build.js';
import { linkOf } from './chains.js';
import type { Contents, Item } from './contents.js';
import type { Inside } from './inside.js';
import { KINDS } from './model.js';
import type { PageData, PagePaths, PageReason } from './pagemodel.js';
import { ranked, rankOf } from './strength.js';
import { type Timeline, timelineOf } from './timeline.js';
import { describeOmission } from './words.js';

const NO_PATHS: PagePaths = { path: [], file: [], size: [], stripped: [], kind: [], owner: [], layer: [], reasons: [], step: [] };

/** All that the page shows: the report, each path of the original with its reasons, and the answers of both images. Answers and report are without secrets. */
export function pageData(inside: Inside, limits: Limits = {}): PageData {
  const contents = contentsOf(inside);
  const columns = contents ? columnsOf(contents, timelineOf(inside, contents)) : { paths: NO_PATHS, reasons: [] };
  return {
    report: concealedIn(buildReport(inside, limits, contents)),
    kinds: KINDS,
    layers: LAYER_NAMES,
    owners: (contents?.keep.owners ?? []).map(({ kind, name, version }) => ({ thing: kind, name, version })),
    ...columns,
    answers: concealedIn(answersOf(inside)),
  };
}

function columnsOf(contents: Contents, { firstUse }: Timeline): Pick<PageData, 'paths' | 'reasons'> {
  const { keep } = contents;
  const items = [...contents.items].sort((a, b) => (a.path < b.path ? -1 : 1));
  const indexes = new Map(items.map(({ path }, index) => [path, index]));
  const reasons = new Reasons(indexes);
  const reasonsOf = ({ path, kept }: Item): number[] => {
    if (kept) return ranked(keep.kept[path]?.reasons ?? []).map((reason) => reasons.ofKept(path, reason));
    const because = keep.omitted[path]?.because ?? -1;
    const omission = keep.omissions[because];
    return omission ? [reasons.ofOmitted(because, omission.kind, describeOmission(omission))] : [];
  };
  return {
    paths: {
      path: items.map(({ path }) => path),
      file: items.map(({ isFile }) => (isFile ? 1 : 0)),
      size: items.map(({ size }) => size),
      stripped: items.map(({ stripped }) => stripped),
      kind: items.map(({ kind }) => KINDS.indexOf(kind)),
      owner: items.map(({ owner }) => owner ?? -1),
      layer: items.map(({ layer }) => (layer === undefined ? -1 : LAYER_NAMES.indexOf(layer))),
      reasons: items.map(reasonsOf),
      step: items.map(({ path }) => firstUse.get(path) ?? -1),
    },
    reasons: reasons.all,
  };
}

/** Reasons, each once. */
class Reasons {
  readonly all: PageReason[] = [];
  private readonly known = new Map<string, number>();

  constructor(private readonly indexes: ReadonlyMap<string, number>) {}

  ofKept(path: string, reason: Reason): number {
    const { reason: name, text, file, line } = linkOf({ path, reason }, undefined);
    // A parent that is a folder has no place in the columns.
    const parents = reason.parents.flatMap((parent) => this.indexes.get(parent) ?? []);
    return this.put({ kept: true, reason: name, text, parents, file: this.indexes.get(file ?? '') ?? null, line, rank: rankOf(reason) });
  }

  ofOmitted(because: number, kind: string, text: string): number {
    return this.put({ kept: false, reason: `omitted/${kind}`, text, parents: [], file: null, line: null, rank: 1 }, `omitted ${because}`);
  }

  private put(reason: PageReason, key = JSON.stringify(reason)): number {
    const index = this.known.get(key) ?? this.all.push(reason) - 1;
    this.known.set(key, index);
    return index;
  }
}
