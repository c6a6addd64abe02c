import { posix } from 'node:path';
import { isWorkerCommand } from '../exercise/lasting.js';
import { wordsOf } from '../exercise/steps.js';
import type { AppCode } from '../guest/protocol.js';
import { namesInCommand } from '../keep/shellnames.js';
import { visible, visibleJson } from '../printable.js';

/** What the code of one file says; as probes/appcode.py finds it. */
export type CodeFile = AppCode[number] & { path: string };

/** What is known about an image before it has run. */
export interface Looked {
  image: string;
  entrypoint: readonly string[];
  command: readonly string[];
  /** Working directory. */
  workdir: string;
  /** Ports that the image exposes, e.g. `8000`. */
  ports: readonly string[];
  /** The command of HEALTHCHECK; [] if the image has none. */
  healthcheck: readonly string[];
  /** Variables that the image sets. */
  environment: readonly string[];
  /** The interpreter that runs the app. */
  python: string;
  /** Normalized names of the installed distributions. */
  distributions: ReadonlySet<string>;
  /** The app's own code. */
  code: readonly CodeFile[];
}

/** A run that the file gets. Comments are lines without `#`. */
export interface Proposal {
  name: string;
  comments: string[];
  /** Words after the entrypoint; undefined for the image's own command. */
  command?: string[];
  /** Lines of `steps`, as YAML without the dash. Empty: none, so that the default exercise is done. */
  steps: string[];
  /** Steps that the user may want, with a heading. */
  suggested: { heading: string; steps: string[] };
}

/** Most routes and subcommands that one run lists. */
const MOST = 30;
/** Python's programs that serve, by their name in a command line: https://peps.python.org/pep-3333/, https://asgi.readthedocs.io. */
const SERVERS = ['gunicorn', 'uvicorn', 'hypercorn', 'daphne', 'uwsgi', 'waitress-serve', 'granian', 'runserver', 'flask', 'fastapi'];
const WEB = ['flask', 'fastapi', 'starlette', 'aiohttp'];
const COMMAND_LINES = ['click', 'typer', 'argparse'];

/** The runs of an image, as far as its configuration and its code tell. There is at least one. */
export function proposeRuns(looked: Looked): Proposal[] {
  const django = looked.code.find(({ path, script }) => posix.basename(path) === 'manage.py' && script);
  if (django && looked.distributions.has('django')) return djangoRuns(looked, django);
  const worker = celeryName(looked);
  const words = [...looked.entrypoint, ...looked.command];
  if (isWorker(words)) return [workerRun(looked, worker, undefined)];
  const runs = isServer(looked) ? [webRun(looked)] : commandRuns(looked);
  return worker === undefined ? runs : [...runs, workerRun(looked, worker, 'worker')];
}

/**
 * A run of one command of an image.
 * @param isOther whether it is another one than that of the image: then the code of the image says nothing about it
 * @param lasts whether it is known to run until it is stopped
 */
export function proposeForCommand(looked: Looked, isOther: boolean, lasts: boolean): Proposal {
  const words = [...looked.entrypoint, ...looked.command];
  const app = celeryName(looked);
  // Its broker is a service of the same compose file.
  if (isWorker(words)) return { ...workerRun(looked, app, undefined), comments: [ASKED] };
  if (isCelery(words, 'beat')) return { ...beatRun(looked, app ?? appOption(splitWords(words)) ?? 'app'), comments: [] };
  if (looked.ports.length === 0 && isWorkerCommand(words)) return readyRun();
  const isServed = looked.ports.length > 0 || splitWords(words).some((word) => SERVERS.includes(posix.basename(word)));
  if (isServed || (!isOther && isServer(looked))) return webRun(looked);
  if (lasts) return readyRun();
  return {
    name: 'main',
    comments: ['It runs until it ends; its output and exit status are compared. If it never ends, write what is done to it instead.'],
    steps: ['until-exit'],
    suggested: { heading: '', steps: [] },
  };
}

/** A command that waits for work until it is stopped. */
function readyRun(): Proposal {
  return {
    name: 'worker',
    comments: ['It runs until it is stopped, and answers no requests. Give it work, for instance by a step `exec`.'],
    steps: ['ready'],
    suggested: { heading: '', steps: [] },
  };
}

function djangoRuns(looked: Looked, manage: CodeFile): Proposal[] {
  const words = [...looked.entrypoint, ...looked.command];
  const at = posix.relative(looked.workdir, manage.path);
  // An entrypoint that runs manage.py itself gets only its arguments.
  const isEntrypoint = looked.entrypoint.some((word) => posix.basename(word) === 'manage.py');
  const program = isEntrypoint ? [] : [pythonOf(looked), at.startsWith('..') ? manage.path : at];
  const run = (name: string, comments: string[], ...args: string[]): Proposal => ({
    name,
    comments: [...comments, ...(isEntrypoint ? [] : entrypointComment(looked))],
    command: [...program, ...args],
    steps: ['until-exit'],
    suggested: { heading: '', steps: [] },
  });
  const worker = celeryName(looked);
  return [
    isWorker(words) ? workerRun(looked, worker, undefined) : webRun(looked),
    run('migrate', ['It changes the database: with one outside the container, add `reset`.'], 'migrate', '--noinput'),
    run('check', [], 'check'),
    ...(worker !== undefined && !isWorker(words) ? [workerRun(looked, worker, 'worker'), beatRun(looked, worker)] : []),
  ];
}

