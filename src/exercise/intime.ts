import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for `work` at most so many seconds.
 * @param late makes the error for work that takes longer
 */
export async function inTime<T>(work: Promise<T>, seconds: number, late: () => Error): Promise<T> {
  const timer = new AbortController();
  const over = sleep(seconds * 1000, undefined, { signal: timer.signal }).then(
    () => {
      throw late();
    },
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([work, over]);
  } finally {
    timer.abort();
  }
}
