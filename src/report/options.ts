import { parentOf, push } from '../rootfs.js';

/** Characters that have a meaning in a glob (picomatch), also inside of braces. */
const MAGIC = /[\\*?[\]{}()!+@|,]/g;
/** What no shell changes. */
const PLAIN = /^[\w@%+=:,./-]+$/;
/** Characters of options that a report gives: a few lines of a terminal. */
const LONGEST = 600;
/** The share of the largest from which on a path is worth an option. */
const WORTH = 1 / 500;

/** Options for some paths, ready to paste. */
export interface Options {
  text: string;
  /** The paths that they stand for: the largest, where options for all would be too long. */
  paths: string[];
}

/** A path with its bytes; a link has none. */
interface Sized {
  path: string;
  size: number;
  isFile: boolean;
}

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
    return [...this.groups(paths, (path) => path).keys()].sort();
  }

  /**
   * Options for some of all paths: `--exclude /usr/lib/git-core --exclude '/usr/bin/{git,scalar}'`. Files that are very small
   * beside the others have none; where the options are too long, only the largest have.
   * @param first paths that go before larger ones, however small they are
   */
  options(option: '--include' | '--exclude', meant: readonly Sized[], first: (path: string) => boolean = () => false): Options {
    const sized = [...this.groups(meant, ({ path }) => path)].map(([top, group]) => ({
      top,
      group,
      size: group.reduce((sum, { size }) => sum + size, 0),
    }));
    const largest = sized.reduce((most, { size }) => Math.max(most, size), 0);
    const groups = sized.map((one) => {
      // A link that stays would lead to nothing.
      const isWorth = one.size >= largest * WORTH || one.group.every(({ isFile }) => !isFile);
      return { ...one, rank: one.group.some(({ path }) => first(path)) ? 0 : isWorth ? 1 : 2 };
    });
    groups.sort((a, b) => a.rank - b.rank || b.size - a.size || (a.top < b.top ? -1 : 1));
    const worth = groups.filter(({ rank }) => rank < 2).length;
    const textOf = (count: number) =>
      withBraces(groups.slice(0, count).map(({ top }) => top))
        .map((glob) => `${option} ${quoted(glob)}`)
        .join(' ');
    // More paths seldom make shorter options, so the number is searched for by halves.
    // Each takes a comma and a character at least.
    let [fits, tooMany] = [1, Math.min(worth, LONGEST / 2) + 1];
    while (tooMany - fits > 1) {
      const middle = (fits + tooMany) >> 1;
      if (textOf(middle).length <= LONGEST) fits = middle;
      else tooMany = middle;
    }
    return { text: textOf(fits), paths: groups.slice(0, fits).flatMap(({ group }) => group.map(({ path }) => path)) };
  }

  /** The path that stands for each of some paths, and those that it stands for. */
  private groups<T>(meant: readonly T[], pathOf: (one: T) => string): Map<string, T[]> {
    const counts = countBelow(meant.map(pathOf));
    const found = new Map<string, T[]>();
    for (const one of meant) {
      const path = pathOf(one);
      let [top, stands] = [path, 1];
      for (let at = parentOf(path); at !== '/' && counts.get(at) === this.below.get(at); at = parentOf(at)) {
        // `/usr/bin` for a single program would only puzzle.
        const count = counts.get(at) ?? 0;
        if (count > stands) [top, stands] = [at, count];
      }
      push(found, top, one);
    }
    return found;
  }
}

/** Globs for paths. Paths that differ in one part have a glob together: `/usr/share/locale/{de,fr}/LC_MESSAGES/tar.mo`. */
function withBraces(paths: readonly string[]): string[] {
  const buckets = new Map<string, { parts: string[]; at: number; path: string }[]>();
  for (const path of paths) {
    const parts = path.split('/').map((part) => part.replace(MAGIC, '\\$&'));
    for (let at = parts.length - 1; at > 0; at--) {
      // Two dots in braces are a range.
      if (parts[at]?.includes('..')) continue;
      push(buckets, withPart(parts, at, '/'), { parts, at, path });
    }
  }
  const left = new Set(paths);
  const globs: string[] = [];
  for (const bucket of [...buckets.values()].sort((a, b) => b.length - a.length)) {
    const members = bucket.filter(({ path }) => left.has(path));
    const [first] = members;
    if (!first || members.length < 2) continue;
    for (const { path } of members) left.delete(path);
    const names = members.map(({ parts, at }) => parts[at] as string).sort();
    globs.push(withPart(first.parts, first.at, `{${names.join(',')}}`));
  }
  return [...globs, ...[...left].map((path) => path.replace(MAGIC, '\\$&'))].sort();
}

function withPart(parts: readonly string[], at: number, part: string): string {
  return parts.map((own, index) => (index === at ? part : own)).join('/');
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
