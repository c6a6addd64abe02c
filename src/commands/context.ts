import { chooseEngine } from '../engines/choose.js';
import type { Engine, Session } from '../engines/engine.js';
import { ExitCode, UserError } from '../errors.js';
import { parseImageName } from '../images/name.js';
import { createProgress, type Progress } from '../ui/progress.js';
import type { EngineFlags } from './options.js';

/** What every command works with. */
export interface CommandContext {
  engine: Engine;
  session: Session;
  progress: Progress;
}

/** Which engine is wanted, and for which image. */
export interface EngineWish extends EngineFlags {
  reference?: string;
}

/** A terminal's Ctrl-C comes to all programs of its group, and those that started us, as npx, pass it on once more. */
const SAME_MILLISECONDS = 500;

/**
 * Opens an engine and a session, does the work, and removes everything that the session made: also when the work fails
 * or the user interrupts it, which ends the process with 130: once that is done, or at once if the user insists.
 */
export async function withSession<T>(wish: EngineWish, work: (context: CommandContext) => Promise<T>): Promise<T> {
  const engine = await chooseEngine(wish.engine, wish.reference === undefined ? undefined : parseImageName(wish.reference));
  const session = await engine.openSession();
  let since: number | undefined;
  const interrupted = () => {
    if (since === undefined) {
      since = performance.now();
      process.stderr.write('\nInterrupted: removing what was made ...\n');
      session.close().finally(() => process.exit(ExitCode.interrupted));
    } else if (performance.now() - since > SAME_MILLISECONDS) {
      process.stderr.write('Interrupted again: `pyshrink doctor --clean` removes what is left.\n');
      process.exit(ExitCode.interrupted);
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupted);
  try {
    return await work({ engine, session, progress: createProgress() });
  } finally {
    await session.close();
    for (const signal of signals) process.off(signal, interrupted);
  }
}

/** Prints an error and returns the exit code that goes with it. */
export function reportError(error: unknown, debug: boolean): number {
  if (error instanceof UserError) {
    process.stderr.write(`pyshrink: ${error.message}\n  ${error.remedy}\n`);
    if (debug) process.stderr.write(`${error.stack}\n`);
    return error.exitCode;
  }
  const text = error instanceof Error ? (debug ? error.stack : error.message) : String(error);
  process.stderr.write(`pyshrink: unexpected: ${text}\n  ${debug ? '' : 'Run it again with --debug and report what it prints.'}\n`);
  return ExitCode.failed;
}
