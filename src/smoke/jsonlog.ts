import { ERROR_NUMBER, EXCEPTION_FIELDS, LEVEL_FIELDS, LEVELS, MESSAGE_FIELDS } from './logformats.js';

/** A JSON line of a log. */
export interface JsonLine {
  /** Whether its level is ERROR or above. */
  error: boolean;
  /** What it says, without the fields that vary; the line itself where it has no message. */
  message: string;
  /** Exceptions that are objects: `KeyError: 'x'`. */
  exceptions: string[];
  /** Its strings of several lines: a traceback may be in one. */
  texts: string[];
}

/** Characters before a JSON object in its line, for instance the name of a service. */
const LONGEST_PREFIX = 100;

/** Reads a line as JSON; undefined for a line that is none. */
export function jsonLine(line: string): JsonLine | undefined {
  const at = line.slice(0, LONGEST_PREFIX).indexOf('{');
  const text = line.slice(Math.max(at, 0)).trimEnd();
  if (at < 0 || !text.endsWith('}')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const document = value;
  const { exceptions, texts } = within(document);
  const level = LEVEL_FIELDS.map((field) => levelOf(fieldOf(document, field))).find((level) => level !== undefined);
  const message = MESSAGE_FIELDS.map((field) => fieldOf(document, field)).find((field) => typeof field === 'string');
  return { error: level ?? false, message: typeof message === 'string' ? message : text, exceptions, texts };
}

/** Whether a value is a level at ERROR or above; undefined for what is no level. */
function levelOf(value: unknown): boolean | undefined {
  if (typeof value === 'number') return value >= ERROR_NUMBER;
  return typeof value === 'string' ? LEVELS.get(value.trim().toUpperCase()) : undefined;
}

/** Exceptions and long strings in a document. Without recursion: a document may be as deep as it likes. */
function within(document: object): { exceptions: string[]; texts: string[] } {
  const exceptions: string[] = [];
  const texts: string[] = [];
  const todo: unknown[] = [document];
  while (todo.length > 0) {
    const value = todo.pop();
    if (typeof value === 'string') {
      if (value.includes('\n')) texts.push(value);
    } else if (isObject(value)) {
      const exception = exceptionOf(value);
      if (exception !== undefined) exceptions.push(exception);
      for (const part of Object.values(value)) todo.push(part);
    }
  }
  return { exceptions, texts };
}

/** An exception as Python prints it. A class is a name with a capital letter: `type` and `value` are common fields. */
function exceptionOf(value: object): string | undefined {
  for (const names of EXCEPTION_FIELDS) {
    const [type, text] = [fieldOf(value, names.type), fieldOf(value, names.value)];
    if (typeof type !== 'string' || typeof text !== 'string' || !/(?:Error|Exception|Warning|Exit|Interrupt|Group)$/.test(type.slice(-20)))
      continue;
    return text === '' ? type : `${type}: ${text}`;
  }
  return undefined;
}

/** A field by its name, or by its path where the name has dots. */
function fieldOf(value: unknown, name: string): unknown {
  if (!isObject(value)) return undefined;
  if (Object.hasOwn(value, name)) return value[name];
  const dot = name.indexOf('.');
  return dot < 0 || !Object.hasOwn(value, name.slice(0, dot)) ? undefined : fieldOf(value[name.slice(0, dot)], name.slice(dot + 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
