import type { Answers, StepAnswer } from '../exercise/answers.js';
import { exceptionsIn } from './exceptions.js';
import { maskKnown, sameButForVariation } from './mask.js';

/** Something that the shrunk image does differently. */
export interface Difference {
  /** The step, or `app` for the output and exit status of the app itself. */
  where: string;
  /** For instance `body`, `header location` or `stdout`. */
  what: string;
  original: string;
  shrunk: string;
}

/** Headers whose values are compared. For the others, only the names are. */
const COMPARED_HEADERS = ['content-type', 'location', 'allow', 'www-authenticate', 'cache-control', 'content-encoding'];

/**
 * Compares two runs of one exercise.
 * @param again a second run of the original, if there was one. What differs between its two runs is not compared.
 */
export function compareAnswers(original: Answers, shrunk: Answers, again?: Answers): Difference[] {
  const differences: Difference[] = [];
  const check = (where: string, what: string, values: [original: string, shrunk: string, again: string | undefined]) => {
    const [a, b, c] = values.map((value) => value && maskKnown(value));
    if (a === b || (a !== undefined && b !== undefined && c !== undefined && sameButForVariation(a, c, b))) return;
    differences.push({ where, what, original: values[0], shrunk: values[1] });
  };
  original.steps.forEach(({ step, answer }, index) => {
    const other = shrunk.steps[index]?.answer;
    const third = again?.steps[index]?.answer;
    const fields = fieldsOf(answer);
    const others = other ? fieldsOf(other) : { outcome: 'no answer' };
    const thirds = third && fieldsOf(third);
    for (const what of new Set([...Object.keys(fields), ...Object.keys(others)])) {
      check(step, what, [fields[what] ?? '', others[what] ?? '', thirds && (thirds[what] ?? '')]);
    }
  });
  // The output of a program that ends by itself must be the same. The log of a server varies: only new exceptions count.
  const ended = original.app.exit !== null;
  for (const what of ended ? (['exit', 'stdout', 'stderr'] as const) : (['exit'] as const)) {
    check('app', what, [appField(original, what), appField(shrunk, what), again && appField(again, what)]);
  }
  const exceptions = ended ? [] : newExceptions(original, shrunk, again);
  return [...differences, ...exceptions.map((shrunk) => ({ where: 'app', what: 'exception', original: '', shrunk }))];
}

/** Exceptions in the log of the shrunk image that no run of the original has. */
function newExceptions(original: Answers, shrunk: Answers, again?: Answers): string[] {
  const first = exceptionsIn(logOf(original));
  const second = again ? exceptionsIn(logOf(again)) : [];
  const varies = (exception: string) => first.some((a) => second.some((b) => sameButForVariation(a, b, exception)));
  return exceptionsIn(logOf(shrunk)).filter((one) => !first.includes(one) && !second.includes(one) && !varies(one));
}

function fieldsOf(answer: StepAnswer): Record<string, string> {
  switch (answer.kind) {
    case 'http': {
      const headers = COMPARED_HEADERS.filter((name) => name in answer.headers).map((name) => [
        `header ${name}`,
        answer.headers[name] as string,
      ]);
      return {
        outcome: `status ${answer.status}`,
        headers: Object.keys(answer.headers).sort().join(', '),
        ...Object.fromEntries(headers),
        body: text(answer.body),
      };
    }
    case 'exec':
      return { outcome: `exit ${answer.exit}`, stdout: text(answer.stdout), stderr: text(answer.stderr) };
    case 'tcp':
      return { outcome: 'connected', banner: text(answer.banner) };
    case 'failed':
      return { outcome: `failed: ${answer.reason}` };
    default:
      return { outcome: answer.kind };
  }
}

function appField({ app }: Answers, what: 'exit' | 'stdout' | 'stderr'): string {
  if (what === 'exit') return app.exit === null ? 'stopped by pyshrink' : String(app.exit);
  return text(app[what]);
}

/** What a server printed until it was stopped. What its threads and workers still print after that depends on timing. */
function logOf({ app: { stdout, stderr, untilStop } }: Answers): string {
  return `${text(stdout, untilStop?.stdout)}\n${text(stderr, untilStop?.stderr)}`;
}

/** Bytes as text: UTF-8 where possible, else Latin-1, so that different bytes never give the same text. */
function text(base64: string, length?: number): string {
  const bytes = Buffer.from(base64, 'base64').subarray(0, length);
  const utf8 = bytes.toString('utf8');
  return utf8.includes('\ufffd') ? bytes.toString('latin1') : utf8;
}
