import { ExitCode } from '../errors.js';

/**
 * Milliseconds in which a further signal belongs to the same key press: a terminal sends Ctrl-C to all programs of its group,
 * and npx passes it on to its child once more.
 */
const SAME_KEY = 500;

/**
 * Does work that the user may interrupt: the first signal asks it to remove what it made, a later one ends the process.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let again = false;
  const interrupted = () => {
    if (!controller.signal.aborted) {
      process.stderr.write('\nInterrupted: removing what was made ...\n');
      controller.abort();
      // Not by the clock: on a busy computer, a signal may wait much longer for this process to look at it. Signals that
      // wait when the time is over are handled before setImmediate (event loop of Node.js: timers, poll, check).
      setTimeout(() => setImmediate(() => (again = true)), SAME_KEY).unref();
    } else if (again) {
      process.stderr.write('Interrupted again: `pyshrink doctor --clean` removes what is left.\n');
      process.exit(ExitCode.interrupted);
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupted);
  try {
    return await work(controller.signal);
  } catch (error) {
    // Other errors follow from closing the session, so they are not printed.
    if (controller.signal.aborted) process.exit(ExitCode.interrupted);
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, interrupted);
  }
}
