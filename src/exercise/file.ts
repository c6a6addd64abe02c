import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { type UserError, usageError } from '../errors.js';
import { atOnceOf, capturesOf, expectOf, timesOf } from './beside.js';
import { EXIT_RANGE, EXPECTABLE } from './expect.js';
import { httpOf, type Read } from './filehttp.js';
import { BESIDE, portOf } from './fileparts.js';
import { scriptOf, websocketOf } from './filetalk.js';
import { type Field, Located, quoted } from './located.js';
import { COMMAND_FORM, isExpectable, requestOf, type Step, signalName, wordsOf } from './steps.js';

/** Content of an exercise file. */
export interface ExerciseFile {
  /** Empty: the default exercise. */
  steps: Step[];
  /** sh runs these commands on this computer before each start of the app. */
  reset: string[];
  /** Exit status that the app is expected to end with. */
  expectExit?: number;
}

/**
 * Reads an exercise file: YAML with `steps`, each `http`, `websocket`, `tcp`, `exec`, `script`, `signal`, `wait`, `log`, `ready` or `until-exit`, and `cookies`,
 * `reset` and `expect`. docs/exercise.md describes the format.
 * @throws UserError where it, or a file that it names, can't be read or has another form
 */
export async function readExercise(path: string): Promise<ExerciseFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw usageError(`The exercise file ${path} can't be read: ${(error as Error).message}.`, 'Give a YAML file with `steps:`.');
  }
  return parseExercise(path, text, readFileSync);
}

const TOP = ['steps', 'cookies', 'reset', 'expect'];
const KINDS = ['http', 'websocket', 'tcp', 'exec', 'script', 'signal', 'wait', 'log', 'ready', 'until-exit'] as const;
type Kind = (typeof KINDS)[number];
/** Steps that are a single word. */
const BARE = ['ready', 'until-exit'] as const;
const WHOLE_FORM =
  'An exercise file has `steps:`, a list of `- http: GET /`, `- websocket: PATH`, `- tcp: PORT`, `- exec: COMMAND`, `- script: COMMAND`, `- signal: NAME`, `- wait: SECONDS`, `- log: TEXT`, `- ready` or `- until-exit`; it may also have `cookies:`, `reset:` and `expect:`.';
const STEP_FORM = `A step is one of ${quoted(KINDS, 'or')}, and may have ${quoted(BESIDE, 'and')} beside it.`;

/**
 * Parses the text of an exercise file.
 * @param path the file's name in messages; files that it names are relative to its folder
 * @param read called for each file that is to be uploaded
 * @throws UserError that names line and column
 */
export function parseExercise(path: string, text: string, read: Read): ExerciseFile {
  const root = Located.parse(path, text, WHOLE_FORM);
  if (root.kind === 'null') throw usageError(`The exercise file ${path} is empty.`, WHOLE_FORM);
  if (root.kind === 'scalar') throw bare(root) ?? root.error(`\`${root.brief()}\` is not an exercise`, WHOLE_FORM);
  if (root.kind === 'list') {
    const first = root.items(WHOLE_FORM)[0];
    throw (first && bare(first)) ?? root.error('The list of steps has no name', 'Write `steps:` above it.');
  }
  const file: ExerciseFile = { steps: [], reset: [] };
  let cookies = false;
  for (const { name, key, value } of root.fields(WHOLE_FORM)) {
    if (name === 'steps') file.steps = stepsOf(value, path, read);
    else if (name === 'cookies') cookies = keepsCookies(value);
    else if (name === 'reset') file.reset = resetOf(value);
    else if (name === 'expect') file.expectExit = exitOf(value);
    else if (isKind(name)) throw key.error(`\`${name}\` is a step`, `Write \`- ${name}: ...\` under \`steps:\`.`);
    else throw key.unknown([...TOP, ...KINDS], WHOLE_FORM);
  }
  return cookies ? { ...file, steps: withCookies(file.steps) } : file;
}

