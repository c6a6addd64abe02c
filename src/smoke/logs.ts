import { concealedStart } from '../conceal.js';
import { jsonLine } from './jsonlog.js';
import { isErrorLine } from './logformats.js';
import { keyOf } from './logkey.js';
import { scanTracebacks } from './tracebacks.js';

/** Something in a log that says that the app failed. */
export interface LogProblem {
  /** `exception`: the last line of a traceback. `error line`: a line at ERROR or CRITICAL. */
  what: 'exception' | 'error line';
  /** The line, or the message of a JSON line; cut where it is very long. */
  text: string;
}

/** Characters of a problem that are shown. */
const SHOWN = 1000;
const ESCAPE = '\u001b';
/** Colours and links of terminals: ECMA-48 section 5.4, and OSC sequences. */
const ESCAPES = new RegExp(`${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\a${ESCAPE}]*(?:\\a|${ESCAPE}\\\\))`.replaceAll('\\a', '\u0007'), 'g');

/** A problem in the log of the shrunk image that some runs of the original have, too, and which of them. */
export interface VaryingProblem extends LogProblem {
  had: boolean[];
}

/**
 * Compares exceptions and lines at ERROR or CRITICAL in the log of a shrunk image with those of the original's runs, each
 * once. What varies from run to run (times, numbers, identifiers, temporary paths) does not count, nor does how often a line
 * comes: a worker may be killed before it prints anything.
 * @param originals logs of those runs of the original that did the same
 * @param shrunk the log of the shrunk image
 * @returns `added`: what is new. `varied`: what some runs of the original have, but not all
 */
export function compareLogs(originals: readonly string[], shrunk: string): { added: LogProblem[]; varied: VaryingProblem[] } {
  const runs = originals.map((log) => new Set(problemsByKey(log).keys()));
  const alike = runs.map(byBeginning);
  const result: { added: LogProblem[]; varied: VaryingProblem[] } = { added: [], varied: [] };
  for (const [key, problem] of problemsByKey(shrunk)) {
    const had = runs.map((keys) => keys.has(key));
    if (had.every(Boolean)) continue;
    if (had.some(Boolean) || varies(wordsOf(key), alike)) result.varied.push({ ...problem, had });
    else result.added.push(problem);
  }
  return result;
}

/** Exceptions and lines at ERROR or CRITICAL in a log, each once. */
export function logProblems(log: string): LogProblem[] {
  return [...problemsByKey(log).values()];
}

/** The exceptions among them: `KeyError: 'x'`. */
export function exceptionsIn(log: string): string[] {
  return logProblems(log).flatMap(({ what, text }) => (what === 'exception' ? [text] : []));
}

function problemsByKey(log: string): Map<string, LogProblem> {
  const problems = new Map<string, LogProblem>();
  const add = (what: LogProblem['what'], line: string) => {
    const key = `${what === 'exception' ? what : 'line'}: ${keyOf(line)}`;
    if (!problems.has(key)) problems.set(key, { what, text: concealedStart(line.trim(), SHOWN) });
  };
  const { exceptions, others } = scanTracebacks(linesOf(log));
  for (const exception of exceptions) add('exception', exception);
  // Most lines of a long log are the same: blank ones, and those of retries.
  for (const line of new Set(others)) {
    const json = jsonLine(line);
    if (!json) {
      if (isErrorLine(line)) add('error line', line);
      continue;
    }
    if (json.error) add('error line', json.message);
    for (const exception of json.exceptions) add('exception', exception);
    for (const text of json.texts) for (const exception of scanTracebacks(linesOf(text)).exceptions) add('exception', exception);
  }
  return problems;
}

function linesOf(text: string): string[] {
  return text.replace(ESCAPES, '').split(/\r?\n/);
}

/** Keys with the same beginning, of one run, that a key is compared with. */
const MOST_COMPARED = 50;

/** The words of keys by their beginning and their number: only such keys can be the same message with other words. */
type ByBeginning = ReadonlyMap<string, string[][]>;

function byBeginning(keys: ReadonlySet<string>): ByBeginning {
  const found = new Map<string, string[][]>();
  for (const words of [...keys].map(wordsOf)) {
    const beginning = beginningOf(words);
    const same = found.get(beginning) ?? [];
    if (same.length < MOST_COMPARED) same.push(words);
    found.set(beginning, same);
  }
  return found;
}

/** Whether a key differs from those of two runs only in the words in which these differ: `unknown user ada`, `unknown user bob`. */
function varies(words: readonly string[], runs: readonly ByBeginning[]): boolean {
  const alike = runs.map((run) => run.get(beginningOf(words)) ?? []);
  const fits = (a: readonly string[], b: readonly string[]) => a.every((word, at) => word !== b[at] || word === words[at]);
  return alike.some((one, index) => alike.slice(index + 1).some((two) => one.some((a) => two.some((b) => fits(a, b)))));
}

/** Words and signs at the beginning of a key that two runs must share: `exception`, `: `, and the class of the exception. */
const BEGINNING = 3;

function beginningOf(words: readonly string[]): string {
  return `${words.length} ${words.slice(0, BEGINNING).join('')}`;
}

/** The words and the signs between them. */
function wordsOf(key: string): string[] {
  return key.match(/[\w.#]+|[^\w.#]+/g) ?? [];
}
