import fc from 'fast-check';
import { normalizeName } from '../../src/python/metadata.js';

/** Names that every JavaScript object has: `constructor`, `toString`, `__proto__` and others. */
export const INHERITED: readonly string[] = Object.getOwnPropertyNames(Object.prototype);

/** The names in another order each time, so that each has each part in turn. */
export const inOtherOrders = fc.shuffledSubarray([...INHERITED], { minLength: INHERITED.length });

/** A name of the same shape that no object has: each letter becomes the next one. */
export function twinOf(name: string): string {
  return name.replace(/[a-yA-Y]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 1));
}

/** A text with twins in place of all names, also of those of distributions (PEP 503). */
export function withTwins(text: string): string {
  const all = INHERITED.flatMap((name) => [name, normalizeName(name)]);
  return text.replace(new RegExp(all.join('|'), 'g'), twinOf);
}
