import type { StepAnswer } from '../exercise/answers.js';
import { decodedBody } from '../exercise/decoded.js';
import { readableSigned } from '../exercise/signed.js';
import { cookiesOf } from './cookies.js';
import { outputOf } from './outputs.js';

/** The parts of an answer, by name: `body`, `header location`, `cookie sid path`, `stdout`, ... */
export type Fields = Map<string, Buffer>;

/** What an answer is, in a word or two. Answers with other outcomes are other answers. */
export function kindOf(answer: StepAnswer): string {
  switch (answer.kind) {
    case 'http':
      return `status ${answer.status}`;
    case 'exec':
    case 'script':
      return `exit ${answer.exit}`;
    case 'websocket':
      return answer.closed === null ? 'opened' : `closed with the code ${answer.closed}`;
    case 'tcp':
      return 'connected';
    case 'failed':
      return 'failed';
    default:
      return answer.kind;
  }
}

/** Whether an answer is a failure of the app. */
export function isFailed(answer: StepAnswer): boolean {
  return (
    answer.kind === 'failed' ||
    (answer.kind === 'http' && answer.status >= 500) ||
    ((answer.kind === 'exec' || answer.kind === 'script') && answer.exit !== 0)
  );
}

/**
 * Whether the header `content-length` says what the body says too. A body that varies has a length that varies, in digits
 * that may not.
 */
export function lengthFollows(answer: StepAnswer): boolean {
  if (answer.kind !== 'http') return true;
  const length = answer.headers['content-length'];
  return length === undefined || length === String(Buffer.from(answer.body, 'base64').length);
}

/**
 * Headers that are sets: frameworks write them in the order of a hash table, which differs from start to start. Sources: RFC 9110,
 * 10.2.1 (Allow) and 12.5.5 (Vary); Fetch Standard, "CORS protocol".
 */
const SETS: ReadonlySet<string> = new Set([
  ...['allow', 'vary'],
  ...['access-control-allow-methods', 'access-control-allow-headers', 'access-control-expose-headers'],
]);

/** The value of a header that is a set, in the order of the alphabet. */
function inOrder(value: string): string {
  return value
    .split(',')
    .map((member) => member.trim())
    .sort()
    .join(', ');
}

/** Stands for a length that follows from the body. */
const LENGTH_OF_BODY = 'the length of the body';

/**
 * The fields of an answer but for its outcome.
 * @param withLength whether to compare the value of `content-length`
 * @param most bytes of each output that are compared
 */
export function fieldsOf(answer: StepAnswer, withLength: boolean, most: number): Fields {
  switch (answer.kind) {
    case 'http':
      return httpFields(answer, withLength);
    case 'exec':
      return new Map(Object.entries(outputOf(answer, most)));
    case 'script':
      // A script judges by its exit status; what it prints is about its own work, such as how long that took.
      return new Map(answer.exit === 0 ? [] : Object.entries(outputOf(answer, most)));
    case 'websocket':
      return new Map([
        ...(answer.protocol === '' ? [] : [['protocol', Buffer.from(answer.protocol)] as const]),
        ...answer.messages.map(({ data }, index) => [`message ${index + 1}`, Buffer.from(data, 'base64')] as const),
      ]);
    case 'tcp':
      return new Map([['banner', Buffer.from(answer.banner, 'base64')]]);
    case 'ready':
      return new Map(answer.line === undefined ? [] : [['last line', Buffer.from(answer.line)]]);
    case 'failed':
      return new Map([['reason', Buffer.from(answer.reason)]]);
    default:
      return new Map();
  }
}

function httpFields({ headers, body }: StepAnswer & { kind: 'http' }, withLength: boolean): Fields {
  const fields: Fields = new Map();
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'set-cookie')
      for (const [cookie, part] of cookiesOf(value)) fields.set(`cookie ${cookie}`, Buffer.from(readableSigned(part)));
    else if (SETS.has(name)) fields.set(`header ${name}`, Buffer.from(inOrder(value)));
    else fields.set(`header ${name}`, Buffer.from(name === 'content-length' && !withLength ? LENGTH_OF_BODY : value));
  }
  const bytes = Buffer.from(body, 'base64');
  const decoded = decodedBody(bytes, headers['content-encoding']);
  if (!decoded) fields.set('content coding', Buffer.from('the body is damaged, or its coding is not known'));
  return fields.set('body', decoded ?? bytes);
}
