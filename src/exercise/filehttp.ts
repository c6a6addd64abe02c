import { basename, dirname, resolve } from 'node:path';
import { type Body, formBody, multipartBody } from './body.js';
import { fieldsWithin, placeOf, requestTarget } from './fileparts.js';
import { headersOf } from './headers.js';
import { type Field, type Located, quoted } from './located.js';
import { type HttpStep, isJson, METHODS, REQUEST_FORM, requestOf } from './steps.js';

/** Reads a file that an exercise file names. `path` is absolute or relative to the working directory. */
export type Read = (path: string) => Buffer;

/** What the mapping of an `http` step has. At most one body; only `form` and `file` go together. */
const DETAILS = ['method', 'path', 'headers', 'body', 'json', 'form', 'file', 'port', 'socket'];
const BODIES = ['body', 'json', 'form', 'file'];

const HTTP_FORM = `Write ${REQUEST_FORM}; or a mapping of ${quoted(DETAILS, 'and')}.`;

/** The value of an `http` step. @param path of the file that it is in */
export function httpOf(value: Located, path: string, read: Read): HttpStep {
  if (value.kind !== 'mapping') {
    const step = requestOf(value.text(HTTP_FORM));
    if (!step) throw value.error(`\`${value.brief()}\` is not a request`, HTTP_FORM);
    return step;
  }
  const given = fieldsWithin(value, 'http', DETAILS, HTTP_FORM);
  const target = given.get('path')?.value;
  if (!target) throw value.error('This request has no `path`', 'Add for instance `path: /`.');
  const body = contentOf(given, path, read);
  const method = given.get('method')?.value;
  const headers = headersOf(given.get('headers')?.value);
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  const { type, ...content } = body ?? { type: undefined };
  return {
    kind: 'http',
    // As browsers and curl do it: a form is posted.
    method: method ? methodOf(method) : type !== undefined && !given.has('body') ? 'POST' : 'GET',
    path: requestTarget(target),
    headers: type !== undefined && !typed ? { ...headers, 'content-type': type } : headers,
    ...content,
    ...placeOf(given),
  };
}

const FORM_FORM = 'Write `form` as `field: value`.';
const FILE_FORM = 'Write `file` as `field: path`. The path is relative to the folder of the exercise file.';

function methodOf(value: Located): string {
  const method = value.text('Write a method such as PUT.').toUpperCase();
  if (!METHODS.includes(method)) throw value.unknown(METHODS, `Methods are ${METHODS.join(', ')}.`);
  return method;
}

/** The body that the fields of an `http` step describe, if any. A body of plain text has no type. */
function contentOf(given: ReadonlyMap<string, Field>, path: string, read: Read): (Omit<Body, 'type'> & Partial<Body>) | undefined {
  const bodies = BODIES.filter((name) => given.has(name));
  const form = given.get('form')?.value;
  const file = given.get('file')?.value;
  const second = given.get(bodies[1] ?? '');
  if (second && (bodies.length > 2 || !form || !file))
    throw second.key.error(`${quoted(bodies, 'and')} are in one request`, 'Give one of them. Only `form` and `file` go together.');
  if (file) {
    const uploads = file.fields(FILE_FORM).flatMap(({ name: field, value }) =>
      value.oneOrMore(FILE_FORM).map((one) => {
        const name = one.text(FILE_FORM);
        return { field, name: basename(name), content: contentOfFile(one, resolve(dirname(path), name), read) };
      }),
    );
    return multipartBody(textsOf(form, FORM_FORM), uploads);
  }
  if (form) return formBody(textsOf(form, FORM_FORM));
  const json = given.get('json')?.value;
  if (json) return { body: json.json('Write a value that JSON can hold.'), type: 'application/json' };
  const text = given.get('body')?.value.written('Write `body` as a text; `json`, `form` and `file` hold other bodies.');
  return text === undefined ? undefined : { body: text, ...(isJson(text) && { type: 'application/json' }) };
}

function contentOfFile(place: Located, path: string, read: Read): Buffer {
  try {
    return read(path);
  } catch (error) {
    throw place.error(`The file ${path} can't be read: ${(error as Error).message}`, FILE_FORM);
  }
}

/** The entries of a mapping of texts. A list gives its name several entries. */
function textsOf(value: Located | undefined, remedy: string): [name: string, value: string][] {
  return (value?.fields(remedy) ?? []).flatMap(({ name, value }) =>
    value.oneOrMore(remedy).map((one): [string, string] => [name, one.written(remedy)]),
  );
}