/** `cookies: keep`: each request sends the cookies of earlier answers, as a browser does. */
export function keepsCookies(value: Located): boolean {
  if (value.plain() === 'keep') return true;
  throw value.unknown(['keep'], 'Write `cookies: keep`, or leave it out: then a request sends only the cookies in its own headers.');
}

/** Steps that send the cookies of earlier answers. */
export function withCookies(steps: readonly Step[]): Step[] {
  return steps.map((step) => (step.kind === 'http' || step.kind === 'websocket' ? { ...step, cookies: true } : step));
}

const RESET_FORM = '`reset` is a list of commands for the shell of this computer.';
const APP_EXPECT_FORM = 'At the top, `expect` says how the app ends: `expect: {exit: 1}`. What a step answers stands beside that step.';

/** `reset`: commands for the shell of this computer. */
export function resetOf(value: Located): string[] {
  return value.items(RESET_FORM).map((command) => command.text(RESET_FORM));
}

/** `expect: {exit: N}` at the top: what the app ends with. */
export function exitOf(expected: Located): number {
  let exit: number | undefined;
  for (const { name, key, value } of expected.fields(APP_EXPECT_FORM)) {
    if (name !== 'exit') throw key.unknown(['exit'], APP_EXPECT_FORM);
    exit = value.number(APP_EXPECT_FORM, { ...EXIT_RANGE, whole: true });
  }
  if (exit === undefined) throw expected.error('`expect` is empty', APP_EXPECT_FORM);
  return exit;
}

/** `steps`. @param path of the file that they are in; files that they name are relative to its folder */
export function stepsOf(list: Located, path: string, read: Read): Step[] {
  if (list.kind === 'null') throw list.error('`steps` is empty', `Leave it out for the default exercise. ${STEP_FORM}`);
  if (list.kind === 'scalar') throw bare(list) ?? list.error('`steps` is not a list', STEP_FORM);
  const items = list.items('Begin each step with `- `.');
  if (items.length === 0) throw list.error('`steps` is empty', `Leave it out for the default exercise. ${STEP_FORM}`);
  return items.flatMap((item) => stepOf(item, path, read));
}

/** A step of the file, as often as it is to be done. */
function stepOf(item: Located, path: string, read: Read): Step[] {
  if (item.kind === 'scalar') {
    const word = BARE.find((kind) => kind === item.plain());
    if (word) return [{ kind: word }];
    throw bare(item) ?? item.unknown(BARE, STEP_FORM);
  }
  const fields = item.fields(STEP_FORM);
  const wrong = fields.find(({ name }) => !isKind(name) && !BESIDE.includes(name));
  if (wrong) throw wrong.key.unknown([...KINDS, ...BESIDE], STEP_FORM);
  const [first, second] = fields.filter(({ name }) => isKind(name));
  const beside = fields.filter(({ name }) => !isKind(name));
  if (!first)
    throw item.error(
      beside[0] ? `\`${beside[0].name}\` belongs to no step` : 'This step is empty',
      `Write \`${beside[0]?.name ?? 'expect'}\` below its step, without a \`-\`.`,
    );
  if (second) throw second.key.error(`\`${first.name}\` and \`${second.name}\` are in one step`, 'Begin each step with `- `.');
  const [repeat, concurrency] = ['repeat', 'concurrency'].map((key) => beside.find(({ name }) => name === key));
  const step = beside.reduce(withField, bareStep(first, path, read));
  if (repeat && step.kind === 'until-exit') throw repeat.key.error('An app ends only once', 'Leave `repeat` out here.');
  if (!concurrency) return Array.from({ length: repeat ? timesOf(repeat) : 1 }, () => step);
  const most = atOnceOf(concurrency);
  return inBatches(step, repeat ? timesOf(repeat) : most, most, concurrency);
}