/** The image's own command as a server. */
function webRun(looked: Looked): Proposal {
  const routes = uniqueRoutes(looked);
  const steps = routes.slice(0, MOST).map(({ method, path }) => `http: ${method === 'GET' ? path : `${method} ${path}`}`);
  const more = routes.length > MOST ? [`${routes.length - MOST} more routes are in the code.`] : [];
  return {
    name: 'web',
    comments: [
      looked.ports.length > 0 ? `It gets GET / on ${looked.ports.join(', ')}.` : 'It gets GET / where it listens.',
      ...(looked.healthcheck.length > 0 ? ["The image's HEALTHCHECK is run, too."] : []),
      ...more,
    ],
    steps: [],
    suggested: {
      heading: 'Routes that the code names. Values in < > or { } are yours to fill in; blueprints and routers may have a prefix.',
      steps: steps.map((step) => step.replace(/^http: (.*)$/s, (_, request: string) => `http: ${quoted(request)}`)),
    },
  };
}

const ASKED = 'A worker answers no requests, so celery itself is asked.';

/** @param app what `celery -A` takes; undefined where the worker has it from a variable */
function workerRun(looked: Looked, app: string | undefined, name: string | undefined): Proposal {
  const celery = app === undefined ? ['celery'] : ['celery', '-A', app];
  return {
    name: name ?? 'worker',
    comments: [
      `${ASKED} It needs its broker: see \`network\` and \`environment\`.`,
      ...(name === undefined ? [] : entrypointComment(looked)),
    ],
    ...(name !== undefined && { command: [...celery, 'worker'] }),
    steps: ['ready', `exec: ${celery.join(' ')} inspect registered`],
    suggested: { heading: '', steps: [] },
  };
}

function beatRun(looked: Looked, app: string): Proposal {
  return {
    name: 'beat',
    comments: ['Not sure that this app has a schedule. If it has none, remove this run.', ...entrypointComment(looked)],
    command: ['celery', '-A', app, 'beat', '--schedule', '/tmp/celerybeat-schedule'],
    steps: ['ready'],
    suggested: { heading: '', steps: [] },
  };
}

/** The image's own command as a job, and `--help` of each subcommand of its program. */
function commandRuns(looked: Looked): Proposal[] {
  const main: Proposal = {
    name: 'main',
    comments: ["The image's own command. It runs until it ends; its output and exit status are compared."],
    steps: ['until-exit'],
    suggested: { heading: '', steps: [] },
  };
  const found = commandLineOf(looked);
  if (!found) return [main];
  const run = (name: string, ...args: string[]): Proposal => ({
    name,
    comments: [],
    command: [...found.program, ...args, '--help'],
    steps: ['until-exit'],
    suggested: { heading: '', steps: [] },
  });
  return [main, run('help'), ...found.subcommands.slice(0, MOST).map((name) => run(`help-${name}`, name))];
}

/**
 * The app's program and its subcommands, where the image's command is a program of click, Typer or argparse.
 * @returns words of the program as they come after the entrypoint
 */
export function commandLineOf(looked: Looked): { program: string[]; subcommands: string[] } | undefined {
  const { program, file } = programOf(looked);
  const isCommandLine = looked.code.some(({ applications }) => applications.some(({ framework }) => COMMAND_LINES.includes(framework)));
  if (!isCommandLine || program === undefined) return undefined;
  const names = new Set((file ? [file] : looked.code).flatMap(({ commands }) => commands));
  return { program, subcommands: [...names].filter((name) => /^[\w][\w.-]*$/.test(name)) };
}

/** The words that start the app's program, without its arguments, as they come after the entrypoint; and its file where that is known. */
function programOf({ entrypoint, command, workdir, code }: Looked): { program: string[] | undefined; file: CodeFile | undefined } {
  const all = withoutShell(entrypoint, command);
  if (!all) return { program: undefined, file: undefined };
  const script = all.findIndex((word) => word.endsWith('.py'));
  const file = code.find(({ path }) => path === posix.resolve(workdir, all[script] ?? ''));
  if (script >= 0) return { program: all.slice(0, script + 1).slice(entrypoint.length), file };
  const module = all.indexOf('-m');
  if (module >= 0) return { program: all.slice(0, module + 2).slice(entrypoint.length), file: undefined };
  // An entrypoint that is no interpreter is the program itself, and CMD has its arguments.
  if (entrypoint.length > 0) return { program: [], file: undefined };
  // uv run app
  const last = [...namesInCommand(all).programs.keys()].at(-1);
  const at = last === undefined || /(^|\/)(sh|bash|python[\d.]*)$/.test(last) ? -1 : all.lastIndexOf(last);
  return { program: at < 0 ? undefined : all.slice(0, at + 1), file: undefined };
}

