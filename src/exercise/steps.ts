import { constants } from 'node:os';
import { z } from 'zod';
import { usageError } from '../errors.js';
import { EXPECTABLE, ExpectSchema } from './expect.js';

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const Port = z.number().int().min(1).max(65535);
const SignalName = z
  .string()
  .transform(signalName)
  .refine((name) => name in constants.signals, 'no such signal');
/** Where in an answer a value to capture is: a place in JSON, an expression, a header, a cookie, a field of a form. */
export const CAPTURED = ['json', 'regex', 'header', 'cookie', 'form'] as const;
const CaptureRule = z.strictObject({
  /** Later steps write `${name}` for the value. */
  name: z.string(),
  from: z.enum(CAPTURED),
  /** For instance `items[0].id` in JSON. */
  what: z.string(),
});
export type CaptureRule = z.infer<typeof CaptureRule>;
/** Where a step begins of which so many, with those that follow, are done at the same time. */
const together = { together: z.number().int().min(2).exactOptional() };
/** Begins with `/`, or with a captured value that does. */
const Path = z.string().regex(/^(\/|\$\{)/);
const HttpStep = z.strictObject({
  kind: z.literal('http'),
  method: z.enum(METHODS as [string, ...string[]]).default('GET'),
  path: Path,
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
  /** A body that need not be text, in base64; instead of `body`. */
  bodyBase64: z.string().exactOptional(),
  /** Port inside the container. Default: the one that the app listens on. */
  port: Port.optional(),
  /** Path of a Unix socket inside the container, instead of a port. */
  socket: z.string().startsWith('/').optional(),
  expect: ExpectSchema.exactOptional(),
  /** The step is done again until its answer is like this, or the time for a step is over. */
  until: ExpectSchema.exactOptional(),
  capture: z.array(CaptureRule).exactOptional(),
  /** Whether the cookies of earlier answers are sent. */
  cookies: z.boolean().exactOptional(),
  ...together,
});
/** Connects and waits a moment for what the server sends first. */
const TcpStep = z.strictObject({ kind: z.literal('tcp'), port: Port, expect: ExpectSchema.exactOptional() });
/** Sends a signal to the app's first process. */
const SignalStep = z.strictObject({ kind: z.literal('signal'), name: SignalName });
const ExecStep = z.strictObject({
  kind: z.literal('exec'),
  command: z.array(z.string()).min(1),
  expect: ExpectSchema.exactOptional(),
  until: ExpectSchema.exactOptional(),
  ...together,
});
/** Opens a WebSocket, does one after the other, and closes it. */
const WebSocketStep = z.strictObject({
  kind: z.literal('websocket'),
  path: Path,
  headers: z.record(z.string(), z.string()).default({}),
  protocols: z.array(z.string()).exactOptional(),
  port: Port.optional(),
  socket: z.string().startsWith('/').optional(),
  messages: z.array(
    z.union([
      z.strictObject({ send: z.string() }),
      /** Waits for so many messages; with `until`, for one that is like this. */
      z.strictObject({ receive: z.number().int().min(1), until: ExpectSchema.exactOptional() }),
      /** Waits until the server closes the connection. */
      z.strictObject({ close: z.literal(true) }),
    ]),
  ),
  expect: ExpectSchema.exactOptional(),
  cookies: z.boolean().exactOptional(),
  ...together,
});
export type WebSocketStep = z.infer<typeof WebSocketStep>;
/** Runs a command in the shell of this computer, which reaches the app at an address. */
const ScriptStep = z.strictObject({
  kind: z.literal('script'),
  command: z.string().min(1),
  port: Port.optional(),
  socket: z.string().startsWith('/').optional(),
  expect: ExpectSchema.exactOptional(),
  ...together,
});
export type ScriptStep = z.infer<typeof ScriptStep>;
const WaitStep = z.strictObject({ kind: z.literal('wait'), seconds: z.number().nonnegative() });
/** Waits until the app has printed a text. */
const LogStep = z.strictObject({ kind: z.literal('log'), text: z.string().min(1) });
/** Waits until an app that answers nobody has started: it is healthy, or waits for work. */
const ReadyStep = z.strictObject({
  kind: z.literal('ready'),
  /** What the first run printed last before it was ready. It is set in the steps that were done, for later runs. */
  line: z.string().exactOptional(),
});
export type ReadyStep = z.infer<typeof ReadyStep>;
const ExitStep = z.strictObject({ kind: z.literal('until-exit') });

export const StepSchema = z.discriminatedUnion('kind', [
  HttpStep,
  WebSocketStep,
  TcpStep,
  ExecStep,
  ScriptStep,
  SignalStep,
  WaitStep,
  LogStep,
  ReadyStep,
  ExitStep,
]);
/** One thing to do with the running app. */
export type Step = z.infer<typeof StepSchema>;
export type HttpStep = z.infer<typeof HttpStep>;
/** A step whose answer the user may have expectations of. */
export type ExpectableStep = Extract<Step, { kind: keyof typeof EXPECTABLE }>;

/** Whether a step has an answer that the user may have expectations of. */
export function isExpectable(step: Step): step is ExpectableStep {
  return step.kind in EXPECTABLE;
}

/** How a request is written, as error messages say it. */
export const REQUEST_FORM = `'[METHOD ]PATH[ BODY]', for instance 'POST /items {"name": "x"}'; methods are ${METHODS.join(', ')}`;

/**
 * Parses `[METHOD ]PATH[ BODY]`. A body that is valid JSON gets the content type of JSON.
 * @returns undefined for anything else
 */
export function requestOf(text: string): HttpStep | undefined {
  const match = /^(?:([A-Za-z]+) +)?((?:\/|\$\{\w+\})[\u0021-\u00ff]*)(?: +([\s\S]+))?$/.exec(text.trim());
  const method = (match?.[1] ?? 'GET').toUpperCase();
  if (!match || !METHODS.includes(method)) return undefined;
  const body = match[3];
  return {
    kind: 'http',
    method,
    path: match[2] as string,
    headers: body !== undefined && isJson(body) ? { 'content-type': 'application/json' } : {},
    ...(body !== undefined && { body }),
  };
}

/** Parses the value of --http. @throws UserError where it is no request */
export function parseHttp(text: string): Step {
  const step = requestOf(text);
  if (!step) throw usageError(`--http '${text}' is not a request.`, `Write ${REQUEST_FORM}.`);
  return step;
}

/** How a command is written, as error messages say it. */
export const COMMAND_FORM = 'Write it as for a shell, and close its quotes.';

/**
 * Splits a command line at spaces, with the quotes and backslashes of sh. Expands nothing: `$X`, `*`, `|` and `#` stay
 * as they are. Own code, as shell-quote drops an unclosed quote without an error, loses the braces of `${X}`, and splits
 * words at `&`, `?` and `#`; and the shlex package keeps the backslash of `\$` inside double quotes, unlike sh.
 * @returns undefined where a quote is not closed, or there is no word
 */
export function wordsOf(text: string): string[] | undefined {
  const words: string[] = [];
  const pattern = /\s*((?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*')+)/gy;
  let end = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    end = pattern.lastIndex;
    words.push(
      (match[1] as string).replace(
        /"((?:[^"\\]|\\[\s\S])*)"|'([^']*)'|\\([\s\S])/g,
        (_, double?: string, single?: string, escaped?: string) =>
          double !== undefined ? double.replace(/\\(["\\$`])/g, '$1') : (single ?? escaped ?? ''),
      ),
    );
  }
  return words.length === 0 || text.slice(end).trim() !== '' ? undefined : words;
}

/** Parses the value of --exec. @throws UserError where it is no command */
export function parseExec(text: string): Step {
  const command = wordsOf(text);
  if (!command) throw usageError(`--exec '${text}' is not a command.`, COMMAND_FORM);
  return { kind: 'exec', command };
}

/** The full name of a signal: `hup` is `SIGHUP`. */
export function signalName(name: string): string {
  return name.toUpperCase().replace(/^(?!SIG)/, 'SIG');
}

/** Whether a text is a JSON document. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A step as one line to show. It may hold secrets. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'http':
      return `${step.method} ${step.path}${placeOf(step)}`;
    case 'websocket':
      return `websocket ${step.path}${placeOf(step)}`;
    case 'script':
      return `script ${step.command}`;
    case 'tcp':
      return `connect to ${step.port}`;
    case 'signal':
      return step.name;
    case 'exec':
      return `exec ${step.command.join(' ')}`;
    case 'wait':
      return `wait ${step.seconds} s`;
    case 'log':
      return `wait for ${JSON.stringify(step.text)} in the log`;
    case 'ready':
      return 'until it is ready';
    case 'until-exit':
      return 'until exit';
  }
}

function placeOf({ port, socket }: { port?: number | undefined; socket?: string | undefined }): string {
  return [port, socket].map((place) => (place === undefined ? '' : ` at ${place}`)).join('');
}

/** A step as one line to store: without query strings and arguments, as they may hold secrets. */
export function labelStep(step: Step): string {
  if (step.kind === 'http') return `${step.method} ${step.path.replace(/[?#].*$/, '')}`;
  if (step.kind === 'websocket') return `websocket ${step.path.replace(/[?#].*$/, '')}`;
  if (step.kind === 'script') return ['script', programOf(step.command) ?? []].flat().join(' ');
  return step.kind === 'exec' ? `exec ${step.command[0]}` : describeStep(step);
}

/**
 * The program that a command of a shell begins with, after variables such as `TOKEN=x`. Undefined where the command begins in another
 * way: what looks like a program may then be a part of a secret.
 */
function programOf(command: string): string | undefined {
  const value = /(?:[^\s"'\\(){}`;&|<>]|\\[\s\S]|"(?:[^"\\(){}`]|\\[\s\S])*"|'[^']*')*/.source;
  return new RegExp(`^\\s*(?:[A-Za-z_]\\w*=${value}\\s+)*([\\w./-]+)(?=\\s|$)`).exec(command)?.[1];
}
