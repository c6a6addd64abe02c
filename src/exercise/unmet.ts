import { own } from '../records.js';
import type { StepAnswer } from './answers.js';
import { decodedBody } from './decoded.js';
import { type Expect, expectedPattern } from './expect.js';

/** What of an expectation an answer does not meet, as predicates: `answered 404 instead of 200`. */
export function unmetParts(expect: Expect, answer: StepAnswer): string[] {
  const unmet: string[] = [];
  if (answer.kind === 'failed') unmet.push(`got no answer: ${answer.reason}`);
  if (expect.status && answer.kind === 'http' && !expect.status.includes(answer.status))
    unmet.push(`answered ${answer.status} instead of ${expect.status.join(' or ')}`);
  if (expect.status && answer.kind === 'websocket') unmet.push(`opened instead of answering ${expect.status.join(' or ')}`);
  if (expect.exit && (answer.kind === 'exec' || answer.kind === 'script') && !expect.exit.includes(answer.exit))
    unmet.push(`${ended(answer.exit)} instead of ${expect.exit.join(' or ')}`);
  const text = textOf(answer);
  if (text !== undefined) {
    for (const part of expect.contains ?? []) if (!text.includes(part)) unmet.push(`does not contain ${JSON.stringify(part)}`);
    if (expect.matches !== undefined && !expectedPattern(expect.matches).test(text)) unmet.push(`does not match /${expect.matches}/`);
  }
  if (answer.kind === 'http')
    for (const [name, value] of Object.entries(expect.headers ?? {})) {
      const given = own(answer.headers, name.toLowerCase());
      // Several cookies are lines of one value.
      const meets = given === value || (name.toLowerCase() === 'set-cookie' && given?.split('\n').includes(value));
      if (!meets) unmet.push(given === undefined ? `has no header ${name}` : `has another header ${name} than ${JSON.stringify(value)}`);
    }
  return unmet;
}

/** How the end of a program is told. */
export function ended(status: number): string {
  return `ended with status ${status}`;
}

/** What `contains` and `matches` look at: the decoded body, stdout and stderr, the messages, or the greeting. */
export function textOf(answer: StepAnswer): string | undefined {
  switch (answer.kind) {
    case 'http': {
      const body = Buffer.from(answer.body, 'base64');
      // A body that is damaged, or whose coding is not known, is shown as it is.
      return (decodedBody(body, own(answer.headers, 'content-encoding')) ?? body).toString();
    }
    case 'exec':
    case 'script':
      return `${utf8(answer.stdout)}${utf8(answer.stderr)}`;
    case 'websocket':
      return answer.messages.map(({ data }) => utf8(data)).join('\n');
    case 'tcp':
      return utf8(answer.banner);
    default:
      return undefined;
  }
}

function utf8(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
