import type { Level } from '../keep/level.js';
import type { Outcome, Verdict } from '../smoke/verdict.js';
import type { Repair, Trace } from '../trace/schema.js';
import { formatTable, megabytes } from '../ui/table.js';
import type { Budget } from './model.js';
import { verdictLines } from './verdict.js';
import { describeReason } from './words.js';

/** What a run with a name came to. */
export interface RunOutcome {
  name: string;
  /** `failed`: the original itself did not work. */
  outcome: Outcome | 'failed';
  /** Answers that were compared, and differences. */
  compared: number;
  differences: number;
  /** Why it failed, and what to do; null where it did not. It may hold the last output of the app. */
  failure: { what: string; remedy: string } | null;
}

/** What the app's code offers and no step touched. */
export interface Untouched {
  what: 'routes' | 'subcommands';
  /** Lines for a project file: of routes for `steps`, of subcommands for `runs`. */
  lines: string[];
}

/** The result of a `shrink`. */
export interface ShrinkSummary {
  /** Name of the image that was shrunk. */
  original: string;
  /** Name of the shrunk image; null where it did not pass and has no name. */
  image: string | null;
  /** The name that it has, or would have. */
  target: string;
  /** The engine, and how it isolates. */
  engine: string;
  passed: boolean;
  outcome: Outcome;
  /** What each run with a name came to; empty for a single run without one. */
  runs: RunOutcome[];
  /** The limits of its size, and what takes most of it where they are exceeded; null without limits. */
  budget: Budget | null;
  /** The most useful lines of its report. */
  highlights: string[];
  /** What no step touched, of what the app's code offers; null where it was not looked for. */
  untouched: Untouched | null;
  /** Bytes of the original and of the shrunk image. */
  before: number;
  after: number;
  /** `before` / `after`. */
  ratio: number;
  /** Files of the original and of the shrunk image. */
  filesBefore: number;
  files: number;
  level: Level;
  repairs: Repair[];
  /** Duration. */
  seconds: number;
  /** Path of the trace, and the folder that it is in. */
  trace: string;
  folder: string;
  notes: string[];
  warnings: string[];
  unsound: Trace['unsound'];
  verdict: Verdict;
}

const VERDICTS: Readonly<Record<Outcome, string>> = { same: 'equal', different: 'DIFFERENT', unproven: 'NOT COMPARED' };

/** Repairs, routes and subcommands that are shown one by one. */
const SHOWN = 10;

/** A summary as lines of text. @param original the original's name */
export function shrinkLines(original: string, summary: ShrinkSummary): string[] {
  const { passed, target, before, after, verdict, repairs } = summary;
  const untouched = untouchedLines(summary.untouched);
  return [
    ...summary.warnings.map((warning) => `warning: ${warning}`),
    ...summary.notes.map((note) => `note: ${note}`),
    ...repairs.slice(0, SHOWN).map((repair) => `repaired: ${repair.path}: ${describeReason({ rule: 'repair', parents: [], ...repair })}`),
    ...(repairs.length > SHOWN ? [`repaired: and ${repairs.length - SHOWN} more paths (pyshrink why names them)`] : []),
    ...(repairs.some(({ kind }) => kind !== 'further') ? ['A rule should have known these; please report it.'] : []),
    ...summary.runs.flatMap(failureLines),
    ...verdictLines(verdict),
    ...unsoundLine(summary.unsound),
    `Run by ${summary.engine}.`,
    '',
    ...formatTable([
      ['', 'before', 'after'],
      ['image', original, summary.image ?? '(not named)'],
      ['size', megabytes(before), megabytes(after)],
      ['ratio', '1.0', summary.ratio.toFixed(1)],
      ['files', String(summary.filesBefore), String(summary.files)],
      ['answers', '', summary.outcome === 'unproven' ? 'NOT PROVEN' : VERDICTS[summary.outcome]],
      ['time', '', `${summary.seconds.toFixed(1)} s`],
    ]).split('\n'),
    ...runLines(summary.runs),
    '',
    ...(passed ? [...summary.highlights, ''] : []),
    ...(untouched.length > 0 ? [...untouched, ''] : []),
    {
      same: summary.budget?.exceeded
        ? `The shrunk image behaves like ${original} under this exercise, but it is larger than allowed; ${target} was not touched. Leave something out with --exclude, or allow more. Trace: ${summary.trace}`
        : `${target} behaves like ${original} under this exercise. Trace and reasons: ${summary.folder}`,
      different: `The shrunk image behaves differently; ${target} was not touched. Trace: ${summary.trace}`,
      unproven: unprovenLine(summary),
    }[summary.outcome],
  ];
}

