import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import type { ExecProcess } from '../engine.js';

/** A process with its streams, and its number. */
export interface StartedProcess extends ExecProcess {
  pid: number | undefined;
  /** Where the process tells something of itself: descriptor 3. */
  report: Readable;
  kill(): void;
}

export interface StartOptions {
  environment: Record<string, string>;
  input: boolean;
  cwd?: string;
}

/** Starts a program with exactly this environment. Its exit status is 128 and the signal's number where one ended it. */
export function startProcess([file, ...args]: readonly string[], { environment, input, cwd }: StartOptions): StartedProcess {
  const child = execa(file as string, args, {
    reject: false,
    buffer: false,
    extendEnv: false,
    env: environment,
    ...(cwd !== undefined && { cwd }),
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const exit = child.then(({ exitCode, signal }) => exitCode ?? 128 + (signal ? constants.signals[signal as NodeJS.Signals] : 0));
  return {
    pid: child.pid,
    stdin: child.stdin as Writable,
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    report: child.stdio[3] as unknown as Readable,
    exit,
    kill: () => child.kill('SIGKILL'),
  };
}

/** Sends a signal to a process that may have ended. */
export function sendSignal(pid: number, name: string): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The environment of this process, for programs that set containers up. */
export function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
