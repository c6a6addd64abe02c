import { constants } from 'node:os';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { execa } from 'execa';
import type { ExecProcess } from './engine.js';

/** A process with its streams, and its number. */
export interface StartedProcess extends ExecProcess {
  pid: number | undefined;
  /** What it writes to descriptor 3, where that was asked for. */
  report: Readable | null;
  kill(): void;
}

export interface StartOptions {
  environment: Record<string, string>;
  input: boolean;
  cwd?: string;
  /** Gives the process a descriptor 3 to tell something of itself by; others have none that an app would inherit. */
  report?: true;
}

/** Starts a program with exactly this environment. Its exit status is 128 and the signal's number where one ended it. */
export function startProcess([file, ...args]: readonly string[], { environment, input, cwd, report }: StartOptions): StartedProcess {
  const child = execa(file as string, args, {
    reject: false,
    buffer: false,
    extendEnv: false,
    env: environment,
    ...(cwd !== undefined && { cwd }),
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe', ...(report ? (['pipe'] as const) : [])],
    // It dies with us by the kernel's hand; the library's own way would keep our handlers of signals from their work.
    cleanup: false,
  });
  // Read at once: what a process said before it ended would be gone with it.
  const stderr = (child.stderr as Readable).pipe(new PassThrough());
  const exit = child.then(({ exitCode, signal }) => exitCode ?? 128 + (signal ? constants.signals[signal as NodeJS.Signals] : 0));
  return {
    pid: child.pid,
    stdin: child.stdin as Writable,
    stdout: child.stdout as Readable,
    stderr,
    report: report ? (child.stdio[3] as unknown as Readable) : null,
    exit,
    kill: () => child.kill('SIGKILL'),
  };
}

/** Sends a signal, by name or number, to a process that may have ended. */
export function sendSignal(pid: number, name: string): void {
  try {
    process.kill(pid, /^\d+$/.test(name) ? Number(name) : name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The environment of this process, for programs that set containers up. */
export function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