/** What no step touched, ready to paste into a project file. */
export function untouchedLines(untouched: Untouched | null): string[] {
  if (!untouched || untouched.lines.length === 0) return [];
  const { what, lines } = untouched;
  const rest = lines.length - SHOWN;
  return [
    `${counted(lines.length, what.replace(/s$/, ''))} of the app's code that no step touched, for \`${what === 'routes' ? 'steps' : 'runs'}\` in pyshrink.yaml:`,
    ...lines.slice(0, SHOWN).map((line) => `  ${line}`),
    ...(rest > 0 ? [`  # and ${rest} more (--json has them)`] : []),
  ];
}

/** What a run failed with, with the last output of the app line by line, and what to do. */
function failureLines({ name, failure }: RunOutcome): string[] {
  if (!failure) return [];
  const [first, ...output] = failure.what.split('\n');
  return [`failed: ${name}: ${first}`, ...output.map((line) => `  | ${line}`), `  ${failure.remedy}`];
}

/** A row for each run: its name, what it came to, and how much was compared. */
function runLines(runs: ShrinkSummary['runs']): string[] {
  if (runs.length === 0) return [];
  const rows = runs.map(({ name, outcome, compared, differences }) => [
    name,
    outcome === 'failed' ? 'FAILED' : VERDICTS[outcome],
    `${counted(compared, 'answer')}${differences > 0 ? `, ${counted(differences, 'difference')}` : ''}`,
  ]);
  return ['', ...formatTable([['run', 'outcome', 'compared'], ...rows]).split('\n')];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** Why nothing is proven, and what to do about it. */
function unprovenLine({ runs, target, trace }: ShrinkSummary): string {
  const named = (wanted: RunOutcome['outcome']) => runs.flatMap(({ name, outcome }) => (outcome === wanted ? [name] : [])).join(', ');
  const [failed, silent] = [named('failed'), named('unproven')];
  const untouched = `${target} was not touched`;
  if (failed !== '')
    return `Not every run of the original works, so the image is not proven; ${untouched}. Correct the runs that failed: ${failed}. Trace: ${trace}`;
  if (silent !== '')
    return `Nothing of the runs ${silent} was compared, so the image is not proven; ${untouched}. Give each a step that the app answers. Trace: ${trace}`;
  return `Nothing was compared, so nothing is proven; ${untouched}. Give a step that the app answers, for instance --http / or --exec. Trace: ${trace}`;
}

/** How many places in the code reading cannot follow, and the command that lists them. */
export function unsoundLine(unsound: Trace['unsound']): string[] {
  if (unsound.length === 0) return [];
  const own = unsound.filter((spot) => spot.own).length;
  const files = new Set(unsound.map(({ file }) => file)).size;
  const compute = unsound.length === 1 ? 'computes what it imports or executes' : 'compute what they import or execute';
  const reach = unsound.length === 1 ? 'What it reaches' : 'What they reach';
  return [
    `${counted(unsound.length, 'place')} in ${counted(files, 'file')} ${compute}: ${own} in the app's own code, ${unsound.length - own} in libraries. ${reach} was seen only where it ran (pyshrink why --unsound lists ${unsound.length === 1 ? 'it' : 'them'}).`,
  ];
}
