import { classifyFiles } from '../../python/classify.js';
import type { Distribution } from '../../python/distributions.js';
import type { Summary } from '../../python/summary.js';
import { INSTALLERS } from '../data/installers.js';

type Summaries = ReadonlyMap<string, Summary>;

/**
 * Reads the other modules of distributions of which some are read: the rules want them next. So the image's Python works while the rules
 * work on what it has read.
 */
export class ReadAhead {
  private readonly begun = new Set<Distribution>();
  private readonly coming = new Map<string, Promise<Summaries>>();

  constructor(
    private readonly summarize: (paths: readonly string[]) => Promise<Summaries>,
    /** Suffixes of extension modules. */
    private readonly suffixes: readonly string[],
  ) {}

  /** Begins to read. @param isKnown whether a path was read already */
  begin(distributions: Iterable<Distribution>, isKnown: (path: string) => boolean): void {
    const paths: string[] = [];
    for (const distribution of distributions) {
      if (this.begun.has(distribution) || distribution.local || INSTALLERS.has(distribution.name)) continue;
      this.begun.add(distribution);
      for (const [path, kind] of classifyFiles(distribution, this.suffixes)) if (kind === 'module' && !isKnown(path)) paths.push(path);
    }
    if (paths.length === 0) return;
    const answer = this.summarize(paths);
    answer.catch(() => {}); // whoever takes the answer gets the error
    for (const path of paths) this.coming.set(path, answer);
  }

  /** Whether the summary of a path is on its way. */
  has(path: string): boolean {
    return this.coming.has(path);
  }

  /** The summaries of those of the paths that were begun. */
  async take(paths: readonly string[]): Promise<Map<string, Summary>> {
    const found = new Map<string, Summary>();
    for (const path of paths) {
      const summary = (await this.coming.get(path))?.get(path);
      if (summary) found.set(path, summary);
      this.coming.delete(path);
    }
    return found;
  }
}
