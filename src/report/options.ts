import { parentOf } from '../rootfs.js';

/** Characters that have a meaning in a glob (picomatch). */
const MAGIC = /[\\*?[\]{}()!+@|]/g;
/** What no shell changes. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/**
 * Options that name just the given paths: `--exclude /usr/lib/git-core --exclude /usr/bin/git`. A folder stands for all that
 * is in it, where nothing else is.
 * @param others all paths that the option must not name
 */
export function pathOptions(option: '--include' | '--exclude', paths: Iterable<string>, others: Iterable<string>): string {
  return folded(paths, others)
    .map((path) => `${option} ${quoted(path.replace(MAGIC, '\\$&'))}`)
    .join(' ');
}

/** The fewest paths that stand for the given ones, when a folder stands for all below it. */
export function folded(paths: Iterable<string>, others: Iterable<string>): string[] {
  const mixed = new Set(['/']);
  for (const other of others) for (let at = other; at !== '/' && !mixed.has(at); at = parentOf(at)) mixed.add(at);
  const found = new Set<string>();
  for (const path of paths) {
    let top = path;
    for (let at = parentOf(path); at !== '/' && !mixed.has(at); at = parentOf(at)) top = at;
    found.add(top);
  }
  return [...found].sort();
}

/** A word as a POSIX shell reads it. */
function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