/** What only a shell understands: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html */
const SHELL_WORK = /[|&;<>()$`*?[\]#~{}!\n]|^\s*\w+=/;

/**
 * The words of entrypoint and command. Those that stand in one text for a shell (`CMD python main.py`) are split.
 * @returns undefined where only the shell knows the words, or the shell would not see what is added
 */
function withoutShell(entrypoint: readonly string[], command: readonly string[]): string[] | undefined {
  const all = [...entrypoint, ...command];
  const at = all.findIndex((word, index) => /(^|\/)(sh|bash|dash)$/.test(word) && all[index + 1] === '-c');
  const text = all[at + 2];
  if (at < 0 || text === undefined) return all;
  if (at < entrypoint.length || all.length > at + 3 || SHELL_WORK.test(text)) return undefined;
  const words = wordsOf(text.replace(/^\s*exec\s+/, ''));
  return words && [...all.slice(0, at), ...words];
}

/** Whether an image's command serves. */
export function isServer({ ports, entrypoint, command, code }: Looked): boolean {
  const names = [...entrypoint, ...command].flatMap((word) => word.split(/\s+/)).map((word) => posix.basename(word));
  const isWeb = code.some(({ applications }) => applications.some(({ framework }) => WEB.includes(framework)));
  return ports.length > 0 || names.some((name) => SERVERS.includes(name)) || isWeb;
}

function isWorker(words: readonly string[]): boolean {
  return isCelery(words, 'worker');
}

function isCelery(words: readonly string[], command: string): boolean {
  const all = splitWords(words);
  return all.some((word) => posix.basename(word) === 'celery') && all.includes(command);
}

/** Words, also those that stand in one text for a shell. */
function splitWords(words: readonly string[]): string[] {
  return words.flatMap((word) => word.split(/\s+/));
}

/** What `celery -A` takes: what the image's command names, else the module that makes the app; undefined where there is neither. */
function celeryName({ distributions, code, workdir, entrypoint, command }: Looked): string | undefined {
  const words = splitWords([...entrypoint, ...command]);
  const named = isWorker(words) ? appOption(words) : undefined;
  if (named !== undefined) return named;
  if (!distributions.has('celery')) return undefined;
  const isApp = ({ path, applications }: CodeFile) =>
    applications.some(({ framework }) => framework === 'celery') && !posix.relative(workdir, path).startsWith('..');
  const file = code.find(isApp);
  if (!file) return undefined;
  const module = posix.relative(workdir, file.path).replace(/(\/__init__)?\.py$/, '');
  // celery looks for a module `celery` below the package that is named.
  const name = module.replace(/\/celery$/, '').replaceAll('/', '.');
  return APP.test(name) ? name : undefined;
}

/** What celery finds as an app: a module, and a variable of it. It stands in a command line and in YAML without quotes. */
const APP = /^[\w.:]+$/;

/** The value of celery's option for its app, in all its forms: https://docs.celeryq.dev/en/stable/reference/cli.html */
function appOption(words: readonly string[]): string | undefined {
  const [value] = words.flatMap((word, index) => {
    if (word === '-A' || word === '--app') return words[index + 1] ?? [];
    return /^(?:--app=|-A)(.+)$/s.exec(word)?.[1] ?? [];
  });
  return value !== undefined && APP.test(value) ? value : undefined;
}

/** Routes of the code, each once, those without parameters first. */
export function uniqueRoutes({ code }: Looked): CodeFile['routes'] {
  const all = new Map(code.flatMap(({ routes }) => routes).map((route) => [`${route.method} ${route.path}`, route]));
  const rank = ({ method, path }: CodeFile['routes'][number]) => (method === 'GET' ? 0 : 1) + (/[<{:]/.test(path) ? 2 : 0);
  return [...all.values()].sort((a, b) => rank(a) - rank(b));
}

/** The name by which the image's own command calls Python; else the interpreter's path. */
function pythonOf({ entrypoint, command, python }: Looked): string {
  return [...entrypoint, ...command].find((word) => /(^|\/)python[\d.]*$/.test(word)) ?? python;
}

function entrypointComment({ entrypoint }: Looked): string[] {
  return entrypoint.length === 0
    ? []
    : [`Not sure that the entrypoint \`${entrypoint.join(' ')}\` runs what is given to it. If not, add \`entrypoint: ""\`.`];
}

/** A text as YAML on one line, in quotes where it needs them. What no terminal may get is written as escapes of YAML. */
export function quoted(text: string): string {
  if (visible(text) !== text) return visibleJson(text);
  return text === text.trim() && /^[A-Za-z/][\w ./@-]*$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text)
    ? text
    : `'${text.replaceAll("'", "''")}'`;
}
