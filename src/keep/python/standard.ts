/**
 * What C code and the interpreter itself import by name, where no reader of Python code can see it. Module → what it
 * imports. Extension modules in files are read for names; these are compiled into the interpreter.
 */
export const IMPORTED_BY_C: Readonly<Record<string, readonly string[]>> = {
  // Python/pylifecycle.c: init_import_site, init_sys_streams; Python/codecs.c: _PyCodec_Init
  sys: ['encodings', 'io', 'abc', 'site', 'codecs', 'os', 'stat', 'posixpath', 'genericpath', '_collections_abc', '_sitebuiltins'],
  // Python/pythonrun.c and Python/traceback.c: printing an exception; Python/_warnings.c: call_show_warning
  builtins: ['traceback', 'linecache', 'tokenize', 'warnings', 'keyword', '_colorize', 'copyreg', 'types'],
  // Python/import.c, Modules/main.c: pymain_run_module; Lib/zipimport.py is frozen
  _imp: ['importlib', 'importlib.util', 'importlib.machinery', 'runpy', 'zipimport'],
  // Modules/timemodule.c and Modules/_datetimemodule.c: strptime
  time: ['_strptime'],
  _datetime: ['_strptime'],
  // Modules/_io/textio.c: the encoding of a file that names none (to 3.9: _bootlocale)
  _io: ['locale', '_bootlocale'],
  // Modules/_threadmodule.c, Python/pylifecycle.c: wait_for_thread_shutdown
  _thread: ['threading'],
  // Objects/genericaliasobject.c, Objects/typevarobject.c, Objects/unionobject.c
  _typing: ['typing'],
  // Modules/_functoolsmodule.c, Modules/_collectionsmodule.c, Modules/_operator.c: pickling and generics
  _functools: ['functools', 'reprlib'],
  _collections: ['collections', 'collections.abc'],
  // Modules/_pickle.c
  _pickle: ['pickle', 'copyreg', '_compat_pickle', 'codecs', 'functools'],
  // Objects/unicodeobject.c and Python/ast: \N{...} in a string needs the database of names
  _codecs: ['unicodedata'],
  // Modules/posixmodule.c: os.fspath's users; Modules/signalmodule.c
  _signal: ['signal'],
  // Modules/_abc.c
  _abc: ['_weakrefset'],
  // Modules/_tracemalloc.c, Modules/faulthandler.c print by themselves
  _ast: ['ast'],
};

/** Imports in the standard library that only somebody at a terminal meets: file's module → what it imports then. */
export const INTERACTIVE: Readonly<Record<string, readonly string[]>> = {
  site: ['rlcompleter', 'readline', '_pyrepl', 'atexit', 'code', 'pydoc'],
  _sitebuiltins: ['pydoc'],
  sys: ['pdb'],
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
