import { SYSTEM_ROWS } from '../keep/data/system.js';
import type { Grade } from '../keep/level.js';
import type { KindOf, Reason, ReasonOf, RuleName } from '../keep/reason.js';
import type { Spot } from '../trace/schema.js';
import { megabytes } from '../ui/table.js';
import type { Omission } from '../workspace/keepreport.js';

type Words = { [R in RuleName]: { [K in KindOf<R>]: string | ((reason: ReasonOf<R>) => string) } };

const quoted = (text: string | undefined) => JSON.stringify(text ?? '');
/** `opened by python3` */
const by =
  (what: string) =>
  ({ subject }: Reason) =>
    `${what}${subject === undefined ? '' : ` by ${subject}`}`;
const folder =
  (what: string) =>
  ({ subject }: Reason) =>
    `folder of a file that was ${what}${subject === undefined ? '' : ` by ${subject}`}`;
/** What names a path: the value of a variable, a line of a configuration, or a command of the image. */
const configured = ({ of, line }: Reason) =>
  of !== undefined ? `the variable ${of} names` : line !== undefined ? 'a configuration names' : 'a command of the image names';
const at = (reason: Reason) => (reason.line === undefined ? '' : `, ${describePlace(reason)}`);
const systemData = new Map(SYSTEM_ROWS.map(({ id, what }) => [id, what]));
const data = ({ of }: Reason) => systemData.get(of ?? '') ?? of ?? '';

