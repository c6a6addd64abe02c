import { above } from '../python/classify.js';
import { parentOf, push } from '../rootfs.js';

/** Walks that have a note of their own. A walk over everything has thousands of directories. */
const LISTED = 5;
/** Of so many directories in one directory, a note names that one. */
const SIBLINGS = 3;

/**
 * Notes about walks that were not kept, the largest first.
 * @param walked directory → number of entries looked up
 */
export function walkNotes(walked: ReadonlyMap<string, number>): string[] {
  const topOf = (directory: string) =>
    above(directory, '')
      .filter((folder) => walked.has(folder))
      .at(-1) ?? directory;
  const tops = grouped([...walked], ([directory]) => topOf(directory));
  const siblings = grouped([...tops], ([top]) => parentOf(top));
  const walks = [...siblings].flatMap(([parent, parts]) =>
    parts.length < SIBLINGS
      ? parts.map(([top, inside]) => ({ where: inside.length > 1 ? `${top} and directories in it` : top, entries: sum(inside) }))
      : [{ where: `${parts.length} directories in ${parent}`, entries: sum(parts.flatMap(([, inside]) => inside)) }],
  );
  const all = walks.sort((a, b) => b.entries - a.entries);
  const rest = all.slice(LISTED).reduce((total, { entries }) => total + entries, 0);
  return [
    ...all.slice(0, LISTED).map(({ where, entries }) => `a walk over ${where} was not kept (${entries} entries looked up)`),
    ...(all.length > LISTED ? [`${all.length - LISTED} more walks were not kept (${rest} entries looked up)`] : []),
  ];
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) push(groups, key(item), item);
  return groups;
}

function sum(counts: readonly [string, number][]): number {
  return counts.reduce((total, [, count]) => total + count, 0);
}
