import type { Costly } from '../keep/offers.js';
import { isLibraryName } from '../os/places.js';
import { baseName, parentOf, push } from '../rootfs.js';
import { megabytes } from '../ui/table.js';
import { describePlace } from './words.js';

/** How many of what other code names are shown. What the app's own code names is shown whole. */
const SHOWN = 5;
/** How many of the files that one native file opens are shown. */
const OPENED_SHOWN = 3;

/**
 * What is left out since it is expensive: `not kept: git (12.0 MB, named at line 78 of pandas._version), ...`, and what native code opens.
 * @param isOwn whether a path is the app's own code: what that names comes first
 */
export function costlyLines(costly: readonly Costly[], isOwn: (path: string) => boolean = () => false): string[] {
  const opened = costly.filter(({ reason }) => reason.rule === 'opens');
  const named = costly.filter(({ reason }) => reason.rule !== 'opens');
  const own = named.filter(({ reason }) => reason.parents.some(isOwn));
  const others = named.filter((one) => !own.includes(one));
  const shown = [...own, ...others.slice(0, Math.max(0, SHOWN - own.length))].map(
    (one) => `${globFor(one)} (${megabytes(one.bytes)}, named at ${describePlace(one.reason)})`,
  );
  const more = named.length - shown.length;
  const line = `not kept: ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}: code names it, but no run used it; to keep one, use it in the exercise or --include it`;
  return [...(named.length === 0 ? [] : [line]), ...openedLines(opened)];
}

/** The path, or what stands for all paths of an offer that is a part of a folder. */
function globFor({ path, paths, reason }: Costly): string {
  if (reason.kind !== 'inside' || paths.length < 2) return path;
  let folder = parentOf(path);
  while (folder !== '/' && !paths.every((other) => other.startsWith(`${folder}/`))) folder = parentOf(folder);
  // A link may lead out of the part, or of the folder itself.
  return folder.startsWith(`${reason.subject}/`) ? `${folder}/**` : path;
}

/** A line for each native file whose libraries are left out: `libcudnn.so.9 opens 7 libraries of 900.0 MB that were not seen`. */
function openedLines(opened: readonly Costly[]): string[] {
  const by = new Map<string, Costly[]>();
  for (const one of opened) push(by, one.reason.parents[0] ?? '', one);
  return [...by].map(([opener, all]) => {
    const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    const kind = all.every(({ path }) => isLibraryName(path)) ? 'libraries' : 'files';
    const names = all.map(({ path }) => (isLibraryName(path) ? baseName(path) : path));
    const list = `${names.slice(0, OPENED_SHOWN).join(', ')}${names.length > OPENED_SHOWN ? ', ...' : ''}`;
    const what = all.length > 1 ? `${all.length} ${kind} (${list})` : list;
    return `${baseName(opener)} opens ${what} of ${megabytes(bytes)} that ${all.length === 1 ? 'was' : 'were'} not seen; to keep ${all.length === 1 ? 'it' : 'one'}, use it in the exercise or --include it`;
  });
}