/** A sentence for each kind of reason. */
const WORDS: Words = {
  observed: {
    open: by('opened'),
    write: by('opened for writing'),
    list: by('listed'),
    lookup: by('looked up'),
    exec: by('executed'),
    chdir: by('entered'),
    change: by('changed'),
    map: by('mapped into memory'),
    ldd: "found by the image's own loader",
    remove: by('removed'),
    'write-in': folder('opened for writing'),
    'create-in': folder('created'),
    'remove-in': folder('removed'),
    'connect-in': folder('connected to'),
  },
  entrypoint: { command: "run by the image's configuration" },
  runtime: {
    expected: 'expected by the container runtime, the kernel, or programs',
    'working-directory': 'working directory of the image',
    volume: 'volume of the image',
    home: 'home directory',
    'top-level-link': 'link to a directory of the system',
    'user-database': ({ subject }) => `the container runtime looks up ${subject} and its home directory in it`,
    running: 'was running',
    empty: 'a folder without files that no package brought: an app may write there',
  },
  user: { include: ({ subject }) => `--include ${subject}`, 'keep-file': '.pyshrinkkeep' },
  elf: {
    loader: 'loader of a kept program (PT_INTERP)',
    'loader-cache': 'the loader looks up libraries in it',
    preload: 'preloaded into a kept program',
    needed: 'a library that a kept file needs (DT_NEEDED)',
    hwcaps: 'the same library for another CPU (glibc-hwcaps)',
    'opened-by-libc': ({ subject }) => `glibc opens it by name for ${subject}`,
  },
  opens: {
    named: ({ subject }) => `a kept file has the name ${quoted(subject)} in it, and may open it`,
    seen: ({ subject }) => `a kept file has the name ${quoted(subject)} in it, and opened another library of this folder`,
    driver: ({ subject }) => `a kept file opens it, and it looks for the driver of a GPU: ${quoted(subject)}`,
    gpu: ({ subject }) => `a kept file opens it for a GPU: ${quoted(subject)}`,
    path: 'a kept file has its path in it, and may open it',
    data: ({ subject, of }) => `data of ${of} for ${subject}, which was installed by its name`,
    program: ({ subject, of }) => `a kept program has the name ${quoted(subject)} in it, and ${of} was installed by its name`,
  },
  links: {
    'on-the-way': ({ subject }) => `link on the way to ${subject}`,
    target: 'target of a symbolic link',
    'other-name': 'another name of a kept program',
  },
  parents: { directory: 'directory of a kept path' },
  scripts: { interpreter: 'interpreter of a script' },
  system: {
    always: data,
    imported: (reason) => `${reason.subject} was imported: ${data(reason)}`,
    reached: (reason) => `${reason.subject} is reached: ${data(reason)}`,
    observed: (reason) => `${reason.subject} was looked for: ${data(reason)}`,
    name: (reason) => `kept code names ${reason.subject}: ${data(reason)}`,
    string: (reason) => `the app's code names ${quoted(reason.subject)}: ${data(reason)}`,
    soname: data,
    program: data,
    iconv: (reason) => `a kept file calls iconv: ${data(reason)}`,
    folder: ({ subject }) => `in a folder with the name of the program ${subject} or of its package`,
    perl: ({ subject }) =>
      subject === undefined ? 'a module of Perl, which was installed by its name' : `Perl code loads ${quoted(subject)}`,
    'name-service': ({ subject }) => `the service ${subject} of the name service switch (nsswitch.conf(5))`,
  },
  repair: {
    lookup: 'the shrunk image looked it up and did not find it',
    further: 'the shrunk image got further than the traced runs, looked it up and did not find it',
    module: ({ subject }) => `the shrunk image had no module named ${subject}`,
    library: ({ subject }) => `the shrunk image did not find the library ${subject}`,
    listing: ({ subject }) => `the shrunk image listed ${subject}, and its answers differed`,
  },
  python: {
    'own-code': "the app's own code",
    'own-data': "a file beside the app's own code",
    'interpreter-name': 'another name of the interpreter',
    interpreter: 'the interpreter imports it for every program',
    codec: 'a codec, which Python finds by its name (codecs.lookup)',
    imported: 'imported while the app was watched',
    command: 'named by a command of the image',
    script: "given to a Python interpreter by a script or by the app's code",
    environment: 'named by an environment variable',
    import: ({ module, line }) => `imported at line ${line ?? '?'} of ${module}`,
    attribute: ({ subject, module }) => `named as an attribute of ${subject} by ${module}`,
    dynamic: ({ subject, module }) => `named in ${quoted(subject)} by ${module}, in code that imports by name`,
    lazy: ({ module }) => `named by ${module}, which imports its modules on demand`,
    string: ({ subject, module }) => `named in the string ${quoted(subject)} by ${module}`,
    extension: ({ module }) => `named in the extension module ${module}`,
    plugin: ({ subject, group, of, module }) => `plugin ${subject} of ${of}, in the entry point group ${group} that ${module} reads`,
    'entry-point': ({ subject, group, of }) => `entry point ${subject} of ${of} (${group})`,
    'c-code': ({ module }) => `imported by the C code of ${module}`,
    compiled: ({ module }) => `a compiled module with the name of ${module} at the end of its own`,
    computed: ({ module }) => `imported by ${module} under a computed name`,
    warns: ({ module }) => `the compiled ${module}: Python would print a warning whenever it compiles the source`,
  },
  distribution: {
    app: ({ of }) => `part of ${of}, which the app imports`,
    pulled: ({ of }) => `Python code or data of ${of}, which kept code imports`,
    record: ({ of }) => `list of the files of ${of}, which kept code asks for`,
    'app-program': ({ of }) => `a program of ${of}, which the app imports`,
    program: ({ of }) => `a program of ${of}, which was installed by its name`,
    'inside-program': ({ of }) => `a native program in the folders of ${of}`,
    identity: ({ of }) => `name and version of ${of}, which kept code may ask for`,
    opened: ({ subject, of }) => `a file of ${of} that kept code opens: ${quoted(subject)}`,
    library: ({ of }) => `a library of ${of} that none of its files is linked with`,
  },
  named: {
    program: (reason) => `a program that kept code names: ${quoted(reason.subject)}${at(reason)}`,
    'package-program': ({ subject, of }) => `a program of the package ${of} that kept code names: ${quoted(subject)}`,
    shell: 'kept code runs commands in a shell',
    library: ({ subject }) => `a library that kept code loads by name: ${quoted(subject)}`,
    'find-library': 'ctypes.util.find_library runs it',
    path: "a path that the app's code names",
    inside: ({ subject }) => `in ${subject}, which the app's code names`,
    'system-path': ({ subject }) => `${subject} is a path that kept code names`,
  },
  shell: {
    program: ({ subject }) => `a program that a script names: ${quoted(subject)}`,
    script: 'a script that a command of the image or another script gives to an interpreter',
    argument: "a script of the image's author: the entrypoint runs the program that is its argument",
    path: 'a path that a script names',
    inside: ({ subject }) => `in ${subject}, which a script names`,
  },
  configured: {
    path: (reason) => `a path that ${configured(reason)}`,
    inside: (reason) => `in ${reason.subject}, which ${configured(reason)}`,
    home: ({ subject }) => `in ${subject} in the user's home, which kept code names`,
    program: (reason) => `a program that ${configured(reason)}: ${quoted(reason.subject)}`,
  },
  whole: {
    'standard-library': 'part of the standard library',
    distribution: ({ of }) => `part of the installed distribution ${of}`,
    interpreter: ({ subject }) => `a part of Python ${subject}`,
    package: ({ of }) => `part of the package ${of}, which is used`,
    essential: ({ of }) => `part of the package ${of}, which the system marks as essential`,
    passwords: 'the module spwd reads it',
  },
  base: { library: ({ subject, of }) => `${subject} of the base image ${of} needs it` },
};

