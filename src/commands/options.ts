import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ENGINES, type EngineName } from '../engines/choose.js';
import { PLAIN_RUN, type RunOptions, RunOptionsSchema } from '../engines/runoptions.js';
import { UserError } from '../errors.js';
import { DEFAULT_LIMITS, type Exercise, type Limits } from '../exercise/exercise.js';
import { parseExec, parseHttp, readExercise, type Step } from '../exercise/steps.js';
import { LEVELS, type Level } from '../keep/level.js';

/** Values of the options as commander gives them. */
export interface EnvironmentFlags {
  env: string[];
  envFile: string[];
}
export interface RunFlags extends EnvironmentFlags, Omit<RunOptions, 'env' | 'readOnly'> {
  readOnly?: true;
}
export interface LimitFlags {
  startTimeout: number;
  stepTimeout: number;
  exitTimeout: number;
}
export interface ExerciseFlags extends LimitFlags {
  step: Step[];
  exercise?: string;
  untilExit?: true;
}
export interface KeepFlags {
  include: string[];
  exclude: string[];
  level: Level;
  base: string;
}
export interface TargetFlags {
  tag?: string;
  output?: string;
  force?: true;
}
export interface EngineFlags {
  engine?: EngineName;
}

const collect = (value: string, list: string[]) => [...list, value];
const addList = (command: Command, flags: string, text: string) =>
  command.addOption(new Option(flags, text).argParser(collect).default([], 'none'));

/** Values of environment variables, for the run or again for a trace's. */
export function addEnvironmentOptions(command: Command): Command {
  addList(command, '-e, --env <NAME[=VALUE]>', 'environment variable; without a value, that of this shell');
  addList(command, '--env-file <FILE>', 'file of environment variables');
  return command;
}

/** What runs the containers. */
export function addEngineOption(command: Command): Command {
  return command.addOption(
    new Option('--engine <ENGINE>', 'what runs the containers (default: docker where a daemon answers)').choices(ENGINES),
  );
}

/** The options of `docker run` that go to the container. */
export function addRunOptions(command: Command): Command {
  const list = (flags: string, text: string) => addList(command, flags, text);
  addEnvironmentOptions(command);
  list('-v, --volume <VOLUME:DIR>', 'volume or directory to mount');
  list('--mount <MOUNT>', 'the same, as type=bind,source=...,target=...');
  list('-p, --publish <PORT>', 'port to publish; the exercise needs none');
  list('--ulimit <NAME=SOFT[:HARD]>', 'limit of a resource');
  list('--device <DEVICE>', 'device of this machine');
  command.option('--gpus <GPUS>', 'GPUs: all, a number, or device=ID');
  command.option('-i, --interactive', 'what this command reads is what the app reads');
  command.option('-t, --tty', 'a terminal');
  command.option('-u, --user <USER>', 'user name or uid[:gid]');
  command.option('-w, --workdir <DIR>', 'working directory');
  command.option('--network <NETWORK>', 'network to join');
  command.option('--entrypoint <PROGRAM>', "instead of the image's entrypoint and command");
  command.option('--platform <OS/ARCH>', 'platform of the image');
  list('--add-host <HOST:IP>', 'entry for /etc/hosts');
  list('--tmpfs <DIR[:OPTIONS]>', 'directory in memory');
  command.option('--read-only', 'read-only root file system');
  command.option('--init', 'an init process that forwards signals and reaps');
  list('--cap-add <CAPABILITY>', 'capability to add');
  list('--cap-drop <CAPABILITY>', 'capability to drop');
  list('--security-opt <OPTION>', 'security option');
  list('--group-add <GROUP>', 'group to join');
  command.option('--hostname <NAME>', "the container's host name");
  command.addOption(new Option('--memory <SIZE>', 'memory limit, for instance 512m').argParser(parseSize));
  command.addOption(new Option('--shm-size <SIZE>', 'size of /dev/shm').argParser(parseSize));
  return command;
}

