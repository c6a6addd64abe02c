import { z } from 'zod';

// Objects whose keys come from an image, or from a user, may have the names of what every object inherits.

/**
 * A schema for a record with any key. zod's own records drop the key `__proto__`, and an image may have a module or a
 * function of that name. Go through it with Object.entries, or read it with {@link own}.
 */
export const anyRecord = <T>(value: z.ZodType<T>) =>
  z
    .custom<Record<string, unknown>>((input) => typeof input === 'object' && input !== null && !Array.isArray(input))
    .transform((input) => Object.entries(input))
    .pipe(z.array(z.tuple([z.string(), value])))
    .transform((entries): Readonly<Record<string, T>> => Object.fromEntries(entries));

/** A value of a record; undefined if it has no such key. An index would find what every object inherits, as `constructor`. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
