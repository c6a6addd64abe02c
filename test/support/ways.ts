import { copyFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { basename, join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { execa } from 'execa';
import { exerciseOf } from '../../src/commands/exercise.js';
import { withExercise, withRun } from '../../src/commands/flags.js';
import type { Attached, Container, ImageInfo, Session } from '../../src/engines/engine.js';
import type { Answers } from '../../src/exercise/answers.js';
import type { Exercise } from '../../src/exercise/exercise.js';
import { perform } from '../../src/exercise/perform.js';
import type { Helper, Kit } from '../../src/guest/helper.js';
import type { ImageConfig } from '../../src/images/config.js';
import { App, commandOf, stopSignal } from '../../src/watching/app.js';
import { docker, workdir } from './engine.js';

/** Parses command line options and arguments as `pyshrink trace` does. */
export async function exerciseFrom(options: readonly string[], args: readonly string[]): Promise<Exercise> {
  let exercise: Promise<Exercise> | undefined;
  const command = withExercise(withRun(new Command().exitOverride()))
    .argument('[CMD...]')
    .action((words, flags) => {
      exercise = exerciseOf(words, flags);
    });
  await command.parseAsync([...options, '--', ...args], { from: 'user' });
  return exercise as Promise<Exercise>;
}

/** Seconds that an app may take to end, on a busy computer. */
const PATIENCE = 120;

/** An app that runs without tracing. */
class PlainApp extends App {
  private request: NodeJS.Signals;

  constructor(
    container: Container,
    config: ImageConfig,
    kit: Kit,
    streams: Attached,
    private readonly wrap: readonly string[],
  ) {
    super(container, config, kit, streams);
    this.request = stopSignal(config);
  }

  /** An app that does not handle its stop signal is killed at once, and any other gets all the time that it needs. */
  override async stop(): Promise<void> {
    if (this.exit === undefined && !(await handles(this.container.id, constants.signals[this.request]))) this.request = 'SIGKILL';
    return super.stop();
  }

  protected override stopRequest(): string {
    return this.request;
  }

  protected override execCommand(command: readonly string[]): string[] {
    return [...this.wrap, ...command];
  }
}

export interface Plain {
  answers: Answers;
  /** The app's exit status, even if it was stopped. */
  exit: number;
}

export interface PlainOptions {
  /** Words to put before the command, e.g. strace and its options. */
  wrap?: readonly string[];
  mounts?: readonly string[];
  /** Stops the app with SIGKILL. Default: true with `wrap`, because a wrapper does not pass signals on. */
  abrupt?: boolean;
}

/** Runs an exercise on an image without tracing. */
export async function runPlain(
  session: Session,
  helper: Helper,
  image: ImageInfo,
  exercise: Exercise,
  { wrap = [], mounts = [], abrupt = wrap.length > 0 }: PlainOptions = {},
): Promise<Plain> {
  const { run, args, input, reset, compose, limits } = exercise;
  const service = compose && (await session.startBeside?.(compose.file, compose.service, limits.start, () => {}));
  for (const command of reset) await execa('sh', ['-c', command]);
  const container = await session.create({
    image: image.id,
    command: [...wrap, ...commandOf(image.config, run, args)],
    run: { ...run, volume: [...run.volume, ...mounts], ...(wrap.length > 0 && { capAdd: [...run.capAdd, 'SYS_PTRACE'] }) },
    volume: helper.volume,
    attachInput: input !== undefined,
    ...(service && { like: service.id }),
    role: 'app',
  });
  const config = { ...image.config, StopTimeout: PATIENCE, ...(abrupt && { StopSignal: 'SIGKILL' }) };
  const streams = await container.start();
  if (input !== undefined) streams.stdin.on('error', () => {}).end(Buffer.from(input, 'base64'));
  const app = new PlainApp(container, config, await helper.kitFor(image.id), streams, wrap);
  const { answers } = await perform(app, image.config, exercise, () => {});
  const exit = await app.ended;
  await service?.end();
  return { answers, exit };
}

/** Whether the first process of a container handles a signal, or waits for it (sigwait(3)). Otherwise the kernel ignores it. */
async function handles(container: string, signal: number): Promise<boolean> {
  const pid = await docker('inspect', '-f', '{{.State.Pid}}', container);
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''); // it has ended
  return [...status.matchAll(/^Sig(?:Cgt|Blk):\s*(\w+)/gm)].some(([, bits]) => (BigInt(`0x${bits}`) >> BigInt(signal - 1)) & 1n);
}

/** Copies this computer's strace, its libraries and its loader to a folder, so that it runs in any image. Returns the folder. */
export async function portableStrace(): Promise<string> {
  const folder = workdir();
  const { stdout } = await execa('sh', ['-c', 'ldd "$(command -v strace)"; command -v strace']);
  for (const line of stdout.split('\n')) {
    const path = /(\/\S+)/.exec(line)?.[1];
    if (path) copyFileSync(path, join(folder, /ld-linux/.test(path) ? 'ld.so' : basename(path)));
  }
  return folder;
}

/** Command line that runs a program under the portable strace. Its folder must be mounted at /strace, and one for logs at /strace-out. */
export function underStrace(): string[] {
  const calls = 'open,openat,execve,creat,chdir,chroot';
  return [
    '/strace/ld.so',
    '--library-path',
    '/strace',
    '/strace/strace',
    '-ff',
    // Stops the app at these calls only, not at all of them.
    '--seccomp-bpf',
    '-y',
    '-s',
    '4096',
    '-e',
    `trace=${calls}`,
    '-o',
    '/strace-out/log',
  ];
}
