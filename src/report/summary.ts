import type { Level } from '../keep/level.js';
import type { Outcome, Verdict } from '../smoke/verdict.js';
import type { Repair, Trace } from '../trace/schema.js';
import { formatTable, megabytes } from '../ui/table.js';
import type { Budget } from './model.js';
import { verdictLines } from './verdict.js';
import { describeReason } from './words.js';

/** The result of a `shrink`. */
export interface ShrinkSummary {
  /** Name of the shrunk image; null where it did not pass and has no name. */
  image: string | null;
  /** The name that it has, or would have. */
  target: string;
  /** The engine, and how it isolates. */
  engine: string;
  passed: boolean;
  outcome: Outcome;
  /** The limits of its size, and what takes most of it where they are exceeded; null without limits. */
  budget: Budget | null;
  /** The most useful lines of its report. */
  highlights: string[];
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

/** Repairs that are shown one by one. */
const SHOWN = 10;

/** A summary as lines of text. @param original the original's name */
export function shrinkLines(original: string, summary: ShrinkSummary): string[] {
  const { passed, target, before, after, verdict, repairs } = summary;
  return [
    ...summary.warnings.map((warning) => `warning: ${warning}`),
    ...summary.notes.map((note) => `note: ${note}`),
    ...repairs.slice(0, SHOWN).map((repair) => `repaired: ${repair.path}: ${describeReason({ rule: 'repair', parents: [], ...repair })}`),
    ...(repairs.length > SHOWN ? [`repaired: and ${repairs.length - SHOWN} more paths (pyshrink why names them)`] : []),
    ...(repairs.some(({ kind }) => kind !== 'further') ? ['A rule should have known these; please report it.'] : []),
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
      ['answers', '', VERDICTS[summary.outcome]],
      ['time', '', `${summary.seconds.toFixed(1)} s`],
    ]).split('\n'),
    '',
    ...(passed ? [...summary.highlights, ''] : []),
    {
      same: summary.budget?.exceeded
        ? `The shrunk image behaves like ${original} under this exercise, but it is larger than allowed; ${target} was not touched. Leave something out with --exclude, or allow more. Trace: ${summary.trace}`
        : `${target} behaves like ${original} under this exercise. Trace and reasons: ${summary.folder}`,
      different: `The shrunk image behaves differently; ${target} was not touched. Trace: ${summary.trace}`,
      unproven: `Nothing was compared, so nothing is proven; ${target} was not touched. Give a step that the app answers, for instance --http / or --exec. Trace: ${summary.trace}`,
    }[summary.outcome],
  ];
}

/** How many places in the code reading cannot follow, and the command that lists them. */
export function unsoundLine(unsound: Trace['unsound']): string[] {
  if (unsound.length === 0) return [];
  const own = unsound.filter((spot) => spot.own).length;
  const files = new Set(unsound.map(({ file }) => file)).size;
  const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
  const compute = unsound.length === 1 ? 'computes what it imports or executes' : 'compute what they import or execute';
  const reach = unsound.length === 1 ? 'What it reaches' : 'What they reach';
  return [
    `${count(unsound.length, 'place')} in ${count(files, 'file')} ${compute}: ${own} in the app's own code, ${unsound.length - own} in libraries. ${reach} was seen only where it ran (pyshrink why --unsound lists ${unsound.length === 1 ? 'it' : 'them'}).`,
  ];
}
