/** What is known about the GNU C library. */

/**
 * Libraries that glibc opens by name at run time, beside its own libc.so.6, and its functions that do so.
 * Source: glibc, misc/unwind-link.c (__libc_unwind_link_get) and its callers in nptl/ and debug/backtrace.c.
 */
export const OPENED_BY_LIBC: readonly { soname: string; functions: readonly string[] }[] = [
  { soname: 'libgcc_s.so.1', functions: ['pthread_exit', 'pthread_cancel', 'backtrace'] },
];

/**
 * Shared objects that are built with the C library and work only with that very version of it.
 * Source: glibc, shlib-versions and the shlib-versions files below sysdeps/.
 */
export const GLIBC_LIBRARIES =
  /^(ld-linux[^/]*\.so|ld64?\.so|lib(c|m|mvec|pthread|dl|rt|resolv|util|anl|nsl|BrokenLocale|thread_db|nss_[a-z]+)\.so)\.\d+$/;

/** Services for the databases of nsswitch.conf, where an image has no such file. Source: glibc, nss/nss_database.c. */
export const DEFAULT_SERVICES = { users: ['files'], hosts: ['files', 'dns'] } as const;

/** Databases of nsswitch.conf whose look-ups go to the network. Source: nsswitch.conf(5). */
export const HOST_DATABASES: ReadonlySet<string> = new Set(['hosts', 'networks']);
