import { access, constants as modes } from 'node:fs/promises';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import { execa } from 'execa';
import type { ExecProcess } from './engine.js';

/** The first descriptor after the standard streams: see {@link StartOptions.channels}. */
export const CHANNELS = 3;

/** A process that we started on this computer. */
export interface StartedProcess extends ExecProcess {
  /** The program as it was named. */
  program: string;
  /** Undefined where it could not be started. */
  pid: number | undefined;
  /** Our ends of its descriptors from {@link CHANNELS} on: see {@link StartOptions.channels}. Each is read and written. */
  channels: readonly Duplex[];
  kill(): void;
}

export interface StartOptions {
  /** All variables that it gets. */
  environment: Record<string, string>;
  /** Whether it has a standard input. */
  input: boolean;
  cwd?: string;
  /** How many more descriptors it has, from {@link CHANNELS} on. Others must not have them, since the app would inherit them. */
  channels?: number;
  /** Starts it in a session of its own, without our terminal (setsid(2)): it can't put input into the terminal. */
  newSession?: true;
}

/** Starts a program with exactly this environment. Where a signal ends it, its exit status is 128 + the signal's number. */
export function startProcess(
  [file, ...args]: readonly string[],
  { environment, input, cwd, channels = 0, newSession }: StartOptions,
): StartedProcess {
  const child = execa(file as string, args, {
    reject: false,
    buffer: false,
    extendEnv: false,
    env: environment,
    ...(cwd !== undefined && { cwd }),
    ...(newSession && { detached: true }),
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe', ...Array<'pipe'>(channels).fill('pipe')],
    // setpriv --pdeathsig kills it; execa's cleanup would run before our signal handlers.
    cleanup: false,
  });
  // Read from the start: execa drops what is there before somebody reads, and a process may end before that.
  const stdout = (child.stdout as Readable).pipe(new PassThrough());
  const stderr = (child.stderr as Readable).pipe(new PassThrough());
  const exit = child.then(({ exitCode, signal }) => exitCode ?? 128 + (signal ? constants.signals[signal as NodeJS.Signals] : 0));
  return {
    program: file as string,
    pid: child.pid,
    stdin: child.stdin as Writable,
    stdout,
    stderr,
    channels: child.stdio.slice(CHANNELS) as unknown as Duplex[],
    exit,
    kill: () => child.kill('SIGKILL'),
  };
}

/** Sends a signal, by name or number. A process that has ended already is no error. */
export function sendSignal(pid: number, name: string): void {
  try {
    process.kill(pid, /^\d+$/.test(name) ? Number(name) : name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The only variable of programs of this computer that work on containers. They are never found by an image's PATH. */
export function toolEnvironment(): Record<string, string> {
  return { PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin` };
}

/** Whether a program is installed on this computer, where {@link toolEnvironment} looks. */
export async function isInstalled(program: string): Promise<boolean> {
  const folders = (toolEnvironment().PATH as string).split(delimiter).filter(Boolean);
  return Promise.any(folders.map((folder) => access(join(folder, program), modes.X_OK))).then(
    () => true,
    () => false,
  );
}
