import { EXIT_RANGE, type Expect, expectedPattern, STATUS_RANGE } from './expect.js';
import { headersOf } from './headers.js';
import { type Field, type Located, quoted } from './located.js';
import { CAPTURED, type CaptureRule } from './steps.js';

const STATUS_FORM = 'Write a status such as 404, or a list of them.';
const EXIT_FORM = 'Write an exit status such as 1, or a list of them.';
const CONTAINS_FORM = 'Write a text, or a list of texts.';
const CAPTURE_FORM = `Write for instance \`capture: {token: {json: access.token}}\`; a value comes from ${quoted(CAPTURED, 'or')}.`;

/** `expect` or `until` beside a step. @param known what the step's kind can expect */
export function expectOf(known: readonly (keyof Expect)[], { name: word, key, value }: Field): Expect {
  const form = `What can be expected here is ${quoted(known, 'and')}.`;
  const expect: Expect = {};
  for (const { name, key, value: wanted } of value.fields(form)) {
    if (!(known as readonly string[]).includes(name)) throw key.unknown(known, form);
    if (name === 'status') expect.status = numbersOf(wanted, STATUS_RANGE, STATUS_FORM);
    else if (name === 'exit') expect.exit = numbersOf(wanted, EXIT_RANGE, EXIT_FORM);
    else if (name === 'contains') expect.contains = wanted.oneOrMore(CONTAINS_FORM).map((text) => text.written(CONTAINS_FORM));
    else if (name === 'matches') expect.matches = patternOf(wanted);
    else expect.headers = headersOf(wanted);
  }
  if (Object.keys(expect).length === 0) throw key.error(`\`${word}\` is empty`, form);
  return expect;
}

/** `capture` beside a request: names, and where in the answer each value is. */
export function capturesOf({ key, value }: Field): CaptureRule[] {
  const rules = value.fields(CAPTURE_FORM).map(({ name, key, value }): CaptureRule => {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw key.error(`\`${name}\` is no name of a value`, 'Use letters, digits and `_`.');
    const [first, second] = value.fields(CAPTURE_FORM);
    if (!first) throw value.error('This capture is empty', CAPTURE_FORM);
    if (second) throw second.key.error(`\`${name}\` has two places`, CAPTURE_FORM);
    const from = CAPTURED.find((known) => known === first.name);
    if (!from) throw first.key.unknown(CAPTURED, CAPTURE_FORM);
    return { name, from, what: from === 'regex' ? patternOf(first.value) : first.value.filled(CAPTURE_FORM) };
  });
  if (rules.length === 0) throw key.error('`capture` is empty', CAPTURE_FORM);
  return rules;
}

/** `repeat` beside a step. */
export function timesOf({ value }: Field): number {
  return value.number('Write how often the step is done.', { least: 1, most: 1000, whole: true });
}

/** `concurrency` beside a step. */
export function atOnceOf({ value }: Field): number {
  return value.number('Write how many of them are done at the same time.', { least: 2, most: 100, whole: true });
}

function numbersOf(value: Located, range: { least: number; most: number }, remedy: string): number[] {
  return value.oneOrMore(remedy).map((one) => one.number(remedy, { ...range, whole: true }));
}

function patternOf(value: Located): string {
  const pattern = value.written('Write a regular expression.');
  try {
    expectedPattern(pattern);
    return pattern;
  } catch (error) {
    throw value.error((error as Error).message, 'Write a regular expression as of JavaScript, in single quotes.');
  }
}
