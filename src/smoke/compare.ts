import type { Answers, StepAnswer } from '../exercise/answers.js';
import { exceptionsIn } from './exceptions.js';
import { maskKnown, sameButForVariation } from './mask.js';

/** Something that the shrunk image does otherwise. */
export interface Difference {
  /** The step, or `app` for the app's own output and end. */
  where: string;
  what: string;
  original: string;
  shrunk: string;
}

/** Headers whose values are compared; of the others only the names count. */
const COMPARED_HEADERS = ['content-type', 'location', 'allow', 'www-authenticate', 'cache-control', 'content-encoding'];

/**
 * Compares two runs of one exercise.
 * @param again a second run of the original, if there was one: what differs between its runs varies by itself
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
  // A program that ended by itself is held to its output; of a server, whose log varies, only exceptions that are new.
  const ended = original.app.exit !== null;
  for (const what of ended ? (['exit', 'stdout', 'stderr'] as const) : (['exit'] as const)) {
    check('app', what, [appField(original, what), appField(shrunk, what), again && appField(again, what)]);
  }
  const exceptions = ended ? [] : newExceptions(original, shrunk, again);
  return [...differences, ...exceptions.map((shrunk) => ({ where: 'app', what: 'exception', original: '', shrunk }))];
}

/** Exceptions of the shrunk image's log that no run of the original had. */
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

/**
 * What a server said until it was told to stop: how far its threads and workers get with their complaints after that is
 * a matter of time.
 */
function logOf({ app: { stdout, stderr, untilStop } }: Answers): string {
  return `${text(stdout, untilStop?.stdout)}\n${text(stderr, untilStop?.stderr)}`;
}

/** Bytes as text that keeps every byte apart. */
function text(base64: string, length?: number): string {
  const bytes = Buffer.from(base64, 'base64').subarray(0, length);
  const utf8 = bytes.toString('utf8');
  return utf8.includes('\ufffd') ? bytes.toString('latin1') : utf8;
}
