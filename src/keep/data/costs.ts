/**
 * How strong the evidence for a path is that no run used and that the app's own code does not name.
 * `call`: library code that the app reaches runs or loads it. `name`: a script of the operating system names it, or code that builds software.
 */
export const STRENGTHS = ['call', 'name'] as const;
export type Strength = (typeof STRENGTHS)[number];

/**
 * Bytes that a path may bring with its whole closure, by its evidence. `bench/run.sh curve` draws sizes over these thresholds.
 *
 * `call`: the programs that libraries run for their callers (tar, useradd, ldconfig, ps, gpgconf) cost less than 4 MB each. Above
 * are the large worlds: git, perl, gcc, ImageMagick. Where an app needs one of these, its exercise or its own code shows it, or
 * its author has installed the package.
 * `name`: scripts of the operating system name programs for all that an administrator may do; compilers are named for building
 * what is built already. Such a name may only bring what nobody notices.
 */
export const MOST_BYTES: Readonly<Record<Strength, number>> = { call: 4 << 20, name: 256 << 10 };
