/**
 * Work that waits for names. A name that is awake stays awake, so the order in which names and work come does not matter.
 */
export class Sleepers<T> {
  private readonly awake = new Set<string>();
  private readonly asleep = new Map<string, (() => T[])[]>();
  /** Set while work is done: names that it wakes wait here, since a chain of names may be longer than the stack. */
  private pending: string[] | undefined;

  /** Does the work now where the name is awake, else once it is. @returns what the work gives now */
  add(name: string, work: () => T[]): T[] {
    if (this.awake.has(name)) return work();
    const waiting = this.asleep.get(name);
    if (waiting) waiting.push(work);
    else this.asleep.set(name, [work]);
    return [];
  }

  /** Wakes names, and those that their work wakes in turn. @returns what the work gives; for a call by work itself, the outer call returns it */
  wake(names: Iterable<string>): T[] {
    if (this.pending) {
      for (const name of names) this.pending.push(name);
      return [];
    }
    const results: T[] = [];
    this.pending = [...names];
    for (let name = this.pending.pop(); name !== undefined; name = this.pending.pop()) {
      if (this.awake.has(name)) continue;
      this.awake.add(name);
      const waiting = this.asleep.get(name) ?? [];
      this.asleep.delete(name);
      for (const work of waiting) results.push(...work());
    }
    this.pending = undefined;
    return results;
  }
}
