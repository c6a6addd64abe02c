import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { parse } from 'yaml';
import { z } from 'zod';
import { usageError } from '../errors.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

const Port = z.number().int().min(1).max(65535);
const SignalName = z
  .string()
  .transform((name) => name.toUpperCase().replace(/^(?!SIG)/, 'SIG'))
  .refine((name) => name in constants.signals, 'no such signal');
const HttpStep = z.strictObject({
  kind: z.literal('http'),
  method: z.enum(METHODS as [string, ...string[]]).default('GET'),
  path: z.string().startsWith('/'),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
  /** Port inside the container. Default: the one that the app listens on. */
  port: Port.optional(),
  /** Path of a Unix socket inside the container, instead of a port. */
  socket: z.string().startsWith('/').optional(),
});
/** Connects and waits a moment for what the server sends first. */
const TcpStep = z.strictObject({ kind: z.literal('tcp'), port: Port });
/** Sends a signal to the app's first process. */
const SignalStep = z.strictObject({ kind: z.literal('signal'), name: SignalName });
const ExecStep = z.strictObject({ kind: z.literal('exec'), command: z.array(z.string()).min(1) });
const WaitStep = z.strictObject({ kind: z.literal('wait'), seconds: z.number().nonnegative() });
const ExitStep = z.strictObject({ kind: z.literal('until-exit') });

export const StepSchema = z.discriminatedUnion('kind', [HttpStep, TcpStep, ExecStep, SignalStep, WaitStep, ExitStep]);
/** One thing to do with the running app. */
export type Step = z.infer<typeof StepSchema>;
export type HttpStep = z.infer<typeof HttpStep>;

/**
 * Parses `[METHOD ]PATH[ BODY]`, the value of --http. A body that is valid JSON gets the content type of JSON.
 * @throws UserError for anything else
 */
export function parseHttp(text: string): Step {
  const match = /^(?:([A-Za-z]+) +)?(\/\S*)(?: +([\s\S]+))?$/.exec(text.trim());
  const method = (match?.[1] ?? 'GET').toUpperCase();
  if (!match || !METHODS.includes(method)) {
    throw usageError(
      `--http '${text}' is not a request.`,
      `Write '[METHOD ]PATH[ BODY]', for instance --http 'POST /items {"name": "x"}'; methods are ${METHODS.join(', ')}.`,
    );
  }
  return httpStep({ method, path: match[2] as string, ...(match[3] !== undefined && { body: match[3] }) });
}

/**
 * Splits a command line at spaces, with the quotes and backslashes of sh. Expands nothing: `$X`, `*`, `|` and `#` stay
 * as they are. Own code, as shell-quote drops an unclosed quote without an error, loses the braces of `${X}`, and splits
 * words at `&`, `?` and `#`; and the shlex package keeps the backslash of `\$` inside double quotes, unlike sh.
 * @throws UserError where a quote is not closed, or there is no word
 */
export function parseExec(text: string): Step {
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
  if (words.length === 0 || text.slice(end).trim() !== '') {
    throw usageError(`--exec '${text}' is not a command.`, 'Write it as for a shell, and close its quotes.');
  }
  return { kind: 'exec', command: words };
}

const FileStep = z.union([
  z.literal('until-exit').transform((): Step => ({ kind: 'until-exit' })),
  z.strictObject({ 'until-exit': z.literal(true) }).transform((): Step => ({ kind: 'until-exit' })),
  z.strictObject({ wait: z.number().nonnegative() }).transform(({ wait }): Step => ({ kind: 'wait', seconds: wait })),
  z.strictObject({ exec: z.string().transform(parseExec) }).transform(({ exec }) => exec),
  z.strictObject({ exec: z.array(z.string()).min(1) }).transform(({ exec }): Step => ({ kind: 'exec', command: exec })),
  z.strictObject({ tcp: Port }).transform(({ tcp }): Step => ({ kind: 'tcp', port: tcp })),
  z.strictObject({ signal: SignalName }).transform(({ signal }): Step => ({ kind: 'signal', name: signal })),
  z.strictObject({ http: z.string().transform(parseHttp) }).transform(({ http }) => http),
  z.strictObject({ http: HttpStep.omit({ kind: true }) }).transform(({ http }) => httpStep(http)),
]);
const ExerciseFile = z.strictObject({ steps: z.array(FileStep).min(1), reset: z.array(z.string()).default([]) });
/** Content of an exercise file. sh runs the `reset` commands on this computer before each start of the app. */
export type ExerciseFile = z.infer<typeof ExerciseFile>;

/**
 * Reads an exercise file: YAML with `steps`, each `http`, `tcp`, `exec`, `signal`, `wait` or `until-exit`, and `reset`.
 * @throws UserError where it can't be read or has another form
 */
export async function readExercise(path: string): Promise<ExerciseFile> {
  let document: unknown;
  try {
    document = parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw usageError(
      `The exercise file ${path} can't be read: ${(error as Error).message.split('\n')[0]}.`,
      'Give a YAML file with `steps:`.',
    );
  }
  const result = ExerciseFile.safeParse(document);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw usageError(
      `The exercise file ${path} has an error at ${issue?.path.join('.') || 'its top'}: ${issue?.message}.`,
      "Write `steps`, a list of `http: 'GET /'`, `tcp: PORT`, `exec: 'CMD'`, `signal: NAME`, `wait: SECONDS` or `until-exit`. `reset`, a list of commands, is optional.",
    );
  }
  return result.data;
}

function httpStep(step: Omit<Partial<HttpStep>, 'kind'> & { path: string }): Step {
  const { method = 'GET', path, headers = {}, body, port, socket } = step;
  const typed = body !== undefined && isJson(body) && !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return {
    kind: 'http',
    method,
    path,
    headers: typed ? { ...headers, 'content-type': 'application/json' } : headers,
    ...(body !== undefined && { body }),
    ...(port !== undefined && { port }),
    ...(socket !== undefined && { socket }),
  };
}

function isJson(text: string): boolean {
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
      return `${step.method} ${step.path}${step.port === undefined ? '' : ` at ${step.port}`}${step.socket === undefined ? '' : ` at ${step.socket}`}`;
    case 'tcp':
      return `connect to ${step.port}`;
    case 'signal':
      return step.name;
    case 'exec':
      return `exec ${step.command.join(' ')}`;
    case 'wait':
      return `wait ${step.seconds} s`;
    case 'until-exit':
      return 'until exit';
  }
}

/** A step as one line to store: without query strings and arguments, as they may hold secrets. */
export function labelStep(step: Step): string {
  if (step.kind === 'http') return `${step.method} ${step.path.replace(/[?#].*$/, '')}`;
  return step.kind === 'exec' ? `exec ${step.command[0]}` : describeStep(step);
}