/** Why a path is kept, as a sentence without a full stop. Its subject is the path. */
export function describeReason(reason: Reason): string {
  const words = (WORDS[reason.rule] as Record<string, string | ((reason: Reason) => string)>)[reason.kind];
  const text = typeof words === 'function' ? words(reason) : (words ?? reason.kind);
  return reason.insteadOf === undefined ? text : `${text}; it replaces its compiled version ${reason.insteadOf}`;
}

const OMISSIONS: Record<Omission['kind'], string | ((subject: string | undefined, bytes: number | undefined) => string)> = {
  costly: (place, bytes) =>
    `named at ${place}, but no run used it, and it would bring ${megabytes(bytes ?? 0)}; use it in the exercise or --include it to keep it`,
  gpu: (by) => `a library for GPUs that ${by} opens; --target-gpu any keeps it`,
  replaced: (path) =>
    `a compiled module that no run used: it was compiled from ${path}, which is kept and does the same; --include keeps it`,
  test: (name) => `a test of ${name} that no kept code imports; an import by kept code would bring it in`,
  build: (name) => `a file of ${name} that only tools for developers read, and no kept code names; --level whole keeps it`,
  stub: (name) => `type information of ${name}, and no kept code reads such files; --level whole keeps it`,
  doc: (name) => `documentation of ${name}`,
  extension: (name) => `an extension module of ${name} that no kept code names; an import by kept code would bring it in`,
  library: (name) => `a shared library of ${name} that no kept file is linked with`,
  program: (name) =>
    `a program of ${name}, which other distributions require and the app does not import; run it in the exercise to keep it`,
  foreign: (name) => `a file of ${name} for another system or processor; --include keeps it`,
  unreached: (name) => `part of ${name}, of which only what is reached is kept`,
  unimported: (name) => `part of ${name}, which no kept code imports; an import in the app's own code would bring it in`,
  unlisted: (name) => `in a folder of ${name}, but not in its list of files`,
  unobserved: 'not used while the app was watched; exercise what uses it, or choose a higher --level',
  bytecode: 'bytecode of a module that did not run while the app was watched; Python compiles it again',
  'standard-library':
    'part of the standard library that no kept code imports; an import by kept code would bring it in, as --level whole does',
  'own-extras':
    "the author's own file: a test, a tool's file, or one that no kept file names; use it in the exercise or --include it to keep it",
  system:
    'part of the operating system: no process opened it and no kept file needs it; --level whole keeps the whole package if one of its programs or data files is used',
  unowned: 'no package brought it, no process opened it and no kept file names it; use it in the exercise or --include it to keep it',
};

/** Where a path is named: `line 78 of pandas._version`. */
export function describePlace({ kind, module, line, of, parents }: Reason): string {
  const where = (kind === 'inside-program' || kind === 'library' ? of : undefined) ?? module ?? parents[0] ?? of ?? '';
  return line === undefined ? where : `line ${line} of ${where}`;
}

/** Why a file is left out and what would bring it in, as a sentence without a full stop. Its subject is the file. */
export function describeOmission({ kind, subject, bytes }: Omission): string {
  const words = OMISSIONS[kind];
  return typeof words === 'function' ? words(subject, bytes) : words;
}

const GRADES: Record<Grade | 'none', string> = {
  app: 'the app imports it, so all its public modules are kept',
  pulled: 'kept code imports it, so its Python code and data are kept',
  touched: 'only what is reached of it is kept',
  none: 'no kept code imports it',
};

/** How much of a distribution is kept, and why. */
export function describeGrade(grade: Grade | null): string {
  return GRADES[grade ?? 'none'];
}

const SPOTS: Record<Spot['kind'], string> = {
  import: 'imports a module with a computed name',
  exec: 'executes computed code',
  scan: 'searches for modules at run time',
};

/** A place in the code that reading cannot follow: `/app/app.py:7: executes computed code`. */
export function describeSpot({ file, line, kind }: Spot): string {
  return `${file}:${line ?? '?'}: ${SPOTS[kind]}`;
}
