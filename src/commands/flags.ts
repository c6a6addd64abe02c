import { type Command, InvalidArgumentError, Option, type OptionValues } from '@commander-js/extra-typings';
import { BOUNDS, type BoundName, type Bounds } from '../bounds.js';
import { ENGINES, type EngineName } from '../engines/choose.js';
import { usageError } from '../errors.js';
import { DEFAULT_LIMITS } from '../exercise/exercise.js';
import { EXIT_RANGE, STATUS_RANGE } from '../exercise/expect.js';
import { parseExec, parseHttp, type Step } from '../exercise/steps.js';
import { GPU_TARGETS, type GpuTarget } from '../keep/data/gpu.js';
import { LEVELS, type Level } from '../keep/level.js';
import { DEFAULT_RUNS } from '../pipeline/originals.js';
import { JOBS_RANGE } from '../project/schema.js';

/** A command with the arguments and options that it has so far. */
type Defined<A extends unknown[], O extends OptionValues, G extends OptionValues> = Command<A, O, G>;

const collect = (value: string, list: string[]) => [...list, value];

/** An option that may be given several times. */
function list<const F extends string>(flags: F, text: string) {
  return new Option(flags, text).argParser(collect).default([] as string[], 'none');
}

/** What {@link withEngine} adds. */
type EngineFlags = {
  engine?: EngineName;
  limit: Bounds;
};

/** Options of a command that runs containers. */
export function withEngine<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Defined<A, O, G>,
): Defined<A, O & EngineFlags, G> {
  const limits = `how much an image may give: ${Object.keys(BOUNDS).join(', ')}`;
  // The types that the library infers are too deep for the compiler with one more option, so they are said here.
  return (command as unknown as Defined<A, O & EngineFlags, G>)
    .addOption(
      new Option('--engine <ENGINE>', 'what runs the containers (default: docker where a daemon answers)').choices(ENGINES) as Option,
    )
    .addOption(
      new Option('--limit <NAME=VALUE>', limits).argParser(parseBound).default({}, 'see the documentation') as Option,
    ) as unknown as Defined<A, O & EngineFlags, G>;
}

/** Adds a limit to those that were given before. */
function parseBound(text: string, before: Bounds): Bounds {
  const [, name = '', value = ''] = /^([a-z]+)=(.*)$/.exec(text) ?? [];
  if (!Object.hasOwn(BOUNDS, name))
    throw new InvalidArgumentError(`Give NAME=VALUE, with one of the names ${Object.keys(BOUNDS).join(', ')}.`);
  const { unit, most } = BOUNDS[name as BoundName];
  const number = unit === 'bytes' ? parseSize(value) : Number(value);
  if (!Number.isFinite(number) || number <= 0 || value.trim() === '' || number > most)
    throw new InvalidArgumentError(`Give ${unit === 'bytes' ? 'a size' : 'a number'} above 0, at most ${most}.`);
  return { ...before, [name]: number };
}

/** Values of environment variables: for a run, or again for the run of a trace. */
export function withEnvironment<A extends unknown[], O extends OptionValues, G extends OptionValues>(command: Defined<A, O, G>) {
  return command
    .addOption(list('-e, --env <NAME[=VALUE]>', 'environment variable; without a value, that of this shell'))
    .addOption(list('--env-file <FILE>', 'file of environment variables'));
}

