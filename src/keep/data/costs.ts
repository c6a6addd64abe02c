/**
 * How strong the evidence for a path is that no run used and that the app's own code does not name.
 * `call`: library code or a script of the operating system runs or loads it. `name`: code runs it to build software
 * or for a person at a terminal, a kept program runs it for commands that nobody names, or what names it is itself kept only by such
 * evidence.
 */
export type Strength = 'call' | 'name';

/** Bytes, by the strength of the evidence. */
export type MostBytes = Readonly<Record<Strength, number>>;

/**
 * Bytes that a path may bring with its whole closure, by its evidence.
 *
 * `call`: the programs that libraries and scripts run for their callers (tar, sed, useradd, ldconfig, ps, gpgconf) cost less than
 * 3.5 MB each. Above are the large worlds: git, perl, gcc, ImageMagick. Where an app needs one of these, its exercise or its own code
 * shows it, or its author has installed the package.
 * `name`: compilers and their like are named for building what is built already, and scripts of git are run for commands that the
 * app does not have, so they may only bring what nobody notices. The same holds for what a program that nobody has seen running opens:
 * ps opens libselinux only for `ps -Z`.
 */
export const MOST_BYTES: MostBytes = { call: 3.5 * (1 << 20), name: 512 << 10 };
