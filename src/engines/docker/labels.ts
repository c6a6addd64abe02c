/** Labels on everything that a session makes, so that a dead run's leftovers can be found. */
export const SESSION_LABEL = 'io.pyshrink.session';
export const ROLE_LABEL = 'io.pyshrink.role';
/** Temporary names of a session's images. */
export const TEMPORARY_REPOSITORY = 'pyshrink.tmp';
