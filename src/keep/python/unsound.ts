import type { Spot } from '../../trace/schema.js';
import { HARMLESS_SPOTS } from '../data/spots.js';
import type { CodeThatRan } from './ran.js';

/**
 * The places in the code that ran, and in the app's own code, where names are computed, so that reading cannot follow
 * them; the app's own come first. Not those in the standard library: what they reach is known (data/standardlibrary.ts).
 * Nor those of well-known libraries that are harmless (data/spots.ts).
 */
export function unsoundSpots({ world, own }: CodeThatRan): Spot[] {
  const spots = world.spots();
  const isOwn = ({ file }: Spot) => own.code.has(file) || world.distributions.ownerOf(file)?.local === true;
  const inOwn = spots.filter(isOwn);
  const others = spots.filter((spot) => !isOwn(spot) && !isHarmless(spot));
  return [...inOwn.map((spot): Spot => ({ ...spot, own: true })), ...others];
}

function isHarmless({ file, kind }: Spot): boolean {
  return HARMLESS_SPOTS.some((known) => known.kind === kind && file.endsWith(`-packages/${known.file}`));
}
