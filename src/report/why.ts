import { ModuleFinder } from '../python/finder.js';
import type { PythonLayout } from '../python/layout.js';
import { normalizeName } from '../python/metadata.js';
import { baseName, type RootFs } from '../rootfs.js';
import type { Spot } from '../trace/schema.js';
import { megabytes } from '../ui/table.js';
import type { KeepReport, Omission } from '../workspace/keepreport.js';
import { chainOf } from './chain.js';
import { linkOf } from './chains.js';
import { linkText } from './lines.js';
import type { Link } from './model.js';
import { ranked } from './strength.js';
import { treeOf } from './tree.js';
import { describeGrade, describeOmission, describeSpot } from './words.js';

/** Reasons for the files below a folder that are shown one by one. */
const SHOWN = 10;

/** Why something is kept or left out. */
export interface Answer {
  /** As the user wrote it, or the path of the image that it means. */
  subject: string;
  kept: boolean;
  lines: string[];
  /** The shortest chain of reasons, from the entrypoint or the app's own code to the path. Missing for what is left out. */
  chain?: Link[];
  /** All reasons of the path, the strongest first. */
  reasons?: Link[];
  /** Bytes of debug information that were left out of it. */
  stripped?: number;
  /** Names of the runs that used it, where there are several. */
  runs?: string[];
}

/**
 * Why a path, a module or a distribution is kept or left out.
 * @param subject an absolute path, a dotted module name, or the name of a distribution
 * @returns undefined where the original image has nothing of that name
 */
export function whyKept(subject: string, report: KeepReport, layout: PythonLayout): Answer | undefined {
  const { path, distribution } = meantBy(subject, report, layout, treeOf(report));
  const lines = distribution ? [distributionLine(distribution)] : [];
  const found = path === undefined ? undefined : ofPath(path, report);
  if (subject.startsWith('/')) return found;
  if (!found && lines.length === 0) return undefined;
  return { ...found, subject, kept: found?.kept ?? false, lines: [...lines, ...(found?.lines ?? [])] };
}

/** The path that a name means: its own, that of a module, or the one that asks for a distribution. */
export function meantBy(
  subject: string,
  report: KeepReport,
  layout: PythonLayout,
  tree: RootFs,
): { path: string | undefined; distribution: KeepReport['distributions'][number] | undefined } {
  if (subject.startsWith('/')) {
    const path = subject.replace(/(.)\/+$/, '$1');
    return { path: tree.resolve(path, false)?.path ?? path, distribution: undefined };
  }
  const distribution = report.distributions.find(({ name }) => name === normalizeName(subject));
  const module = /^[\w.]+$/.test(subject) ? new ModuleFinder(tree, layout).find(subject) : undefined;
  const found = module?.file ?? module?.search?.[0] ?? distribution?.by ?? distribution?.metadata;
  return { path: found ?? byName(subject, report), distribution };
}

/** `awk` is a link in /usr/bin, and the name of other files. */
const PROGRAM_FOLDER = /\/s?bin\/[^/]+$/;

/**
 * A file by its name without its folder, a library by its name without its version, or the largest file of a package of the
 * operating system: `psql`, `libpq`, `libpq5`. A kept one goes before one that is left out, a program first, and a file before a link to it.
 */
function byName(name: string, { kept, omitted, owners, links }: KeepReport): string | undefined {
  const owner = owners.findIndex((one) => one.kind === 'package' && one.name === name);
  for (const all of [kept, omitted]) {
    const files = Object.entries(all).filter(([path]) => kept[path]?.type !== 'd');
    const found =
      files.find(([path]) => isNamed(path, name) && PROGRAM_FOLDER.test(path)) ??
      files.find(([path]) => isNamed(path, name) && !Object.hasOwn(links, path)) ??
      files.find(([path]) => isNamed(path, name)) ??
      files.filter(([, one]) => owner >= 0 && one.owner === owner).sort((a, b) => b[1].size - a[1].size)[0];
    if (found) return found[0];
  }
  return undefined;
}

/** Whether a path is that of a file, or of a library without its version. */
export function isNamed(path: string, name: string): boolean {
  const base = baseName(path);
  return base === name || base.startsWith(`${name}.so`);
}

function distributionLine({ name, version, kept, files, grade }: KeepReport['distributions'][number]): string {
  return `${name} ${version}: ${kept} of its ${files} files are kept: ${describeGrade(grade)}`;
}

function ofPath(path: string, report: KeepReport): Answer | undefined {
  const steps = chainOf(report.kept, path);
  if (steps) {
    const chain = steps.map((step, index) => linkOf(step, steps[index + 1]?.path)).reverse();
    const reasons = ranked(report.kept[path]?.reasons ?? []).map((reason) => linkOf({ path, reason }, reason.parents[0]));
    const stripped = report.kept[path]?.stripped;
    const without =
      stripped === undefined ? [] : [`left out of it: its debug information (${megabytes(stripped)}), which only debuggers read`];
    const lines = [...chainTree(chain), ...without, ...otherReasons(reasons, chain.at(-1))];
    return { subject: path, kept: true, lines, chain, reasons, ...(stripped !== undefined && { stripped }) };
  }
  const omitted = Object.hasOwn(report.omitted, path) ? report.omitted[path] : undefined;
  if (omitted) return { subject: path, kept: false, lines: [path, `  left out: ${omissionText(omitted.because, report)}`] };
  return ofFolder(path, report);
}

/** A chain as a tree with one branch, from the entrypoint or the app's own code to the path. */
export function chainTree(chain: readonly Link[]): string[] {
  return chain.flatMap((link, index) => {
    const indent = '   '.repeat(Math.max(index - 1, 0));
    const [branch, below] = index === 0 ? ['', '  '] : [`${indent}└─ `, `${indent}     `];
    return [`${branch}${link.path}`, `${below}[${ruleOf(link)}] ${linkText(link)}`];
  });
}

/** The reasons of a path beside the one that its chain shows, each with the code or the file that it comes from. */
function otherReasons(reasons: readonly Link[], shown: Link | undefined): string[] {
  const others = reasons.filter(
    ({ reason, text, file, line }) => !(reason === shown?.reason && text === shown.text && file === shown.file && line === shown.line),
  );
  return others.length === 0
    ? []
    : [
        'other reasons, the strongest first:',
        ...others.map((link) => `  [${ruleOf(link)}] ${linkText({ ...link, file: link.file ?? link.parent })}`),
      ];
}

function ruleOf({ reason }: Link): string {
  return reason.slice(0, reason.indexOf('/'));
}

function ofFolder(path: string, report: KeepReport): Answer | undefined {
  const below = Object.entries(report.omitted).filter(([other]) => other.startsWith(`${path}/`));
  if (below.length === 0) return undefined;
  const counts = new Map<number, number>();
  for (const [, { because }] of below) counts.set(because, (counts.get(because) ?? 0) + 1);
  const lines = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, SHOWN)
    .map(([because, count]) => `  ${count} files: ${omissionText(because, report)}`);
  return { subject: path, kept: false, lines: [`${path}: all ${below.length} files below it are left out`, ...lines] };
}

function omissionText(index: number, { omissions }: KeepReport): string {
  return describeOmission(omissions[index] as Omission);
}

/** The places in the code that ran which reading cannot follow. @param image as the user named it */
export function unsoundLines(spots: readonly Spot[], image: string): string[] {
  return spots.length > 0 ? spots.map(describeSpot) : [`Nothing in the code of ${image} that ran computes what it imports or executes.`];
}
