/** When a run of the app began and ended, in ms since the epoch. */
export interface Span {
  start: number;
  end: number;
}

/** The runs whose answers are compared, and what is compared in them. */
export interface Spans {
  originals: readonly Span[];
  shrunk: Span;
  /** What the compared value is called: its header, its key, or the words before it. */
  name?: string;
}

/** One place in an answer where the shrunk image may have something else, and what was accepted there. */
export interface Place {
  /** Where it is in the answer, e.g. `line 3` or `$.items[0].id`. Empty: the whole answer. */
  place: string;
  originals: string[];
  shrunk: string;
}

/** The shrunk image's answer is another one. */
export interface Unlike {
  /** Where the difference is, or the reason where it can't be seen in the two answers. */
  reason?: string;
}

/** An answer that is another one, as can be seen. */
export const DIFFERS: Unlike = {};

/** What a comparison says: the places with accepted variations (none, where all is equal), or that the answer is another one. */
export type Likeness = Place[] | Unlike;

export function isAlike(likeness: Likeness): likeness is Place[] {
  return Array.isArray(likeness);
}

/** Whether all values are the same. */
export function allEqual<T>(values: readonly T[]): boolean {
  return values.every((value) => value === values[0]);
}

/** Joins the comparisons of parts. One part that is unlike makes the whole unlike. */
export function joined(parts: Iterable<Likeness>): Likeness {
  const places: Place[] = [];
  for (const part of parts) {
    if (!isAlike(part)) return part;
    for (const place of part) places.push(place);
  }
  return places;
}

/** Says in which part the places are, or what differs. */
export function inside(part: string, likeness: Likeness): Likeness {
  if (!isAlike(likeness)) return likeness.reason === undefined ? { reason: part } : likeness;
  return likeness.map((one) => ({ ...one, place: one.place === '' ? part : `${part}, ${one.place}` }));
}
