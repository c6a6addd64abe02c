import { z } from 'zod';

/**
 * What the user expects of a step's answer, where the usual rules of smoke/worked.ts do not fit or do not suffice.
 * Everything that is named must hold.
 */
export const ExpectSchema = z.strictObject({
  /** Statuses of a response, any of which is right. */
  status: z.array(z.number().int()).min(1).exactOptional(),
  /** Exit statuses of a command, any of which is right. */
  exit: z.array(z.number().int()).min(1).exactOptional(),
  /** Texts, all of which must be in the body, the output or the greeting. */
  contains: z.array(z.string()).min(1).exactOptional(),
  /** A JavaScript regular expression for the same text. `^` and `$` match at each line. */
  matches: z.string().exactOptional(),
  /** Values of response headers, by name. */
  headers: z.record(z.string(), z.string()).exactOptional(),
});
export type Expect = z.infer<typeof ExpectSchema>;

/** What each kind of step can expect. The other kinds have no answer. */
export const EXPECTABLE = {
  http: ['status', 'contains', 'matches', 'headers'],
  exec: ['exit', 'contains', 'matches'],
  script: ['exit', 'contains', 'matches'],
  websocket: ['status', 'contains', 'matches'],
  tcp: ['contains', 'matches'],
} as const satisfies Record<string, readonly (keyof Expect)[]>;

/** The values that a status of a response and an exit status can have. */
export const STATUS_RANGE = { least: 100, most: 599 } as const;
export const EXIT_RANGE = { least: 0, most: 255 } as const;

/** The expression of `matches`. @throws SyntaxError where it is none */
export function expectedPattern(matches: string): RegExp {
  return new RegExp(matches, 'm');
}
