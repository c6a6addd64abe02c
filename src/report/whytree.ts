import type { PythonLayout } from '../python/layout.js';
import { megabytes } from '../ui/table.js';
import type { KeepReport } from '../workspace/keepreport.js';
import { linkOf } from './chains.js';
import { KeptGraph } from './graph.js';
import { linkText } from './lines.js';
import { treeOf } from './tree.js';
import { meantBy } from './why.js';

/** Branches of one path, and levels, that are shown. */
const SHOWN = { branches: 15, levels: 6 };

const NO_REASON = { text: '', file: null, line: null };

/** What would go with a path. */
export interface Branch {
  path: string;
  /** Bytes of the path itself, and of it with all below it in the tree. */
  size: number;
  bytes: number;
  /** Why it is kept: the reason that leads to it here, and where the code stands that names it; null where no code does. */
  text: string;
  file: string | null;
  line: number | null;
  branches: Branch[];
}

/** What goes with a path, a module, a distribution or a folder. */
export interface GoneTree {
  subject: string;
  /** Bytes and files that go in all. */
  bytes: number;
  files: number;
  branches: Branch[];
}

/**
 * What would go with something that is kept: all that is kept only because of it.
 * @param subject as of whyKept
 * @returns undefined where nothing of that name is kept
 */
export function goneTree(subject: string, report: KeepReport, layout: PythonLayout): GoneTree | undefined {
  const { kept, owners } = report;
  const { path, distribution } = meantBy(subject, report, layout, treeOf(report));
  const owner = distribution ? owners.findIndex(({ kind, name }) => kind === 'distribution' && name === distribution.name) : -1;
  const starts =
    owner >= 0
      ? Object.keys(kept).filter((one) => kept[one]?.owner === owner)
      : path === undefined
        ? []
        : Object.keys(kept).filter((one) => one === path || one.startsWith(`${path}/`));
  if (starts.length === 0) return undefined;
  const graph = new KeptGraph(kept);
  const gone = [...graph.goneWith(starts)].filter((one) => kept[one]?.type !== 'd');
  const branches = branchesOf(starts, gone, graph, report);
  return {
    subject: path !== undefined && owner < 0 ? path : subject,
    bytes: gone.reduce((sum, one) => sum + (kept[one]?.size ?? 0), 0),
    files: gone.filter((one) => kept[one]?.type === 'f').length,
    branches,
  };
}

/** Each path hangs on the one that leads to it by the fewest steps. */
function branchesOf(starts: readonly string[], gone: readonly string[], graph: KeptGraph, { kept }: KeepReport): Branch[] {
  const open = new Set(gone);
  const branch = (path: string, parent: string | undefined): Branch => {
    const { size = 0, reasons = [] } = kept[path] ?? {};
    const reason = reasons.find(({ parents }) => parent !== undefined && parents.includes(parent)) ?? reasons[0];
    const { text, file, line } = reason ? linkOf({ path, reason }, parent) : NO_REASON;
    return { path, size, bytes: size, text, file, line, branches: [] };
  };
  const roots = starts.filter((path) => open.delete(path)).map((path) => branch(path, undefined));
  const order = [...roots];
  const add = (parent: Branch, path: string) => {
    if (!open.delete(path)) return;
    const child = branch(path, parent.path);
    parent.branches.push(child);
    order.push(child);
  };
  // What is added while the loop runs comes later in it.
  for (const one of order) for (const path of graph.ledTo(one.path)) add(one, path);
  // What hangs only on something left out of the tree, as a folder is.
  roots.push(...[...open].map((path) => branch(path, undefined)));
  const parentOf = new Map(order.flatMap((one) => one.branches.map((child) => [child, one] as const)));
  for (const one of order.reverse()) {
    const parent = parentOf.get(one);
    if (parent) parent.bytes += one.bytes;
    one.branches.sort(larger);
  }
  return roots.sort(larger);
}

function larger(a: Branch, b: Branch): number {
  return b.bytes - a.bytes || (a.path < b.path ? -1 : 1);
}

/** What would go, as lines of text. */
export function goneLines({ subject, bytes, files, branches }: GoneTree): string[] {
  const lines = [`without ${subject}, ${files} file${files === 1 ? '' : 's'} with ${megabytes(bytes)} would go:`];
  const show = (all: readonly Branch[], indent: string, level: number) => {
    const rest = all.slice(SHOWN.branches);
    for (const [index, one] of all.slice(0, SHOWN.branches).entries()) {
      const isLast = index === Math.min(all.length, SHOWN.branches) - 1 && rest.length === 0;
      lines.push(`${indent}${isLast ? '└─' : '├─'} ${one.path}  ${megabytes(one.bytes)}: ${linkText(one)}`);
      if (level < SHOWN.levels) show(one.branches, `${indent}${isLast ? '   ' : '│  '}`, level + 1);
    }
    if (rest.length > 0)
      lines.push(`${indent}└─ and ${rest.length} more, ${megabytes(rest.reduce((sum, one) => sum + one.bytes, 0))} (--json has them)`);
  };
  show(branches, '', 1);
  return lines;
}
