import picomatch from 'picomatch';
import { baseName, type RootFs } from '../rootfs.js';

/** The paths of an image that match a glob. A directory that matches comes without its contents. */
export function expandGlob(fs: RootFs, pattern: string): string[] {
  const { base, glob } = picomatch.scan(pattern);
  if (glob === '') return fs.resolve(pattern, false) ? [pattern] : [];
  return below(fs, fs.resolve(base)?.path, base, picomatch(pattern, { dot: true }));
}

/**
 * Paths below a directory that match.
 * @param directory the directory without links
 * @param shown the directory as the glob names it; the results begin with it
 */
function below(fs: RootFs, directory: string | undefined, shown: string, matches: (path: string) => boolean): string[] {
  if (directory === undefined) return [];
  return fs.list(directory).flatMap((path) => {
    const name = `${shown === '/' ? '' : shown}/${baseName(path)}`;
    return [...(matches(name) ? [name] : []), ...(fs.lstat(path)?.type === 'd' ? below(fs, path, name, matches) : [])];
  });
}
