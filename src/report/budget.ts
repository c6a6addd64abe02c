import { amountOf, byThing, type Contents } from './contents.js';
import type { Budget } from './model.js';

/** Limits of a shrunk image; undefined where there is none. */
export interface Limits {
  /** Bytes, as the engine counts the image. */
  maxSize?: number | undefined;
  /** Regular files. */
  maxFiles?: number | undefined;
}

/** How many culprits are named. */
const NAMED = 10;

/** Whether there is any limit. */
export function hasLimits({ maxSize, maxFiles }: Limits): boolean {
  return maxSize !== undefined || maxFiles !== undefined;
}

/**
 * Compares an image with its limits.
 * @param size bytes of the image, as the engine counts them
 * @returns null where there are no limits
 */
export function budgetOf(contents: Contents, size: number, limits: Limits): Budget | null {
  if (!hasLimits(limits)) return null;
  const { maxSize, maxFiles } = limits;
  const kept = contents.items.filter((item) => item.kept);
  const tooLarge = maxSize !== undefined && size > maxSize;
  const tooMany = maxFiles !== undefined && amountOf(kept).files > maxFiles;
  const by = tooLarge || !tooMany ? 'bytes' : 'files';
  const things = byThing(contents, kept).map(({ thing, items }) => ({ ...thing, kept: amountOf(items) }));
  const exceeded = tooLarge || tooMany;
  return {
    maxSize: maxSize ?? null,
    maxFiles: maxFiles ?? null,
    exceeded,
    culprits: exceeded ? things.sort((a, b) => b.kept[by] - a.kept[by] || (a.name < b.name ? -1 : 1)).slice(0, NAMED) : [],
  };
}
