import { gunzipSync, gzipSync } from 'node:zlib';
import type { Answers, StepAnswer } from '../../src/exercise/answers.js';
import { zipWithoutTimes } from '../../src/smoke/archives.js';
import { asText } from '../../src/smoke/body.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import { type Token, tokensOf } from '../../src/smoke/tokens.js';

/** Recorded answers in which one thing is damaged. */
export interface Mutant {
  name: string;
  answers: Answers;
  /** The damaged part of answers. Where another run of the original has the same, the damage is no damage. */
  part: (answers: Answers) => unknown;
  /** Whether another run of the original differs from this one as much as the mutant does. */
  excused?: ((other: Answers) => boolean) | undefined;
}

/** Whether the same field of another run differs by as much. */
type Excuse = (other: string) => boolean;
type Damage = [name: string, value: string, excused?: Excuse | undefined];

/** Words of one text, and values of one JSON document, that are damaged at most. They are spread over the whole text. */
const MOST_PLACES = 60;

const text = (base64: string) => asText(Buffer.from(base64, 'base64'));
const base64 = (content: string | Buffer) => Buffer.from(content).toString('base64');

/** Damages answers in every way that a comparison must see: each field, header, cookie, word, JSON value and some bytes. */
export function* mutantsOf(answers: Answers): Generator<Mutant> {
  for (const [index, { step, answer }] of answers.steps.entries()) {
    const withAnswer = (other: StepAnswer): Answers => ({
      ...answers,
      steps: answers.steps.map((one, at) => (at === index ? { ...one, answer: other } : one)),
    });
    const of = (all: Answers) => all.steps[index]?.answer;
    for (const [what, other, part, excused] of damagedAnswers(answer))
      yield {
        name: `${step}: ${what}`,
        answers: withAnswer(other),
        part: (all) => part(of(all) as StepAnswer),
        excused: excused && ((all) => excused(String(part(of(all) as StepAnswer)))),
      };
    yield {
      name: `${step}: missing`,
      answers: { ...answers, steps: answers.steps.filter((_, at) => at !== index) },
      part: (all) => all.steps.length,
    };
  }
  yield* damagedApps(answers);
}

/** Names of mutants of the first run that the comparison does not catch. */
export function survivors(originals: readonly Answers[]): string[] {
  const [first, ...others] = originals as [Answers, ...Answers[]];
  const names: string[] = [];
  for (const { name, answers, part, excused } of mutantsOf(first)) {
    if (compareAnswers(originals, answers).differences.length > 0) continue;
    const damaged = JSON.stringify(part(answers));
    if (damaged === JSON.stringify(part(first))) continue;
    if (others.some((other) => JSON.stringify(part(other)) === damaged || excused?.(other))) continue;
    names.push(name);
  }
  return names;
}

type Damaged = [what: string, answer: StepAnswer, part: (answer: StepAnswer) => unknown, excused?: Excuse | undefined];

function* damagedAnswers(answer: StepAnswer): Generator<Damaged> {
  if (answer.kind === 'wait' || answer.kind === 'signal') return;
  if (answer.kind !== 'failed') yield ['no answer', { kind: 'failed', reason: 'socket hang up' }, (one) => one.kind];
  switch (answer.kind) {
    case 'http': {
      for (const status of [500, 502, 404, 302, 200].filter((one) => one !== answer.status))
        yield [`status ${status}`, { ...answer, status }, (one) => one.kind === 'http' && one.status];
      for (const [what, headers, name, excused] of damagedHeaders(answer.headers))
        yield [
          what,
          { ...answer, headers },
          (one) => one.kind === 'http' && (name === undefined ? one.headers : one.headers[name]),
          excused,
        ];
      for (const [name, body, excused] of damagedContents(answer.body, answer.headers['content-encoding'])) {
        const length = Buffer.from(body, 'base64').length;
        const headers = 'content-length' in answer.headers ? { ...answer.headers, 'content-length': String(length) } : answer.headers;
        yield [`body: ${name}`, { ...answer, body, headers }, (one) => one.kind === 'http' && one.body, excused];
      }
      return;
    }
    case 'exec':
      for (const exit of [0, 1, 127, 139].filter((one) => one !== answer.exit))
        yield [`exit ${exit}`, { ...answer, exit }, (one) => one.kind === 'exec' && one.exit];
      for (const stream of ['stdout', 'stderr'] as const)
        for (const [name, content, excused] of damagedContents(answer[stream]))
          yield [`${stream}: ${name}`, { ...answer, [stream]: content }, (one) => one.kind === 'exec' && one[stream], excused];
      return;
    case 'tcp':
      for (const [name, banner, excused] of damagedContents(answer.banner))
        yield [`banner: ${name}`, { ...answer, banner }, (one) => one.kind === 'tcp' && one.banner, excused];
  }
}

