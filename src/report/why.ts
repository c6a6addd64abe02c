import { ModuleFinder } from '../python/finder.js';
import type { PythonLayout } from '../python/layout.js';
import { normalizeName } from '../python/metadata.js';
import type { Spot } from '../trace/schema.js';
import type { KeepReport, Omission } from '../workspace/keepreport.js';
import { chainLines, chainOf } from './chain.js';
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
}

/**
 * Why a path, a module or a distribution is kept or left out.
 * @param subject an absolute path, a dotted module name, or the name of a distribution
 * @returns undefined where the original image has nothing of that name
 */
export function whyKept(subject: string, report: KeepReport, layout: PythonLayout): Answer | undefined {
  const tree = treeOf(report);
  if (subject.startsWith('/')) {
    const path = subject.replace(/(.)\/+$/, '$1');
    return ofPath(tree.resolve(path, false)?.path ?? path, report);
  }
  const distribution = report.distributions.find(({ name }) => name === normalizeName(subject));
  const module = /^[\w.]+$/.test(subject) ? new ModuleFinder(tree, layout).find(subject) : undefined;
  const lines = distribution ? [distributionLine(distribution)] : [];
  const path = module?.file ?? module?.search?.[0] ?? distribution?.by ?? distribution?.metadata;
  const found = path === undefined ? undefined : ofPath(path, report);
  if (!found && lines.length === 0) return undefined;
  return { subject, kept: found?.kept ?? false, lines: [...lines, ...(found?.lines ?? [])] };
}

function distributionLine({ name, version, kept, files, grade }: KeepReport['distributions'][number]): string {
  return `${name} ${version}: ${kept} of its ${files} files are kept: ${describeGrade(grade)}`;
}

function ofPath(path: string, report: KeepReport): Answer | undefined {
  const chain = chainOf(report.kept, path);
  if (chain) return { subject: path, kept: true, lines: chainLines(chain) };
  const omitted = Object.hasOwn(report.omitted, path) ? report.omitted[path] : undefined;
  if (omitted) return { subject: path, kept: false, lines: [path, `  left out: ${omissionText(omitted.because, report)}`] };
  return ofFolder(path, report);
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
