/** A module; or one that is imported only when the function of that name is called. */
export type ByC = string | { module: string; for: string };

/** Shown by a ResourceWarning, which is ignored unless somebody asks for such warnings. */
export const SHOWN_WARNINGS = 'resource warnings';
/** Decimals that are formatted, which libmpdec does not do for every format. */
const FORMATTED_DECIMALS = 'formatted decimals';
/** Names and modules in code outside the standard library that ask for one of these; its own code counts for nothing. */
export const ASKED_FOR_BY: Readonly<Record<string, ReadonlySet<string>>> = {
  [SHOWN_WARNINGS]: new Set(['simplefilter', 'filterwarnings', 'captureWarnings', 'catch_warnings']),
  [FORMATTED_DECIMALS]: new Set(['Decimal', 'decimal']),
};

/**
 * What C code imports by name, where no reader of Python code can see it: module → what it imports. Read off the calls
 * of PyImport_ImportModule, PyImport_Import, _PyImport_GetModuleAttrString and PyCapsule_Import in the named sources of
 * CPython 3.13; what earlier and later versions do otherwise is marked.
 */
export const IMPORTED_BY_C: Readonly<Record<string, readonly ByC[]>> = {
  // Modules/_asynciomodule.c
  _asyncio: [
    'asyncio.events',
    'asyncio.base_futures',
    'asyncio.exceptions',
    'asyncio.base_tasks',
    'asyncio.coroutines',
    'traceback',
    'weakref',
  ],
  _codecs: ['unicodedata'], // \N{...} and names that are not ASCII: Objects/unicodeobject.c, Parser/pegen.c
  _collections: ['collections.abc'], // Modules/_collectionsmodule.c, up to 3.9
  _ctypes: ['ctypes', 'ctypes._endian'], // Modules/_ctypes/callbacks.c, Modules/_ctypes/_ctypes.c
  _curses: ['curses'], // Modules/_cursesmodule.c
  _datetime: ['time', { module: '_strptime', for: 'strptime' }], // Modules/_datetimemodule.c
  _decimal: ['collections', 'collections.abc', 'numbers', { module: '_pydecimal', for: FORMATTED_DECIMALS }], // Modules/_decimal/_decimal.c
  _elementtree: ['copy', 'xml.etree.ElementPath', 'pyexpat'], // Modules/_elementtree.c
  _interpchannels: ['concurrent.interpreters._channels'], // Modules/_interpchannelsmodule.c, from 3.14 on
  _interpqueues: ['concurrent.interpreters._queues'], // Modules/_interpqueuesmodule.c, from 3.14 on
  _interpreters: ['concurrent.interpreters', 'pickle', 'runpy'], // Python/crossinterp.c, from 3.14 on
  _io: ['_bootlocale'], // Modules/_io/textio.c, up to 3.9
  _json: ['json.decoder'], // Modules/_json.c
  _multibytecodec: ['codecs'], // Modules/cjkcodecs/multibytecodec.c
  _operator: [{ module: 'functools', for: 'methodcaller' }], // Modules/_operator.c
  _pickle: ['copyreg', '_compat_pickle', 'codecs', 'functools'], // Modules/_pickle.c
  _sqlite3: ['sqlite3.dump', 'functools'], // Modules/_sqlite/connection.c, Modules/_sqlite/module.c
  _sre: ['re'], // Modules/_sre/sre.c
  _typing: ['typing'], // Objects/typevarobject.c, Objects/unionobject.c, Objects/genericaliasobject.c
  _zoneinfo: ['zoneinfo._common', 'zoneinfo._tzpath', 'io', 'weakref'], // Modules/_zoneinfo.c
  array: ['collections.abc', 'struct'], // Modules/arraymodule.c; a memoryview of one: Objects/memoryobject.c
  posix: [
    { module: 'resource', for: 'wait3' },
    { module: 'resource', for: 'wait4' },
  ], // Modules/posixmodule.c
  time: [{ module: '_strptime', for: 'strptime' }], // Modules/timemodule.c
};

/** Files of the standard library that it imports by a name that it puts together: module → the function that does. */
export const COMPUTED: Readonly<Record<string, { for: string; file: RegExp }>> = {
  sysconfig: { for: '_init_posix', file: /\/_sysconfigdata_[^/]*\.py$/ }, // Lib/sysconfig/__init__.py
};

/** Distributions that the standard library reads where the system has not what they bring: module → name, and the system's. */
export const SUBSTITUTES: Readonly<Record<string, { distribution: string; system: readonly string[] }>> = {
  // Lib/zoneinfo/_tzpath.py, PEP 615
  zoneinfo: { distribution: 'tzdata', system: ['/usr/share/zoneinfo', '/usr/lib/zoneinfo', '/usr/share/lib/zoneinfo', '/etc/zoneinfo'] },
};