/** With the name of the header whose value is damaged, where another run's value may excuse it. */
type DamagedHeaders = [what: string, headers: Record<string, string>, name?: string, excused?: Excuse | undefined];

function* damagedHeaders(headers: Record<string, string>): Generator<DamagedHeaders> {
  for (const [name, value] of Object.entries(headers)) {
    const { [name]: _, ...others } = headers;
    yield [`header ${name} removed`, others];
    if (value !== '') yield [`header ${name} emptied`, { ...headers, [name]: '' }];
    yield [`header ${name} changed`, { ...headers, [name]: `changed ${value}` }];
    if (name === 'set-cookie') {
      for (const [what, cookies] of damagedCookies(value.split('\n')))
        yield [`cookie: ${what}`, { ...headers, [name]: cookies.join('\n') }];
      continue;
    }
    if (name === 'content-length') continue;
    for (const [what, damaged, excused] of damagedWords(value, `${name}: `))
      yield [`header ${name}: ${what}`, { ...headers, [name]: damaged }, name, excused];
  }
  yield ['a new header', { ...headers, 'x-new': 'here' }];
}

function* damagedCookies(cookies: string[]): Generator<[string, string[]]> {
  for (const [index, cookie] of cookies.entries()) {
    const replaced = (other: string) => cookies.map((one, at) => (at === index ? other : one));
    if (cookies.length > 1) yield [`${cookie} removed`, cookies.filter((_, at) => at !== index)];
    const parts = cookie.split('; ');
    for (const [at, part] of parts.entries()) {
      const [name, value] = part.split(/=(.*)/s);
      if (at > 0) yield [`without ${part}`, replaced(parts.filter((one) => one !== part).join('; '))];
      if (value === undefined || value === '') continue;
      const set = (other: string) => replaced(parts.map((one) => (one === part ? `${name}=${other}` : one)).join('; '));
      yield [`${part} emptied`, set('')];
      for (const [what, damaged] of damagedWords(value)) yield [`${part}: ${what}`, set(damaged)];
    }
  }
  yield ['another cookie', [...cookies, 'other=1; Path=/']];
}

const TRACEBACK =
  'Traceback (most recent call last):\n  File "/app/app.py", line 3, in view\n    import gone\nModuleNotFoundError: No module named \'gone\'\n';

/** Formats with checksums of all their bytes: PNG, gzip, zip. */
const CHECKED = ['89504e47', '1f8b', '504b'];

function* damagedContents(content: string, coding?: string): Generator<Damage> {
  const bytes = Buffer.from(content, 'base64');
  yield ['an error instead', base64(TRACEBACK)];
  if (bytes.length === 0) return;
  yield ['emptied', ''];
  if (bytes.length > 3) yield ['half of it', base64(bytes.subarray(0, bytes.length >> 1))];
  if (coding === 'gzip') {
    const unzipped = (zipped: string) => base64(gunzipSync(Buffer.from(zipped, 'base64')));
    for (const [name, inner, excused] of damagedContents(unzipped(content)))
      yield [name, base64(gzipSync(Buffer.from(inner, 'base64'))), excused && ((other) => excused(unzipped(other)))];
    yield ['not compressed', base64(gunzipSync(bytes))];
    return;
  }
  const whole = text(content);
  if (whole === undefined) {
    for (const at of spread(bytes.length)) {
      const other = Buffer.from(bytes);
      other[at] = (other[at] as number) ^ 0x55;
      const checked = CHECKED.some((magic) => bytes.toString('hex').startsWith(magic));
      // The times in an archive vary.
      const excused = (another: string) => (checked ? zipWithoutTimes(other).equals(zipWithoutTimes(bytes)) : another !== content);
      yield [`byte ${at}`, base64(other), excused];
    }
    return;
  }
  yield ['an error after it', base64(`${whole}\n${TRACEBACK}`)];
  const readable = (excused: Excuse | undefined) => excused && ((other: string) => excused(text(other) ?? ''));
  for (const [name, damaged, excused] of damagedWords(whole)) yield [name, base64(damaged), readable(excused)];
  for (const [name, damaged, excused] of damagedValues(whole)) yield [name, base64(damaged), readable(excused)];
}

