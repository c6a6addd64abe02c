import type { Field, Located } from './located.js';

/** What may stand beside a step. */
export const BESIDE: readonly string[] = ['expect', 'until', 'capture', 'repeat', 'concurrency'];

/** Characters that Node sends in the first line of a request. */
const SENDABLE = /^[\u0021-\u00ff]*$/;

/** The path of a request: absolute, or a captured value. */
export function requestTarget(value: Located): string {
  const remedy = 'Begin the path of a request with `/`.';
  const isCaptured = /^\$\{\w+\}/.test(value.text(remedy));
  const path = isCaptured ? value.text(remedy) : absolute(value, remedy);
  if (!SENDABLE.test(path))
    throw value.error(`\`${value.brief()}\` can't be sent as a path`, 'Write spaces and other such characters as %20 and the like.');
  return path;
}

/** @throws UserError for a path that does not begin with `/` */
export function absolute(value: Located, remedy: string): string {
  const path = value.text(remedy);
  if (!path.startsWith('/')) throw value.error(`\`${value.brief()}\` does not begin with \`/\``, remedy);
  return path;
}

/** A port inside the container. */
export function portOf(value: Located): number {
  return value.number('Write the number of a port inside the container.', { least: 1, most: 65535, whole: true });
}

/** `port` or `socket`: where in the container something goes to. */
export function placeOf(given: ReadonlyMap<string, Field>): { port?: number; socket?: string } {
  const [port, socket] = [given.get('port')?.value, given.get('socket')?.value];
  if (port && socket) throw socket.error('A request goes to a `port` or to a `socket`', 'Leave one of them out.');
  return {
    ...(port && { port: portOf(port) }),
    ...(socket && { socket: absolute(socket, 'Write the path of a Unix socket inside the container.') }),
  };
}

/** The fields of a mapping by name. @throws UserError for a field that it can't have */
export function fieldsWithin(value: Located, kind: string, known: readonly string[], form: string): Map<string, Field> {
  const fields = value.fields(form);
  for (const { name, key } of fields) {
    if (BESIDE.includes(name) && !known.includes(name))
      throw key.error(`\`${name}\` is inside \`${kind}\``, `Write it below, in the same column as \`${kind}\`.`);
    if (!known.includes(name)) throw key.unknown(known, form);
  }
  return new Map(fields.map((field) => [field.name, field]));
}
