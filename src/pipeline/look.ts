/** What the library says about results from the workspace alone. No engine is loaded for it, so it starts quickly. */
import { readFile } from 'node:fs/promises';
import { usageError } from '../errors.js';
import type { Level } from '../keep/level.js';
import { PAGE } from '../package.js';
import { type Limits as Budget, hasLimits } from '../report/budget.js';
import { buildReport } from '../report/build.js';
import { diffOf } from '../report/diff.js';
import type { Diff } from '../report/diffmodel.js';
import { pageOf } from '../report/html.js';
import type { Inside } from '../report/inside.js';
import type { Report } from '../report/model.js';
import { pageData } from '../report/pagedata.js';
import { type Program, programsIn } from '../report/programs.js';
import { treeOf } from '../report/tree.js';
import { type Answer, whyKept } from '../report/why.js';
import { withUsers } from '../report/whyruns.js';
import { whyTraced } from '../report/whytraced.js';
import { type GoneTree, goneTree } from '../report/whytree.js';
import type { Trace } from '../trace/schema.js';
import { readTrace } from '../workspace/folder.js';
import { newestTrace } from '../workspace/newest.js';
import { openInside } from './inside.js';

/** An answer, and what it is true of. */
export interface AnswerOf extends Answer {
  /** The original image. */
  image: string;
  /** The level of the assembly; null where only a trace is there. */
  level: Level | null;
}

/**
 * Says why the newest assembly keeps a path, a module or a distribution, or why it leaves it out. Where nothing was
 * assembled from the newest trace yet, it says who used it.
 * @throws UserError where nothing was traced here, or the original has nothing of that name
 */
export async function why(subject: string): Promise<AnswerOf> {
  const { trace, made } = await openInside(undefined);
  const answer = made ? whyKept(subject, made.keep, trace.python) : whyTraced(subject, trace);
  const of = { image: trace.image.reference, level: made?.keep.level ?? null };
  if (answer) return { ...withUsers(answer, trace, made && treeOf(made.keep)), ...of };
  throw made
    ? usageError(
        `${subject} is no path, module or distribution of ${trace.image.reference}, and no file or package has that name.`,
        'Give an absolute path of the original image, a dotted module name, or the name of an installed distribution or package.',
      )
    : usageError(
        `No run of ${trace.image.reference} used ${subject}, and nothing was assembled from its trace yet.`,
        'Give an absolute path or a dotted module name, or assemble an image first with `pyshrink assemble`.',
      );
}

/** What would go with a path, a module or a distribution. @throws UserError where nothing of that name is kept */
export async function goneWith(subject: string): Promise<GoneTree> {
  const inside = await openInside(undefined);
  const { keep } = requireMade(inside);
  const tree = goneTree(subject, keep, inside.trace.python);
  if (tree) return tree;
  throw usageError(
    `Nothing that the image of ${inside.trace.image.reference} keeps is called ${subject}.`,
    'Give an absolute path, a dotted module name, or the name of an installed distribution; `pyshrink why` says whether it is left out.',
  );
}

/** Every program that the newest assembly keeps: what it brings, and who names it. */
export async function programs(): Promise<Program[]> {
  return programsIn(requireMade(await openInside(undefined)).keep);
}

function requireMade({ made, folder }: Awaited<ReturnType<typeof openInside>>): NonNullable<Inside['made']> {
  if (made) return made;
  throw usageError(`Nothing was assembled yet from ${folder.tracePath}.`, 'Do it with `pyshrink assemble`.');
}

export interface ReportOptions extends Budget {
  /** An image, a trace or a folder; default: the newest results. */
  subject?: string | undefined;
}

/** What is in a shrunk image, what was left out of it, and why. From the workspace alone. */
export async function report({ subject, ...limits }: ReportOptions = {}): Promise<Report> {
  const inside = await openInside(subject);
  if (hasLimits(limits)) requireMade(inside);
  return buildReport(inside, limits);
}

/** What came and what went between two shrunk images. Each is named as for {@link report}. */
export async function diff(a: string, b: string): Promise<Diff> {
  return diffOf(await openInside(a), await openInside(b));
}

/** What {@link report} gives, and the same as a page: one HTML file that needs no network. */
export async function reportPage({ subject, ...limits }: ReportOptions = {}): Promise<{ report: Report; html: string }> {
  const inside = await openInside(subject);
  if (hasLimits(limits)) requireMade(inside);
  const data = pageData(inside, limits);
  return { report: data.report, html: pageOf(await pageTemplate(), [data]) };
}

/** What {@link diff} gives, and both images as a page. */
export async function diffPage(a: string, b: string): Promise<{ diff: Diff; html: string }> {
  const [one, other] = [await openInside(a), await openInside(b)];
  const diff = diffOf(one, other);
  return { diff, html: pageOf(await pageTemplate(), [pageData(one), pageData(other)], diff) };
}

async function pageTemplate(): Promise<string> {
  return readFile(PAGE, 'utf8');
}

/** The places in the code of the newest trace that reading cannot follow. */
export async function unsound(): Promise<{ image: string; spots: Trace['unsound'] }> {
  const { trace } = await readTrace(await newestTrace());
  return { image: trace.image.reference, spots: trace.unsound };
}
