import { z } from 'zod';

/** Each rule and the kinds of reasons that it gives. report/words.ts has a sentence for each kind. */
const KINDS = {
  /**
   * A process used the path while the app ran. `subject`: the name of the program.
   * The kinds that end in `-in`: it used something in this folder.
   */
  observed: [
    ...['open', 'write', 'list', 'lookup', 'exec', 'chdir', 'change', 'map', 'ldd', 'remove'],
    ...['write-in', 'create-in', 'remove-in', 'connect-in'],
  ],
  /** The image's configuration runs it. */
  entrypoint: ['command'],
  /** It has to exist before anything runs. `subject` of `user-database`: the user that is looked up in it. */
  runtime: ['expected', 'working-directory', 'volume', 'home', 'top-level-link', 'user-database', 'running', 'empty'],
  /** The user asks for it. `subject`: the glob of `--include`. */
  user: ['include', 'keep-file'],
  /** An ELF file needs it. `subject` of `opened-by-libc`: the functions of glibc that open it. */
  elf: ['loader', 'loader-cache', 'preload', 'needed', 'hwcaps', 'opened-by-libc'],
  /**
   * A kept ELF file has its name among its strings, and may open it. `subject`: the name. `seen`: it opened another one there in a run.
   * `path`: it has the whole path. `program`: it may run it. `data`: of a package for it. `of`: the package of the program or data.
   */
  opens: ['named', 'seen', 'gpu', 'driver', 'path', 'program', 'data'],
  /** `subject` of `on-the-way`: the path that the link leads to. */
  links: ['on-the-way', 'target', 'other-name'],
  parents: ['directory'],
  scripts: ['interpreter'],
  /** Data of the system. `of`: the row of data/system.ts. `subject`: the name or path that calls for it. */
  system: ['always', 'imported', 'reached', 'observed', 'name', 'string', 'soname', 'program', 'iconv', 'name-service', 'folder', 'perl'],
  /** A comparison with the original showed that it was missing. `subject`: what the shrunk image looked for. */
  repair: ['lookup', 'further', 'module', 'library', 'listing'],
  /**
   * The app's Python code reaches it. `module`, `line`: the code that names it. `subject`: the name as that code has it.
   * For `plugin` and `entry-point`, `subject` is the entry point, `group` its group and `of` its distribution.
   */
  python: [
    ...['own-code', 'own-data', 'interpreter-name', 'interpreter', 'codec', 'imported', 'command', 'script', 'environment'],
    ...['import', 'attribute', 'dynamic', 'lazy', 'string', 'extension', 'plugin', 'entry-point', 'c-code', 'computed', 'compiled'],
    'warns',
  ],
  /** A file of a distribution. `of`: its name. `subject` of `opened`: the name by which the code opens it. */
  distribution: ['app', 'pulled', 'record', 'app-program', 'program', 'inside-program', 'library', 'opened', 'identity'],
  /** Python code names something outside Python. `subject`: the name or path, as the code has it. `of`: the operating system's package. */
  named: ['program', 'package-program', 'shell', 'library', 'find-library', 'path', 'inside', 'system-path'],
  /** A shell script names it. `subject`: the name or path. `script`: it, or a command of the image, gives it to an interpreter. */
  shell: ['program', 'script', 'argument', 'path', 'inside'],
  /**
   * A configuration that the app's author wrote, and that a run opened, names it; or a command of the image, or its environment.
   * `subject`: the path, or the program. `of`: the variable. `home`: kept code has the name of a folder in the user's home.
   */
  configured: ['path', 'inside', 'home', 'program'],
  /** The level `whole` keeps it. `of`: the distribution, or the operating system's package. */
  whole: ['interpreter', 'standard-library', 'distribution', 'package', 'essential', 'passwords'],
  /** A program of the base image needs it. `subject`: that program. `of`: the base image. */
  base: ['library'],
} as const;

export type RuleName = keyof typeof KINDS;
export type KindOf<R extends RuleName> = (typeof KINDS)[R][number];

const FIELDS = {
  /** Kept paths that led to this one. */
  parents: z.array(z.string()),
  /** Dotted name of the Python module whose code names it; a script's file name where it is no module. */
  module: z.string().exactOptional(),
  /** Line of the code that names it, from 1. */
  line: z.number().int().exactOptional(),
  /** The file of that line, where it is not the first of the parents. */
  file: z.string().exactOptional(),
  subject: z.string().exactOptional(),
  of: z.string().exactOptional(),
  group: z.string().exactOptional(),
  /** The compiled module that is left out, where this Python module does the same. */
  insteadOf: z.string().exactOptional(),
};

const reasonOf = <R extends RuleName>(rule: R) =>
  z.strictObject({ rule: z.literal(rule), kind: z.enum(KINDS[rule] as (typeof KINDS)[R]), ...FIELDS });

/** Why a path is kept. */
export const ReasonSchema = z.discriminatedUnion('rule', [
  reasonOf('observed'),
  reasonOf('entrypoint'),
  reasonOf('runtime'),
  reasonOf('user'),
  reasonOf('elf'),
  reasonOf('opens'),
  reasonOf('links'),
  reasonOf('parents'),
  reasonOf('scripts'),
  reasonOf('system'),
  reasonOf('repair'),
  reasonOf('python'),
  reasonOf('distribution'),
  reasonOf('named'),
  reasonOf('shell'),
  reasonOf('configured'),
  reasonOf('whole'),
  reasonOf('base'),
]);
export type Reason = z.infer<typeof ReasonSchema>;
/** A reason of one rule. */
export type ReasonOf<R extends RuleName> = Extract<Reason, { rule: R }>;
/** A reason before its parents are known. */
export type Because<R extends RuleName> = Omit<ReasonOf<R>, 'parents'>;

/** A path that a rule adds. The links that lead to it and its parent directories are added by the keep set and other rules. */
export type Addition = Reason & {
  /** Absolute; may lead through symbolic links. */
  path: string;
};

/** Whether two reasons say the same, whichever paths led there. */
export function sameReason(one: Reason, other: Reason): boolean {
  return (['rule', 'kind', 'module', 'line', 'file', 'subject', 'of', 'group', 'insteadOf'] as const).every(
    (field) => one[field] === other[field],
  );
}