/** What the interpreter itself imports, whatever it runs. */
export const IMPORTED_AT_START: readonly string[] = [
  // Python/pylifecycle.c (init_import_site, init_sys_streams) and Python/codecs.c
  ...['encodings', 'io', 'abc', 'site', 'codecs', 'os', 'stat', 'posixpath', 'genericpath', '_collections_abc', '_sitebuiltins'],
  // Python/pythonrun.c, Python/traceback.c and Python/_warnings.c: what prints an exception or a warning
  ...['traceback', 'linecache', 'tokenize', 'warnings', 'keyword', '_colorize', 'copyreg', 'types'],
  // Objects/longobject.c: int of many digits; Objects/typeobject.c, Objects/funcobject.c: annotations (3.14)
  ...['_pylong', 'annotationlib', '_codecs', '_io', 'time'],
];

/** What Modules/main.c imports for `python -m`, and for a folder or a zip archive as program. */
export const IMPORTED_TO_START: readonly string[] = ['runpy', 'pkgutil', 'zipimport'];

/** Imports in the standard library that never happen here: file's module → what it imports elsewhere. */
export const NEVER: Readonly<Record<string, readonly string[]>> = {
  // for somebody at a terminal; what it imports at every start was observed
  site: ['rlcompleter', 'readline', '_pyrepl', 'code', 'pydoc', 'locale'],
  _sitebuiltins: ['pydoc'],
  pydoc: ['pydoc_data'],
  cmd: ['readline'],
  code: ['readline', 'rlcompleter', '_pyrepl'],
  pdb: ['readline', 'rlcompleter', '_pyrepl'],
  // on Windows
  os: ['ntpath'],
  asyncio: ['asyncio.windows_events', 'asyncio.windows_utils'],
  // on macOS
  platform: ['plistlib'],
  sysconfig: ['_osx_support'],
};

/** Packages of the standard library that are of no use where their C module is not in the image, or finds no library. */
export const NEEDS: Readonly<Record<string, string>> = {
  _tkinter: '_tkinter',
  tkinter: '_tkinter',
  idlelib: '_tkinter',
  turtledemo: '_tkinter',
  turtle: '_tkinter',
  _curses: '_curses',
  curses: '_curses',
};

const ARCHIVES = ['make_archive', 'unpack_archive', 'get_archive_formats', 'get_unpack_formats'];
/**
 * Imports in the standard library that matter only where some code has one of these names: file's module → what it
 * imports → names. shutil, for one, tries each kind of compression only to know which archives it can make.
 */
export const ONLY_FOR: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  types: { _socket: ['CapsuleType'] },
  'importlib.util': { threading: ['LazyLoader'] },
  shutil: { tarfile: ARCHIVES, zipfile: ARCHIVES, zlib: ARCHIVES, bz2: ARCHIVES, lzma: ARCHIVES },
  warnings: { tracemalloc: [SHOWN_WARNINGS] },
};

/** Names that C code calls though no Python code does: functions with these names are alive from the start. */
export const CALLED_BY_C: ReadonlySet<string> = new Set([
  '_print_exception_bltin',
  '_showwarnmsg',
  '_formatwarnmsg',
  '_warn_unawaited_coroutine',
  '_shutdown',
  '_after_fork',
  'print_exception',
  'getlines',
  'getline',
  'updatecache',
]);

/** Modules of the standard library in place of which a C module is used wherever there is one (PEP 399). */
export const FALLBACKS: Readonly<Record<string, string>> = {
  _py_abc: '_abc',
  _pydatetime: '_datetime',
  _pydecimal: '_decimal',
  _pyio: '_io',
};

/** Modules whose frozen copies are in every interpreter. */
export const FROZEN: ReadonlySet<string> = new Set(['importlib._bootstrap', 'importlib._bootstrap_external']);

/** Programs that a distribution's code runs only for somebody at a terminal or a desktop: pagers, completion, viewers, editors. */
export const FOR_A_TERMINAL: ReadonlySet<string> = new Set([
  'bash',
  'zsh',
  'fish',
  'less',
  'more',
  'pager',
  'man',
  'stty',
  'clear',
  'reset',
  'open',
  'xdg-open',
  'see',
  'x-www-browser',
  'www-browser',
  'sensible-browser',
  'sensible-editor',
  'editor',
  'vi',
  'vim',
  'nano',
  'emacs',
]);

/** Programs that build something: no code of a distribution runs them in an app that is built. */
export const FOR_BUILDING =
  /^(cc|c\+\+|cpp|gcc|g\+\+|clang(\+\+)?|g?fortran|f77|f95|ld|as|ar|nm|ranlib|strip|obj(dump|copy)|readelf|g?make|cmake|ninja|meson|autoconf|automake|m4|libtool|pkg-config|swig|hg|svn|bzr|python[\d.]*|pip[\d.]*)$/;

/** Installers: what is reached of them is kept, but never because they are there. */
export const INSTALLERS: ReadonlySet<string> = new Set([
  'pip',
  'setuptools',
  'wheel',
  'distribute',
  'uv',
  'virtualenv',
  'pipenv',
  'poetry',
  'pdm',
]);

/** Groups of entry points that say how to start or to build a distribution, not what to plug in. */
export const NO_PLUGINS = /^(console_scripts|gui_scripts|distutils\.|setuptools\.|egg_info\.)/;
