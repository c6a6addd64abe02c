/**
 * What is known about CPython's standard library, and cannot be read from its Python code. Tables that are looked up by
 * a module's name are Maps, since an image may have a module named `constructor`.
 */

/** A module, or a module that is imported only when the function of that name is called. */
export type ByC = string | { module: string; for: string };

/** Stands for what only a ResourceWarning needs. Python ignores these unless somebody asks for them. */
export const SHOWN_WARNINGS = 'resource warnings';
/** Stands for the formatting of decimals: libmpdec does not know every format. */
const FORMATTED_DECIMALS = 'formatted decimals';
/** Names and modules in code outside the standard library that ask for one of the two above. Sources: Lib/warnings.py, Lib/_pydecimal.py. */
export const ASKED_FOR_BY: ReadonlyMap<string, readonly string[]> = new Map([
  [SHOWN_WARNINGS, ['simplefilter', 'filterwarnings', 'captureWarnings', 'catch_warnings']],
  [FORMATTED_DECIMALS, ['Decimal', 'decimal']],
]);

/**
 * What C code imports by name: module → modules that it imports. The Python code does not show it. Source: the calls of
 * PyImport_ImportModule, PyImport_Import, _PyImport_GetModuleAttrString and PyCapsule_Import in the named files of
 * CPython 3.13. A comment marks what other versions do differently.
 */
export const IMPORTED_BY_C: ReadonlyMap<string, readonly ByC[]> = new Map(
  Object.entries<readonly ByC[]>({
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
  }),
);

/** What the standard library imports by a computed name: module → the function that does so, and a module or files. */
export const COMPUTED: ReadonlyMap<string, { for: string } & ({ module: string } | { file: RegExp })> = new Map(
  Object.entries({
    sysconfig: { for: '_init_posix', file: /\/_sysconfigdata_[^/]*\.py$/ }, // Lib/sysconfig/__init__.py
    'xml.dom.domreg': { for: 'getDOMImplementation', module: 'xml.dom.minidom' }, // Lib/xml/dom/domreg.py, well_known_implementations
  }),
);

/** Distributions that the standard library reads where the system lacks the data: module → the distribution, and the system's folders. */
export const SUBSTITUTES: ReadonlyMap<string, { distribution: string; system: readonly string[] }> = new Map(
  Object.entries<{ distribution: string; system: readonly string[] }>({
    // Lib/zoneinfo/_tzpath.py, PEP 615
    zoneinfo: { distribution: 'tzdata', system: ['/usr/share/zoneinfo', '/usr/lib/zoneinfo', '/usr/share/lib/zoneinfo', '/etc/zoneinfo'] },
  }),
);

/** What the interpreter imports for every program. */
export const IMPORTED_AT_START: readonly string[] = [
  // Python/pylifecycle.c (init_import_site, init_sys_streams) and Python/codecs.c
  ...['encodings', 'io', 'abc', 'site', 'codecs', 'os', 'stat', 'posixpath', 'genericpath', '_collections_abc', '_sitebuiltins'],
  // Python/pythonrun.c, Python/traceback.c and Python/_warnings.c: what prints an exception or a warning
  ...['traceback', 'linecache', 'tokenize', 'warnings', 'keyword', '_colorize', 'copyreg', 'types'],
  // Objects/longobject.c: int of many digits; Objects/typeobject.c, Objects/funcobject.c: annotations (3.14)
  ...['_pylong', 'annotationlib', '_codecs', '_io', 'time'],
];

/**
 * Codecs that programs of another Python may need: those of locales in containers, of host names, archives and literals. The app's own
 * Python has all of them.
 */
export const BASIC_CODECS: readonly string[] = [
  ...['aliases', 'ascii', 'latin_1', 'iso8859_1', 'utf_8', 'utf_8_sig', 'utf_16', 'utf_16_le', 'utf_16_be', 'utf_32', 'cp437', 'cp1252'],
  ...['idna', 'punycode', 'unicode_escape', 'raw_unicode_escape'],
];

/** What the interpreter imports for `python -m`, and to run a folder or a zip archive. Source: Modules/main.c. */
export const IMPORTED_TO_START: readonly string[] = ['runpy', 'pkgutil', 'zipimport'];

/**
 * Imports in functions of the standard library that do not happen in a container: module → what it imports. An import of the same
 * module that is in no function does happen: from 3.13 on, pdb imports rlcompleter in this way. Source: the modules themselves.
 */
export const NEVER: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>({
    // For a person at a terminal. What site imports at every start was observed.
    site: ['rlcompleter', 'readline', '_pyrepl', 'code', 'pydoc', 'locale'],
    _sitebuiltins: ['pydoc'],
    pydoc: ['pydoc_data'],
    cmd: ['readline'],
    code: ['readline', 'rlcompleter', '_pyrepl'],
    pdb: ['readline', 'rlcompleter', '_pyrepl'],
    // On macOS.
    platform: ['plistlib'],
    sysconfig: ['_osx_support'],
  }),
);

/** The same for imports in no function, under a condition: module → what it imports. Source: the modules themselves. */
export const NOT_HERE: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries<readonly string[]>({
    // Where `_sha2` or `_sha512` is missing: they are built with every CPython.
    random: ['hashlib'],
    // On Windows.
    os: ['ntpath'],
    asyncio: ['asyncio.windows_events', 'asyncio.windows_utils'],
  }),
);

/** Modules that are useless where a C module is missing or lacks a library: module → C module. Source: Modules/Setup, Lib/tkinter, Lib/curses. */
export const NEEDS: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    _tkinter: '_tkinter',
    tkinter: '_tkinter',
    idlelib: '_tkinter',
    turtledemo: '_tkinter',
    turtle: '_tkinter',
    _curses: '_curses',
    curses: '_curses',
  }),
);

/** Those C modules of {@link NEEDS} that open windows. Source: Tk's XOpenDisplay(3), which reads DISPLAY. */
export const NEEDS_DISPLAY: ReadonlySet<string> = new Set(['_tkinter']);

const ARCHIVES = ['make_archive', 'unpack_archive', 'get_archive_formats', 'get_unpack_formats'];
/**
 * Imports in the standard library that matter only where some code has one of these names: module → what it imports →
 * names. For instance, shutil tries each kind of compression only to learn which archives it can make. Source: the
 * modules themselves.
 */
export const ONLY_FOR: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> = new Map(
  Object.entries<ReadonlyMap<string, readonly string[]>>({
    types: new Map([['_socket', ['CapsuleType']]]),
    'importlib.util': new Map([['threading', ['LazyLoader']]]),
    shutil: new Map(['tarfile', 'zipfile', 'zlib', 'bz2', 'lzma'].map((module) => [module, ARCHIVES])),
    warnings: new Map([['tracemalloc', [SHOWN_WARNINGS]]]),
  }),
);

/** Functions that C code calls by name. Sources: Python/pythonrun.c, Python/_warnings.c, Python/pylifecycle.c, Modules/posixmodule.c. */
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

/** Python modules that a C module replaces where there is one: Python module → C module. Source: PEP 399. */
export const FALLBACKS: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    _py_abc: '_abc',
    _pydatetime: '_datetime',
    _pydecimal: '_decimal',
    _pyio: '_io',
  }),
);

/** Modules that are frozen into every interpreter. Source: Python/frozen.c. */
export const FROZEN: ReadonlySet<string> = new Set(['importlib._bootstrap', 'importlib._bootstrap_external']);
