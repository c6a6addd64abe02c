import { concealed } from '../conceal.js';
import type { Answers, StepAnswer } from '../exercise/answers.js';
import { decodedBody } from '../exercise/decoded.js';
import type { CheckRecord } from '../workspace/check.js';
import type { Inside } from './inside.js';
import type { PageAnswer, PageField } from './pagemodel.js';

/** Characters of a field that are shown. */
const SHOWN = 4000;

/**
 * The answers of both images, step by step; the last of each run is what the app itself printed, and its end.
 * @param most characters of a field. A longer one is cut
 */
export function answersOf({ trace, record, check }: Inside, most = SHOWN): PageAnswer[] {
  return record.runs.flatMap(({ answers }, run) => {
    const { name } = trace.runs[run] ?? {};
    const shrunk = check?.answers[run] ?? null;
    const steps = answers[0].steps.map(({ step, label }, index): PageAnswer => {
      const originals = answers.map(({ steps }) => fieldsOf(steps[index]?.answer, most));
      const other = shrunk && fieldsOf(shrunk.steps[index]?.answer, most);
      return { run, label: trace.runs[run]?.exercise[index] ?? label, fields: joined(originals, other, check, step, name) };
    });
    const app = joined(
      answers.map((one) => appFields(one, most)),
      shrunk && appFields(shrunk, most),
      check,
      'app',
      name,
    );
    return [...steps, { run, label: 'app', fields: app }];
  });
}

/** @param where the step, as differences and variations name it */
function joined(
  originals: readonly ReadonlyMap<string, string>[],
  shrunk: ReadonlyMap<string, string> | null,
  check: CheckRecord | undefined,
  where: string,
  whose: string | undefined,
): PageField[] {
  const names = new Set([...originals, ...(shrunk ? [shrunk] : [])].flatMap((fields) => [...fields.keys()]));
  const about = <T extends { run?: string; where: string; what: string }>(all: readonly T[] | undefined, name: string) =>
    (all ?? []).filter((one) => one.run === whose && one.where === where && one.what === name);
  return [...names].map((name) => ({
    name,
    originals: originals.map((fields) => fields.get(name) ?? ''),
    shrunk: shrunk ? (shrunk.get(name) ?? '') : null,
    varied: about(check?.varied, name).map(({ place }) => (place === '' ? 'all of it' : place)),
    differs: about(check?.differences, name).length > 0,
  }));
}

function fieldsOf(answer: StepAnswer | undefined, most: number): Map<string, string> {
  switch (answer?.kind) {
    case 'http': {
      const body = bytes(answer.body);
      return new Map([
        ['status', String(answer.status)],
        ...Object.entries(answer.headers).map(([name, value]): [string, string] => [`header ${name}`, value]),
        ['body', text(decodedBody(body, answer.headers['content-encoding']) ?? body, most)],
      ]);
    }
    case 'exec':
    case 'script':
      return new Map([
        ['exit', String(answer.exit)],
        ['stdout', text(bytes(answer.stdout), most)],
        ['stderr', text(bytes(answer.stderr), most)],
      ]);
    case 'websocket':
      return new Map([
        ...(answer.protocol === '' ? [] : [['protocol', answer.protocol] as const]),
        ...answer.messages.map(({ data }, index) => [`message ${index + 1}`, text(bytes(data), most)] as const),
      ]);
    case 'ready':
      return new Map(answer.line === undefined ? [] : [['last line', text(Buffer.from(answer.line), most)]]);
    case 'tcp':
      return new Map([['banner', text(bytes(answer.banner), most)]]);
    case 'failed':
      return new Map([['failed', answer.reason]]);
    default:
      return new Map();
  }
}

function appFields({ app }: Answers, most: number): Map<string, string> {
  return new Map([
    ['exit', app.exit === null ? 'stopped' : String(app.exit)],
    ['stdout', text(bytes(app.stdout), most)],
    ['stderr', text(bytes(app.stderr), most)],
  ]);
}

function bytes(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

/** Secrets are replaced before a text is cut: a part of one would not be found. A whole text is for comparing, not for showing. */
function text(bytes: Buffer, most: number): string {
  const read = bytes.toString('utf8');
  const whole = most < Number.POSITIVE_INFINITY ? concealed(read) : read;
  return whole.length > most ? `${whole.slice(0, most)}...` : whole;
}