/** Steps of which so many are done at the same time: the first of each batch says how many. */
function inBatches(step: Step, times: number, most: number, { key }: Field): Step[] {
  if (step.kind !== 'http' && step.kind !== 'exec' && step.kind !== 'websocket' && step.kind !== 'script')
    throw key.error(`A step \`${step.kind}\` is done once at a time`, '`concurrency` goes with `http`, `websocket`, `exec` and `script`.');
  if ('capture' in step) throw key.error('What is captured would be that of any of them', 'Leave `capture` or `concurrency` out here.');
  return Array.from({ length: times }, (_, index) => {
    const together = Math.min(most, times - index);
    return index % most === 0 && together > 1 ? { ...step, together } : step;
  });
}

/** A step with what one field beside it says. */
function withField(step: Step, field: Field): Step {
  const { name, key } = field;
  if (name === 'repeat' || name === 'concurrency') return step;
  if (name === 'capture') {
    if (step.kind !== 'http') throw key.error(`A step \`${step.kind}\` has nothing to capture`, 'Leave `capture` out here.');
    return { ...step, capture: capturesOf(field) };
  }
  if (step.kind === 'until-exit') throw key.error('`until-exit` has no answer of its own', APP_EXPECT_FORM);
  if (!isExpectable(step)) throw key.error(`A step \`${step.kind}\` has no answer to expect`, `Leave \`${name}\` out here.`);
  const expected = expectOf(EXPECTABLE[step.kind], field);
  if (name === 'expect') return { ...step, expect: { ...step.expect, ...expected } };
  if (step.kind !== 'http' && step.kind !== 'exec') throw key.error('`until` goes with `http` and `exec`', 'Leave it out here.');
  return { ...step, until: expected, expect: { ...expected, ...step.expect } };
}

function bareStep({ name, value }: Field, path: string, read: Read): Step {
  switch (name as Kind) {
    case 'http':
      return httpOf(value, path, read);
    case 'websocket':
      return websocketOf(value);
    case 'script':
      return scriptOf(value);
    case 'tcp':
      return { kind: 'tcp', port: portOf(value) };
    case 'exec':
      return { kind: 'exec', command: commandWords(value) };
    case 'signal':
      return { kind: 'signal', name: signalOf(value) };
    case 'wait':
      return { kind: 'wait', seconds: value.number('Write a number of seconds.', { least: 0 }) };
    case 'log':
      return { kind: 'log', text: value.filled('Write a text that the app prints.') };
    case 'ready':
    case 'until-exit':
      if (value.kind === 'null' || value.plain() === 'true') return { kind: name as (typeof BARE)[number] };
      throw value.error(`\`${name}\` has no value`, `Write just \`- ${name}\`.`);
  }
}

function isKind(name: string): name is Kind {
  return (KINDS as readonly string[]).includes(name);
}

/** The mistake of a request that stands where a step should be. Undefined for anything else. */
function bare(value: Located): UserError | undefined {
  if (value.kind !== 'scalar' || !requestOf(value.plain())) return undefined;
  return value.error(`\`${value.brief()}\` is not a step`, `Write \`- http: ${value.brief()}\` under \`steps:\`.`);
}

/** A command: a text with the quotes of a shell, or a list of words. */
export function commandWords(value: Located): string[] {
  if (value.kind === 'list') return value.oneOrMore('Write the command and its arguments.').map((word) => word.written('Write words.'));
  const words = wordsOf(value.text('Write a command, or a list of its words.'));
  if (!words) throw value.error(`\`${value.brief()}\` is not a command`, COMMAND_FORM);
  return words;
}

function signalOf(value: Located): string {
  const name = signalName(value.text('Write the name of a signal, such as HUP.'));
  if (name in constants.signals) return name;
  const short = Object.keys(constants.signals).map((known) => known.slice('SIG'.length));
  throw value.unknown(/^sig/i.test(value.brief()) ? Object.keys(constants.signals) : short, `Signals are ${short.join(', ')}.`);
}
