/** How work is done side by side. */
export interface Sides<T> {
  /** How many at once at most. */
  jobs: number;
  /** Whether one depends on another one: the later one of the two waits for the earlier one. */
  clash: (one: T, other: T) => boolean;
  /** Whether there is room for one beside those that run. Alone, it always runs. */
  fits: (one: T, running: readonly T[]) => boolean;
}

/**
 * Does some work for each item, for several at once.
 * @returns the results in the order of the items
 * @throws the first error; then no further work begins
 */
export function sideBySide<T, R>(
  items: readonly T[],
  { jobs, clash, fits }: Sides<T>,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  const waiting = [...items.entries()];
  const running = new Map<number, T>();
  return new Promise((resolve, reject) => {
    let failed = false;
    const finish = (index: number, result: R) => {
      results[index] = result;
      running.delete(index);
      begin();
    };
    const fail = (error: unknown) => {
      failed = true;
      reject(error);
    };
    const begin = () => {
      if (failed) return;
      if (waiting.length + running.size === 0) return resolve(results);
      for (const entry of [...waiting]) {
        const [index, item] = entry;
        if (running.size >= jobs) return;
        const earlier = [...running.values(), ...waiting.flatMap(([other, one]) => (other < index ? [one] : []))];
        if (earlier.some((one) => clash(one, item))) continue;
        if (running.size > 0 && !fits(item, [...running.values()])) continue;
        waiting.splice(waiting.indexOf(entry), 1);
        running.set(index, item);
        (async () => work(item, index))().then((result) => finish(index, result), fail);
      }
    };
    begin();
  });
}
