/** Label of everything that a session makes, with the session's id, so that leftovers of a dead session can be found. */
export const SESSION_LABEL = 'io.pyshrink.session';
/** Label of containers: `helper` or `app`. */
export const ROLE_LABEL = 'io.pyshrink.role';
/** Repository of the temporary names of a session's images. The tag contains the session's id. */
export const TEMPORARY_REPOSITORY = 'pyshrink.tmp';