/** Numbers below a length, spread over it. */
function spread(length: number): number[] {
  const count = Math.min(length, MOST_PLACES);
  return Array.from({ length: count }, (_, index) => Math.floor((index * length) / count));
}

/** Damage to so small a part of a varying token may give another token of the same kind. */
const SMALL = 0.4;

/** @param name what the text is called, where that says what it is */
function* damagedWords(whole: string, name = ''): Generator<Damage> {
  const tokens = tokensOf(whole) as Token[];
  const words = tokens.flatMap(({ kind }, index) => (kind === 'space' ? [] : [index]));
  for (const place of spread(words.length)) {
    const index = words[place] as number;
    const token = tokens[index] as Token;
    const start = tokens.slice(0, index).reduce((sum, one) => sum + one.text.length, 0);
    // The word of the text that the token is a part of, as in base64.
    const before = /[^\s"'<>;]*$/.exec(whole.slice(0, start))?.[0] ?? '';
    const chunk = before + (/^[^\s"'<>;]*/.exec(whole.slice(start))?.[0] ?? '');
    const excused = token.text.length < chunk.length * SMALL ? (other: string) => !other.includes(chunk) : undefined;
    for (const [scale, scaled] of isTime(name + wordBefore(whole, start)) ? [] : scaledNumbers(token)) {
      const damaged = tokens.map((one, at) => (at === index ? scaled : one.text)).join('');
      const excusedBy = (other: string) => {
        const others = tokensOf(other) as Token[];
        // Where the number of words varies, a word of the other run is in another place.
        if (others.length !== tokens.length) return true;
        const there = others[index]?.text ?? '';
        if (numberOf(there) === undefined) return !other.includes(chunk);
        return variesAsMuch(token.text, scaled, there, whole.slice(Math.max(0, start - 64), start));
      };
      yield [`${token.text} at ${index} ${scale}`, damaged, excusedBy];
    }
    for (const [name, other] of damagedToken(token))
      yield [`${token.text} at ${index} ${name}`, tokens.map((one, at) => (at === index ? other : one.text)).join(''), excused];
  }
}

const wordBefore = (text: string, at: number) => /[\w-]*(?=[^\w-]*$)/.exec(text.slice(Math.max(0, at - 64), at))?.[0] ?? '';
/** Times that something took in the made-up answers and in those of the fixtures. */
const isTime = (name: string) => /x-process-time|took|elapsed|cpu_seconds_total|request_seconds_sum/.test(name);

/** A number that is not too far from the right one to look wrong. */
const SCALES: readonly [string, number][] = [
  ['half', 0.5],
  ['double', 2],
  ['times 1.5', 1.5],
];
/** Numbers that vary by more than this part of their size may vary by these scales too. */
const VARIES = { whole: 0.05, fraction: 0.01 };
/** Numbers that vary less may be outside of their range by about so many times this range, or so many units of the last digit. */
const TIMES = { range: 10, units: 8 };

function numberOf(text: string): number | undefined {
  return /^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Scaled numbers with the same number of decimals. Not of times that something took, which a busy computer doubles. */
function* scaledNumbers({ kind, text }: Pick<Token, 'kind' | 'text'>): Generator<[string, string]> {
  const match = /^(-?(?:0|[1-9]\d{0,14})(?:\.(\d+))?)(e[+-]\d+)?( ?[kKMGT]i?B| ?bytes| ?B)?$/.exec(text);
  if (!match || (kind !== 'word' && kind !== 'quantity')) return;
  const [, number, decimals = '', exponent = '', unit = ''] = match;
  for (const [name, scale] of SCALES) {
    const scaled = `${(Number(number) * scale).toFixed(decimals.length)}${exponent}${unit}`;
    if (scaled !== text) yield [name, scaled];
  }
}

/** Whether a number of another run differs from this one by as much as a scaled one. @param before the text before it */
function variesAsMuch(text: string, scaled: string, other: string, before: string): boolean {
  const [mine, damaged, there] = [text, scaled, other].map(numberOf) as [number, number, number];
  if (mine === there) return false;
  // Ports of sockets, and long random numbers, are anywhere in their range.
  if (/port\W*$|:$/.test(before) && [mine, damaged, there].every((one) => one >= 32768 && one <= 60999)) return true;
  if ([text, other].every((one) => /^\d{10,}$/.test(one))) return true;
  const decimals = /\.(\d+)/.exec(text)?.[1]?.length ?? 0;
  const [most, difference] = [Math.max(Math.abs(mine), Math.abs(there)), Math.abs(mine - there)];
  // A time that something took.
  if (isTime(before) || difference >= most * (decimals > 0 ? VARIES.fraction : VARIES.whole)) return true;
  return Math.abs(mine - damaged) <= difference * (TIMES.range + 1) + TIMES.units / 10 ** decimals;
}

function* damagedToken({ kind, text }: Token): Generator<[string, string]> {
  yield ['removed', ''];
  if (kind === 'mark') {
    yield ['is another mark', text === '#' ? '!' : '#'];
    return;
  }
  for (const word of ['None', 'null', 'undefined', 'NaN']) if (word !== text) yield [`is ${word}`, word];
  yield ['has a word before it', `other ${text}`];
  if (kind === 'uuid') yield ['is nil', text.replace(/[0-9a-f]/gi, '0')];
  if (kind === 'time') {
    const year = text.replace(/\b(?:19|20)\d\d(?=\D|$)|^(?:19|20)\d\d/, (old) => (old === '1970' ? '1999' : '1970'));
    if (year !== text) yield ['is of 1970', year];
    const later = text.replace(/(\d\d)(?=:\d\d:\d\d)/, (hour) => String((Number(hour) + 5) % 24).padStart(2, '0'));
    if (later !== text) yield ['is another hour', later];
    const month = text.replace(/-(\d\d)-/, (_, old: string) => `-${old === '02' ? '09' : '02'}-`);
    if (month !== text) yield ['is another month', month];
  }
  const number = /^-?(\d+)((?:\.\d+)?)(.*)$/.exec(text);
  if (number && kind !== 'time' && (/^-?\d+(\.\d+)?$/.test(text) || kind === 'quantity')) {
    const [, whole, fraction, unit] = number;
    yield ['is much more', `${BigInt(whole as string) * 1_000_000n + 7_777_777n}${fraction}${unit}`];
    yield ['is text', `x${text}x`];
  }
}

/** Damages each value of a JSON document. */
function* damagedValues(whole: string): Generator<Damage> {
  let value: unknown;
  try {
    value = JSON.parse(whole);
  } catch {
    return;
  }
  if (value === null || typeof value !== 'object') return;
  const paths = [...pathsOf(value, [])];
  for (const at of spread(paths.length)) {
    const path = paths[at] as (string | number)[];
    const old = path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown>)[key], value);
    const others: [string, unknown][] = [
      ['removed', undefined],
      ['null', null],
      ['an object', { other: 1 }],
      ['text', 'ERROR'],
    ];
    if (typeof old === 'string') others.push(['emptied', '']);
    if (typeof old === 'number')
      others.push(['negative', -Math.abs(old) - 1], ['in quotes', String(old)], ['a million times', Math.abs(old) * 1_000_000 + 7_777_777]);
    if (typeof old === 'number')
      for (const [name, scaled] of scaledNumbers({ kind: 'word', text: String(old) })) others.push([name, Number(scaled)]);
    if (Array.isArray(old)) others.push(['emptied', []], ['one more', [...old, 'more']]);
    for (const [name, other] of others) {
      if (JSON.stringify(other) === JSON.stringify(old)) continue;
      // An item more or less is no damage to a list whose length varies.
      const list = name === 'removed' ? path.slice(0, -1) : path;
      const scale = typeof old === 'number' && [...SCALES.map(([one]) => one), 'negative'].includes(name);
      const excused = scale
        ? (another: string) => {
            // Items of a list whose length varies are compared with all its items.
            if (path.some((_, depth) => lengthAt(another, path.slice(0, depth)) !== lengthAt(whole, path.slice(0, depth)))) return true;
            const there = valueAt(another, path);
            return typeof there === 'number' && isExcusedNumber(name, old, other as number, there, String(path.at(-1)));
          }
        : ['removed', 'one more'].includes(name)
          ? (another: string) => lengthAt(another, list) !== lengthAt(whole, list)
          : undefined;
      yield [`$.${path.join('.')} ${name}`, JSON.stringify(replaced(value, path, other)), excused];
    }
  }
}

/** Whether a number of another run excuses a scaled or negative one. Random fractions may have either sign. */
function isExcusedNumber(name: string, old: number, damaged: number, there: number, key: string): boolean {
  if (name !== 'negative') return variesAsMuch(String(old), String(damaged), String(there), key);
  return /\.\d{6}/.test(String(old)) && Math.abs(old - there) >= Math.max(old, there) * VARIES.fraction;
}

function valueAt(document: string, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], JSON.parse(document));
}

