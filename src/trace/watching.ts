import { z } from 'zod';

/**
 * How the app had to be watched. Empty: with a listener and without CAP_SYS_PTRACE, as most apps. It stands below
 * watching/, since the run record stores it.
 */
export const WatchingSchema = z.strictObject({
  /** Why the supervisor can't listen to system calls. Only the weaker tracers run then. */
  noListener: z.string().exactOptional(),
  /** Set where the supervisor needs CAP_SYS_PTRACE because the app changes its user. */
  ptrace: z.literal(true).exactOptional(),
  /**
   * System calls that the supervisor refuses to the app, with their errno. The seccomp profile of the container allows them
   * together with CAP_SYS_PTRACE, and `docker run` does not.
   */
  refused: z.array(z.tuple([z.number(), z.number()])).exactOptional(),
});
export type Watching = z.infer<typeof WatchingSchema>;