/** What is done to the running app. Steps are done in the order in which they are given. */
export function addExerciseOptions(command: Command): Command {
  const steps: Step[] = [];
  const step = (flags: string, text: string, parse: (value: string) => Step) =>
    command.addOption(
      new Option(flags, text).argParser((value: string) => {
        steps.push(parse(value));
        return steps;
      }),
    );
  step('--http <REQUEST>', "request '[METHOD ]PATH[ BODY]', as soon as the port listens", parseHttp).hook('preAction', (self) => {
    self.setOptionValue('step', steps);
  });
  step('--exec <COMMAND>', 'command run in the container', parseExec);
  step('--wait <SECONDS>', 'just wait', (value) => ({ kind: 'wait', seconds: parseSeconds(value) }));
  command.option('--until-exit', 'wait until the app has ended by itself');
  command.option('--exercise <FILE>', 'the same steps in a YAML file');
  return addLimitOptions(command);
}

/** How long each kind of wait may take. */
export function addLimitOptions(command: Command): Command {
  const limit = (name: string, text: string, value: number) =>
    command.addOption(new Option(`--${name} <SECONDS>`, text).argParser(parseSeconds).default(value));
  limit('start-timeout', 'how long a port may take to listen', DEFAULT_LIMITS.start);
  limit('step-timeout', 'how long one request or command may take', DEFAULT_LIMITS.step);
  limit('exit-timeout', 'how long the app may take to end by itself', DEFAULT_LIMITS.exit);
  return command;
}

/** What is kept, and what the image is called. */
export function addAssembleOptions(command: Command): Command {
  command.addOption(new Option('--level <LEVEL>', 'how far the keep set reaches').choices(LEVELS).default('reachable'));
  command.addOption(new Option('--include <GLOB>', 'keep these paths too').argParser(collect).default([], 'none'));
  command.addOption(new Option('--exclude <GLOB>', 'leave these paths out, whatever needs them').argParser(collect).default([], 'none'));
  command.option('--base <IMAGE>', 'scratch, or an image to build on', 'scratch');
  command.option('--tag <NAME>', 'name of the shrunk image (default: <name>:<tag>-shrunk)');
  command.option(
    '--output <IMAGE>',
    'where to put it: docker-daemon:NAME, oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE, rootfs:DIR, docker://NAME',
  );
  command.option('--force', 'replace also what pyshrink did not make');
  return command;
}

/** `NAME=VALUE` entries of files and options. @throws UserError where a file can't be read */
export async function environmentEntries(flags: EnvironmentFlags): Promise<string[]> {
  const files = await Promise.all(flags.envFile.map(readEnvFile));
  return [...files.flat(), ...flags.env].flatMap((entry) => {
    if (entry.includes('=')) return [entry];
    const value = process.env[entry];
    return value === undefined ? [] : [`${entry}=${value}`]; // as docker does: unset here, unset there
  });
}

export function limitsOf({ startTimeout: start, stepTimeout: step, exitTimeout: exit }: LimitFlags): Limits {
  return { start, step, exit };
}

export async function exerciseOf(args: string[], flags: RunFlags & ExerciseFlags): Promise<Exercise> {
  const file = flags.exercise === undefined ? { steps: [], reset: [] } : await readExercise(flags.exercise);
  const steps: Step[] = [...file.steps, ...flags.step, ...(flags.untilExit ? [{ kind: 'until-exit' } as const] : [])];
  const run = RunOptionsSchema.parse({ ...PLAIN_RUN, ...flags, env: await environmentEntries(flags) });
  return {
    args,
    run,
    limits: limitsOf(flags),
    reset: file.reset,
    ...(steps.length > 0 && { steps }),
    ...(run.interactive && { input: (await buffer(process.stdin)).toString('base64') }),
  };
}

async function readEnvFile(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8'))
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  } catch (error) {
    throw new UserError(`--env-file ${path} can't be read: ${(error as Error).message}`, 'Give a file with NAME=VALUE lines.', 2);
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isFinite(seconds) || seconds < 0) throw new InvalidArgumentError('Give a number of seconds.');
  return seconds;
}

/** Bytes of a size with docker's suffixes b, k, m, g. */
function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([bkmg])?b?$/i.exec(text);
  if (!match) throw new InvalidArgumentError('Give a size such as 512m.');
  return Math.round(Number(match[1]) * 1024 ** 'bkmg'.indexOf((match[2] ?? 'b').toLowerCase()));
}
