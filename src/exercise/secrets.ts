import { isSecretName, secretsIn } from '../os/secretwords.js';
import type { Answers, StepAnswer } from './answers.js';
import type { Exercise } from './exercise.js';
import { readableSigned, signatureOf } from './signed.js';
import type { HttpStep, Step } from './steps.js';

/** Characters of a body that are looked at. What is behind them is the content of an upload. */
const LARGEST = 64 << 10;

/** The values of an exercise that nothing should show: of headers, queries, bodies and arguments. */
export function exerciseSecrets({ args, steps = [], reset }: Pick<Exercise, 'args' | 'steps' | 'reset'>): string[] {
  return [...[args.join(' '), ...reset].flatMap(secretsIn), ...steps.flatMap(secretsOfStep)];
}

/** The values of `NAME=VALUE` entries that nothing should show. */
export function environmentSecrets(entries: readonly string[]): string[] {
  return entries.flatMap((entry) => {
    const at = entry.indexOf('=');
    const value = entry.slice(at + 1);
    return [...(isSecretName(entry.slice(0, at)) ? [value] : []), ...secretsIn(value)];
  });
}

function secretsOfStep(step: Step): string[] {
  if (step.kind === 'exec') return secretsIn(step.command.join(' '));
  if (step.kind === 'script') return secretsIn(step.command);
  if (step.kind === 'websocket')
    return secretsOfRequest({ ...step, body: step.messages.flatMap((message) => ('send' in message ? message.send : [])).join('\n') });
  return step.kind === 'http' ? secretsOfRequest(step) : [];
}

function secretsOfRequest({ path, headers, body, bodyBase64 }: Pick<HttpStep, 'path' | 'headers' | 'body' | 'bodyBase64'>): string[] {
  const sent = body ?? Buffer.from(bodyBase64 ?? '', 'base64').toString('latin1');
  return [
    ...secretsIn(path),
    ...Object.entries(headers).flatMap(([name, value]) => (isSecretName(name) ? wordsOfHeader(value) : secretsIn(`${name}: ${value}`))),
    ...secretsIn(sent.slice(0, LARGEST)),
  ];
}

/** A secret header's value, and its parts: what follows `Bearer`, and the value of each cookie (RFC 6265) that is no plain word. */
function wordsOfHeader(value: string): string[] {
  const cookies = value.split(/;\s*/).flatMap((part) => /^[^=\s]+=(.+)$/.exec(part)?.[1] ?? []);
  const words = cookies.length > 0 ? cookies.filter(isNoWord) : value.split(/\s+/).slice(1);
  return [value, ...words];
}

/** Whether a value is more than a word such as `invalid` or `default`. */
function isNoWord(value: string): boolean {
  return value.length >= 8 && /\d/.test(value);
}

/** Secrets that an app hands out: cookies, and tokens in headers and bodies. */
export function answerSecrets(answers: readonly Answers[]): string[] {
  return answers.flatMap(({ steps }) => steps.flatMap(({ answer }) => secretsOfAnswer(answer)));
}

function secretsOfAnswer(answer: StepAnswer): string[] {
  if (answer.kind === 'http') return handedOut(answer);
  if (answer.kind !== 'websocket') return [];
  return answer.messages.flatMap(({ data }) => secretsIn(Buffer.from(data.slice(0, LARGEST), 'base64').toString())).filter(isNoWord);
}

function handedOut({ headers, body }: Extract<StepAnswer, { kind: 'http' }>): string[] {
  const { 'set-cookie': cookies, ...others } = headers;
  const pairs = cookies?.split('\n').map((cookie) => cookie.split(';', 1)[0] as string) ?? [];
  const values = pairs.map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
  const texts = Object.entries(others).map(([name, value]) => `${name}: ${value}`);
  const said = Buffer.from(body.slice(0, LARGEST), 'base64').toString();
  // A comparison shows a signed cookie by what it says. Whoever has its signature, too, can make the cookie again.
  const found = [...pairs, ...values.map(readableSigned), ...texts, said].flatMap(secretsIn).filter(isNoWord);
  return [...found, ...values.flatMap((value) => signatureOf(value) ?? [])];
}
