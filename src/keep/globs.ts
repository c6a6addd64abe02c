import picomatch from 'picomatch';
import { baseName, type RootFs } from '../rootfs.js';

/** What makes a glob more than its parts between slashes: what may stand for a slash, a part without a name, a part that negates. */
const NO_SEGMENTS = /\*\*|[({[\\]|\/\/|\/$|(^|\/)!/;

/** Each closure of offers asks for the same ones again. An image does not change. */
const known = new WeakMap<RootFs, Map<string, readonly string[]>>();

/** The paths of an image that match a glob. A directory that matches comes without its contents. */
export function expandGlob(fs: RootFs, pattern: string): readonly string[] {
  const ofImage = known.get(fs) ?? new Map<string, readonly string[]>();
  known.set(fs, ofImage);
  const found = ofImage.get(pattern) ?? search(fs, pattern);
  ofImage.set(pattern, found);
  return found;
}

function search(fs: RootFs, pattern: string): string[] {
  const { base, glob } = picomatch.scan(pattern);
  if (glob === '') return fs.resolve(pattern, false) ? [pattern] : [];
  const directory = fs.resolve(base)?.path;
  if (NO_SEGMENTS.test(glob)) return below(fs, directory, base, picomatch(pattern, { dot: true }));
  return inSegments(
    fs,
    directory,
    base,
    glob.split('/').map((segment) => picomatch(segment, { dot: true })),
  );
}

/** Paths that match segment by segment: only directories that match are looked into. */
function inSegments(fs: RootFs, directory: string | undefined, shown: string, segments: readonly ((name: string) => boolean)[]): string[] {
  const [matches, ...rest] = segments;
  if (directory === undefined || !matches) return [];
  return fs.list(directory).flatMap((path) => {
    if (!matches(baseName(path))) return [];
    const name = `${shown === '/' ? '' : shown}/${baseName(path)}`;
    if (rest.length === 0) return [name];
    return fs.lstat(path)?.type === 'd' ? inSegments(fs, path, name, rest) : [];
  });
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
