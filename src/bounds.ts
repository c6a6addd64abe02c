import { AsyncLocalStorage } from 'node:async_hooks';
import { UserError } from './errors.js';

/** How much an image, an archive or an app may give. What gives more is refused. */
export interface Bound {
  what: string;
  default: number;
  /** Largest value that can be given. */
  most: number;
  unit: 'bytes' | 'number' | 'seconds';
}

/** V8 has no string with more characters, and texts of containers are read as strings. */
const LONGEST_STRING = (1 << 29) - 24;

/** The bounds, by the names that `--limit NAME=VALUE` takes. */
export const BOUNDS = {
  answer: {
    what: 'bytes of one answer of the helper, or of the app to a request',
    default: 256 << 20,
    most: Math.floor(LONGEST_STRING / 4) * 3, // answers are stored as base64
    unit: 'bytes',
  },
  files: { what: 'files of an image, in all its layers', default: 2_000_000, most: Number.MAX_SAFE_INTEGER, unit: 'number' },
  depth: { what: 'folders in one another', default: 512, most: 2048, unit: 'number' },
  unpacked: { what: 'bytes of all files in the layers of an image', default: 256 * 2 ** 30, most: Number.MAX_SAFE_INTEGER, unit: 'bytes' },
  observed: { what: 'bytes that the probes write in one run', default: 128 << 20, most: LONGEST_STRING, unit: 'bytes' },
  output: { what: 'bytes of each output of a program', default: 16 << 20, most: LONGEST_STRING / 4, unit: 'bytes' },
  helper: { what: 'seconds that the helper may take for an answer', default: 600, most: 1e6, unit: 'seconds' },
} as const satisfies Record<string, Bound>;

export type BoundName = keyof typeof BOUNDS;
export type Bounds = Readonly<Partial<Record<BoundName, number>>>;

// The readers of what an image gives are far from the command line. So the bounds of a command are those of all work that it
// starts, as a locale or a deadline would be, and two commands in one process have their own.
const given = new AsyncLocalStorage<Bounds>();

/** Does some work with other bounds than the default ones. */
export function withBounds<T>(bounds: Bounds, work: () => T): T {
  return given.run(bounds, work);
}

/** The value of a bound here. */
export function boundOf(name: BoundName): number {
  return given.getStore()?.[name] ?? BOUNDS[name].default;
}

/**
 * Something goes over a bound.
 * @param subject what does, as the start of a sentence, e.g. `The inventory of app:1`
 */
export function boundError(name: BoundName, subject: string): UserError {
  const { what, unit } = BOUNDS[name];
  const value = boundOf(name);
  return new UserError(
    `${subject} goes over the limit \`${name}\`: ${value} ${what}.`,
    `If you trust the image, allow more with --limit ${name}=${unit === 'seconds' ? 'SECONDS' : unit === 'bytes' ? 'SIZE' : 'N'}.`,
  );
}

/** @throws UserError where a value goes over a bound */
export function requireBound(name: BoundName, value: number, subject: string): void {
  if (value > boundOf(name)) throw boundError(name, subject);
}
