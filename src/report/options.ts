import { parentOf } from '../rootfs.js';

/** Characters that have a meaning in a glob (picomatch). */
const MAGIC = /[\\*?[\]{}()!+@|]/g;
/** What no shell changes. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** Names groups of paths by as few paths as possible: a folder stands for several paths below it, where all of them are meant. */
export class Folding {
  /** Folder → how many of all paths are below it. */
  private readonly below: ReadonlyMap<string, number>;

  /** @param all the paths that count: a name must not stand for one of them that is not meant */
  constructor(all: Iterable<string>) {
    this.below = countBelow(all);
  }

  /** @param paths some of all paths */
  fold(paths: readonly string[]): string[] {
    const meant = countBelow(paths);
    const found = new Set<string>();
    for (const path of paths) {
      let [top, stands] = [path, 1];
      for (let at = parentOf(path); at !== '/' && meant.get(at) === this.below.get(at); at = parentOf(at)) {
        // `/usr/bin` for a single program would only puzzle.
        const count = meant.get(at) ?? 0;
        if (count > stands) [top, stands] = [at, count];
      }
      found.add(top);
    }
    return [...found].sort();
  }

  /** The same as options, ready to paste: `--exclude /usr/lib/git-core --exclude /usr/bin/git`. */
  options(option: '--include' | '--exclude', paths: readonly string[]): string {
    return this.fold(paths)
      .map((path) => `${option} ${quoted(path.replace(MAGIC, '\\$&'))}`)
      .join(' ');
  }
}

function countBelow(paths: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) for (let at = parentOf(path); at !== '/'; at = parentOf(at)) counts.set(at, (counts.get(at) ?? 0) + 1);
  return counts;
}

/** A word as a POSIX shell reads it. */
function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