/** The options of `docker run` that go to the container. */
export function withRun<A extends unknown[], O extends OptionValues, G extends OptionValues>(command: Defined<A, O, G>) {
  return withEnvironment(command)
    .addOption(list('-v, --volume <VOLUME:DIR>', 'volume or directory to mount'))
    .addOption(list('--mount <MOUNT>', 'volume or directory to mount, as type=bind,source=...,target=...'))
    .addOption(list('-p, --publish <PORT>', 'port to publish; the exercise needs none'))
    .addOption(list('--ulimit <NAME=SOFT[:HARD]>', 'limit of a resource'))
    .addOption(list('--device <DEVICE>', 'device of this computer'))
    .option('--gpus <GPUS>', 'GPUs: all, a number, or device=ID')
    .option('-i, --interactive', 'what this command reads is what the app reads')
    .option('-t, --tty', 'a terminal')
    .option('-u, --user <USER>', 'user name or uid[:gid]')
    .option('-w, --workdir <DIR>', 'working directory')
    .option('--network <NETWORK>', 'network to join')
    .option('--entrypoint <PROGRAM>', "instead of the image's entrypoint and command")
    .option('--platform <OS/ARCH>', 'platform of the image')
    .addOption(list('--add-host <HOST:IP>', 'entry for /etc/hosts'))
    .addOption(list('--tmpfs <DIR[:OPTIONS]>', 'directory in memory'))
    .option('--read-only', 'read-only root file system')
    .option('--init', 'an init process that forwards signals and reaps')
    .addOption(list('--cap-add <CAPABILITY>', 'capability to add'))
    .addOption(list('--cap-drop <CAPABILITY>', 'capability to drop'))
    .addOption(list('--security-opt <OPTION>', 'security option'))
    .addOption(list('--group-add <GROUP>', 'group to join'))
    .option('--hostname <NAME>', "the container's host name")
    .option('--memory <SIZE>', 'memory limit, for instance 512m', parseSize)
    .option('--pids-limit <N>', 'limit of processes and threads', parseCount)
    .option('--cpus <NUMBER>', 'CPUs that it may use, for instance 1.5', parseCpus)
    .option('--shm-size <SIZE>', 'size of /dev/shm', parseSize);
}

/** What is done to the running app. Steps are done in the order in which they are given. */
export function withExercise<A extends unknown[], O extends OptionValues, G extends OptionValues>(command: Defined<A, O, G>) {
  // One list for all kinds, since their order counts. Each of these options has it as its value.
  const steps: Step[] = [];
  /** The option of the step that --expect belongs to. */
  let last: string | undefined;
  const step = (flag: string, parse: (value: string) => Step) => (value: string) => {
    steps.push(parse(value));
    last = flag;
    return steps;
  };
  const expect = (value: string) => {
    steps.push(expecting(last === undefined ? undefined : steps.pop(), last, value));
    return steps;
  };
  // It has no value, and it is not in the list, as it always comes last.
  command.on('option:until-exit', () => {
    last = undefined;
  });
  return withLimits(command)
    .option('--http <REQUEST>', "request '[METHOD ]PATH[ BODY]', as soon as the port listens", step('--http', parseHttp))
    .option('--exec <COMMAND>', 'command run in the container', step('--exec', parseExec))
    .option(
      '--wait <SECONDS>',
      'just wait',
      step('--wait', (value) => ({ kind: 'wait', seconds: parseSeconds(value) })),
    )
    .option('--expect <STATUS|N>', 'expected status of the --http or --exec that stands before it', expect)
    .option('--until-exit', 'wait until the app has ended by itself')
    .option('--expect-exit <N>', 'exit status that the app ends with', parseExit)
    .option('--allow-failing', 'the app may fail: failures of the original are only warnings')
    .option('--exercise <FILE>', 'the same steps in a YAML file');
}

/**
 * Adds a value of --expect to the step that stands before it. Several values are alternatives.
 * @param step undefined where no step stands before it
 * @param flag the option of that step
 * @throws UserError where the step has no status
 */
function expecting(step: Step | undefined, flag: string | undefined, value: string): Step {
  if (step?.kind === 'http') {
    const { status = [], ...rest } = step.expect ?? {};
    return { ...step, expect: { ...rest, status: [...status, parseStatus(value)] } };
  }
  if (step?.kind === 'exec') {
    const { exit = [], ...rest } = step.expect ?? {};
    return { ...step, expect: { ...rest, exit: [...exit, parseExit(value)] } };
  }
  throw usageError(
    flag === undefined ? `--expect ${value} has no step before it.` : `--expect ${value} stands after ${flag}, which has no status.`,
    'Write it after the --http or --exec that it belongs to. --expect-exit says how the app itself ends.',
  );
}