/** The length of the list at a path of a JSON document. */
function lengthAt(document: string, path: readonly (string | number)[]): number | undefined {
  const list = valueAt(document, path);
  return Array.isArray(list) ? list.length : undefined;
}

function* pathsOf(value: unknown, path: (string | number)[]): Generator<(string | number)[]> {
  if (path.length > 0) yield path;
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* pathsOf(item, [...path, index]);
  else if (value !== null && typeof value === 'object')
    for (const [key, item] of Object.entries(value)) yield* pathsOf(item, [...path, key]);
}

function replaced(value: unknown, [key, ...rest]: (string | number)[], other: unknown): unknown {
  if (Array.isArray(value))
    return value.flatMap((item, index) =>
      index === key ? (rest.length > 0 ? [replaced(item, rest, other)] : other === undefined ? [] : [other]) : [item],
    );
  return Object.fromEntries(
    Object.entries(value as object).map(([name, item]) => [
      name,
      name === key ? (rest.length > 0 ? replaced(item, rest, other) : other) : item,
    ]),
  );
}

function* damagedApps(answers: Answers): Generator<Mutant> {
  const { app } = answers;
  const withApp = (some: Partial<Answers['app']>): Answers => ({ ...answers, app: { ...app, ...some } });
  for (const exit of [null, 0, 1, 137, 139].filter((one) => one !== app.exit))
    yield { name: `app: exit ${exit}`, answers: withApp({ exit }), part: (all) => all.app.exit };
  for (const stream of ['stdout', 'stderr'] as const) {
    const part = (all: Answers) => all.app[stream];
    const old = Buffer.from(app[stream], 'base64');
    const raised = Buffer.from(TRACEBACK);
    const untilStop = app.untilStop && { ...app.untilStop, [stream]: app.untilStop[stream] + raised.length };
    yield {
      name: `app: ${stream}: a traceback`,
      answers: withApp({ [stream]: base64(Buffer.concat([raised, old])), ...(untilStop && { untilStop }) }),
      part,
    };
    if (app.exit === null) continue;
    for (const [name, content, excused] of damagedContents(app[stream]))
      yield {
        name: `app: ${stream}: ${name}`,
        answers: withApp({ [stream]: content }),
        part,
        excused: excused && ((all) => excused(part(all))),
      };
  }
}
