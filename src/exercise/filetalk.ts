import { expectOf } from './beside.js';
import { fieldsWithin, placeOf, requestTarget } from './fileparts.js';
import { headersOf } from './headers.js';
import { type Located, quoted } from './located.js';
import type { ScriptStep, WebSocketStep } from './steps.js';

const SOCKET_DETAILS = ['path', 'headers', 'protocols', 'messages', 'port', 'socket'];
const SOCKET_FORM = `Write the path of a WebSocket, such as /chat; or a mapping of ${quoted(SOCKET_DETAILS, 'and')}.`;
const MESSAGES_FORM =
  'Write `messages` as a list of `- send: TEXT`, `- receive`, `- receive: NUMBER`, `- receive: {contains: TEXT}` or `- close`.';
const PROTOCOLS_FORM = 'Write the name of a subprotocol, or a list of them.';

/** The value of a `websocket` step. */
export function websocketOf(value: Located): WebSocketStep {
  if (value.kind !== 'mapping') return { kind: 'websocket', path: socketTarget(value), headers: {}, messages: [] };
  const given = fieldsWithin(value, 'websocket', SOCKET_DETAILS, SOCKET_FORM);
  const target = given.get('path')?.value;
  if (!target) throw value.error('This WebSocket has no `path`', 'Add for instance `path: /chat`.');
  const protocols = given.get('protocols')?.value.oneOrMore(PROTOCOLS_FORM);
  const messages = given.get('messages')?.value.items(MESSAGES_FORM) ?? [];
  return {
    kind: 'websocket',
    path: socketTarget(target),
    headers: headersOf(given.get('headers')?.value),
    ...(protocols && { protocols: protocolsOf(protocols) }),
    messages: messages.map(messageOf),
    ...placeOf(given),
  };
}

/** The path of a WebSocket has no fragment (RFC 6455, section 3). */
function socketTarget(value: Located): string {
  const path = requestTarget(value);
  if (path.includes('#')) throw value.error(`\`${value.brief()}\` has a \`#\``, 'Leave out what begins with `#`, or write `%23`.');
  return path;
}

/** Names of subprotocols are tokens, and all different (RFC 6455, section 4.1). */
function protocolsOf(names: readonly Located[]): string[] {
  const known = new Set<string>();
  for (const name of names) {
    const text = name.filled(PROTOCOLS_FORM);
    if (!/^[!#$%&'*+.^`|~\w-]+$/.test(text)) throw name.error(`\`${name.brief()}\` is no name of a subprotocol`, PROTOCOLS_FORM);
    if (known.has(text)) throw name.error(`The subprotocol \`${text}\` is there twice`, 'Leave one of them out.');
    known.add(text);
  }
  return [...known];
}

function messageOf(item: Located): WebSocketStep['messages'][number] {
  if (item.kind === 'scalar') {
    const word = item.plain();
    if (word === 'receive') return { receive: 1 };
    if (word === 'close') return { close: true };
    throw item.unknown(['send', 'receive', 'close'], MESSAGES_FORM);
  }
  const [field, second] = item.fields(MESSAGES_FORM);
  if (!field) throw item.error('This message is empty', MESSAGES_FORM);
  if (second) throw second.key.error(`\`${field.name}\` and \`${second.name}\` are in one item`, 'Begin each with `- `.');
  const { name, key, value } = field;
  if (name === 'send')
    return { send: value.kind === 'mapping' || value.kind === 'list' ? value.json(MESSAGES_FORM) : value.written(MESSAGES_FORM) };
  if (name !== 'receive') throw key.unknown(['send', 'receive', 'close'], MESSAGES_FORM);
  if (value.kind === 'mapping') return { receive: 1, until: expectOf(['contains', 'matches'], field) };
  return { receive: value.number(MESSAGES_FORM, { least: 1, most: 10_000, whole: true }) };
}

const SCRIPT_DETAILS = ['command', 'port', 'socket'];
const SCRIPT_FORM = 'Write a command for the shell of this computer; or a mapping of `command` and `port` or `socket`.';

/** The value of a `script` step. */
export function scriptOf(value: Located): ScriptStep {
  if (value.kind !== 'mapping') return { kind: 'script', command: value.filled(SCRIPT_FORM) };
  const given = fieldsWithin(value, 'script', SCRIPT_DETAILS, SCRIPT_FORM);
  const command = given.get('command')?.value;
  if (!command) throw value.error('This script has no `command`', 'Add for instance `command: pytest tests/e2e`.');
  return { kind: 'script', command: command.filled(SCRIPT_FORM), ...placeOf(given) };
}