/** How often the original runs, and how many runs go on at once. */
export function withRuns<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Defined<A, O, G>,
): Defined<A, O & { runs: number; jobs?: number }, G> {
  // Said here, since the types that the library infers are too deep for the compiler with one more option.
  const defined: unknown = command
    .option('--runs <N>', 'how often the original runs: 2 shows what varies by itself, 1 never starts it twice', parseRuns, DEFAULT_RUNS)
    .option('--jobs <N>', 'how many runs go on at once (default: the number of cores, where memory allows)', parseJobs);
  return defined as Defined<A, O & { runs: number; jobs?: number }, G>;
}

/** How long each kind of wait may take. */
export function withLimits<A extends unknown[], O extends OptionValues, G extends OptionValues>(command: Defined<A, O, G>) {
  return command
    .option('--start-timeout <SECONDS>', 'how long a port may take to listen', parseSeconds, DEFAULT_LIMITS.start)
    .option('--step-timeout <SECONDS>', 'how long one request or command may take', parseSeconds, DEFAULT_LIMITS.step)
    .option('--exit-timeout <SECONDS>', 'how long the app may take to end by itself', parseSeconds, DEFAULT_LIMITS.exit);
}

/** Whether to do what a run record of others says. */
export function withTrust<A extends unknown[], O extends OptionValues, G extends OptionValues>(command: Defined<A, O, G>) {
  return command.option('--trust', 'do also what a run record says that you have not written: host commands, mounts, devices');
}

/** Values of the options of {@link withImage}. Written out, since the compiler's depth does not reach to infer so many options. */
type ImageFlags = {
  level: Level;
  include: string[];
  exclude: string[];
  targetGpu: GpuTarget;
  base: string;
  tag?: string;
  output?: string;
  force?: true;
};

/** What is kept, what the image is called, and where it goes. */
export function withImage<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Defined<A, O, G>,
): Defined<A, O & ImageFlags, G> {
  const defined: unknown = command
    .addOption(new Option('--level <LEVEL>', 'how far the keep set reaches').choices(LEVELS).default('reachable' as const))
    .addOption(list('--include <GLOB>', 'keep these paths too'))
    .addOption(list('--exclude <GLOB>', 'leave these paths out, whatever needs them'))
    .addOption(
      new Option('--target-gpu <GPU>', 'GPUs that the image will meet: libraries for others are left out')
        .choices(GPU_TARGETS)
        .default('any' as const),
    )
    .option('--base <IMAGE>', 'scratch, or an image to build on', 'scratch')
    .option('--tag <NAME>', 'name of the shrunk image (default: <name>:<tag>-shrunk)')
    .option(
      '--output <IMAGE>',
      'where to put it: docker-daemon:NAME, oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE, rootfs:DIR, docker://NAME',
    )
    .option('--force', 'replace also what pyshrink did not make');
  return defined as Defined<A, O & ImageFlags, G>;
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isFinite(seconds) || seconds < 0) throw new InvalidArgumentError('Give a number of seconds.');
  return seconds;
}

const parseStatus = wholeNumber('a status', STATUS_RANGE);
const parseJobs = wholeNumber('a number', JOBS_RANGE);
const parseRuns = wholeNumber('a number', { least: 1, most: 9 });
const parseExit = wholeNumber('an exit status', EXIT_RANGE);

function wholeNumber(what: string, { least, most }: { least: number; most: number }): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) throw new InvalidArgumentError(`Give ${what} from ${least} to ${most}.`);
    return number;
  };
}

function parseCount(text: string): number {
  if (!/^-?[1-9]\d*$/.test(text)) throw new InvalidArgumentError('Give a whole number, or -1 for no limit.');
  return Number(text);
}

function parseCpus(text: string): number {
  const cpus = Number(text);
  // The kernel shares time in periods of 100 ms, of which it grants 1 ms at least.
  if (!/^\d*\.?\d+$/.test(text) || cpus < 0.01) throw new InvalidArgumentError('Give a number such as 1.5, at least 0.01.');
  return cpus;
}

/** Bytes of a size with docker's suffixes b, k, m, g. */
function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([bkmg])?b?$/i.exec(text);
  if (!match) throw new InvalidArgumentError('Give a size such as 512m.');
  return Math.round(Number(match[1]) * 1024 ** 'bkmg'.indexOf((match[2] ?? 'b').toLowerCase()));
}
