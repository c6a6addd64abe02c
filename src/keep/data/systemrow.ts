/**
 * Data of the operating system that a program may need though no run opened it. Each row says what calls for it, and
 * names the documentation that says so.
 */
export interface SystemRow {
  /** Unique; reasons refer to it. */
  id: string;
  when:
    | 'always'
    /** At `observed`: a module that was imported. From `reachable` on: one that is reached. */
    | { module: string }
    /** From `reachable` on: a module that is reached. */
    | { reached: string }
    /** A path that a process named, whether it exists or not. */
    | { observed: RegExp }
    /** From `reachable` on: a name in kept Python code outside the standard library. */
    | { name: string }
    /** From `reachable` on: a string in the app's own code. */
    | { string: RegExp }
    /** From `reachable` on: the DT_SONAME of a kept library. */
    | { soname: RegExp }
    /** From `reachable` on: a kept program. */
    | { program: RegExp }
    /** From `reachable` on: a kept program or library that calls iconv_open(3). */
    | 'iconv';
  /** Globs of the image's paths. */
  keep: readonly string[];
  /** Links are left out: they lead to the program itself, which has these commands built in. */
  withoutLinks?: true;
  /**
   * The paths are an offer, unless a name or a string of the app's own code matches, or the author installed the program. It is a weak
   * one: nothing says that the program is run with such a command.
   */
  unlessNamed?: RegExp;
  /** Where nothing matches `unlessNamed`, the paths are not even an offer. */
  noOffer?: true;
  /** Also the C library's own messages in the languages of the image's locales. */
  translations?: true;
  /** What the files are, with the source in parentheses. */
  what: string;
}

/** Folders with libraries, in which others have folders for their modules. */
export const LIBRARIES: readonly string[] = ['/usr/lib', '/usr/lib64', '/usr/lib/*-linux-gnu', '/usr/local/lib'];
/** Globs of the names in these folders. */
export const inLibraries = (...names: string[]) => LIBRARIES.flatMap((folder) => names.map((name) => `${folder}/${name}`));
