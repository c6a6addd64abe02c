import { constants } from 'node:os';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { execa } from 'execa';
import type { ExecProcess } from './engine.js';

/** A process that we started on this computer. */
export interface StartedProcess extends ExecProcess {
  /** Undefined where it could not be started. */
  pid: number | undefined;
  /** What it writes to descriptor 3; null without {@link StartOptions.report}. */
  report: Readable | null;
  kill(): void;
}

export interface StartOptions {
  /** All variables that it gets. */
  environment: Record<string, string>;
  /** Whether it has a standard input. */
  input: boolean;
  cwd?: string;
  /** Opens descriptor 3 for a report of its own. Others must not have it, since the app would inherit it. */
  report?: true;
}

/** Starts a program with exactly this environment. Where a signal ends it, its exit status is 128 + the signal's number. */
export function startProcess([file, ...args]: readonly string[], { environment, input, cwd, report }: StartOptions): StartedProcess {
  const child = execa(file as string, args, {
    reject: false,
    buffer: false,
    extendEnv: false,
    env: environment,
    ...(cwd !== undefined && { cwd }),
    stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe', ...(report ? (['pipe'] as const) : [])],
    // setpriv --pdeathsig kills it; execa's cleanup would run before our signal handlers.
    cleanup: false,
  });
  // Read from the start: a process that ends at once would take its message with it.
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

/** Sends a signal, by name or number. A process that has ended already is no error. */
export function sendSignal(pid: number, name: string): void {
  try {
    process.kill(pid, /^\d+$/.test(name) ? Number(name) : name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The environment of this process, for the programs that make namespaces. */
export function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
