/**
 * Sessions of another namespace are neither seen nor removed. Without this variable, all users of a daemon share one.
 * Each test file has its own, so that test files that run side by side do not remove each other's leftovers.
 */
const NAMESPACE = process.env.PYSHRINK_NAMESPACE ? `-${process.env.PYSHRINK_NAMESPACE}` : '';

/** Label of everything that a session makes, with the session's id, so that leftovers of a dead session can be found. */
export const SESSION_LABEL = `io.pyshrink.session${NAMESPACE}`;
/** Label of containers: `helper` or `app`. */
export const ROLE_LABEL = `io.pyshrink.role${NAMESPACE}`;
/** Label of a session's claim, a volume that exists as long as the session: its process, as os/owner.ts writes it. */
export const OWNER_LABEL = `io.pyshrink.owner${NAMESPACE}`;
/** Repository of the temporary names of a session's images. The tag contains the session's id. */
export const TEMPORARY_REPOSITORY = `pyshrink.tmp${NAMESPACE}`;
