/**
 * Distributions that install others. What kept code imports of them is kept; that they are installed is no reason.
 * Source: Python Packaging User Guide, "Tool recommendations" and "Project summaries"; PEP 453 (pip, setuptools and
 * wheel come with the interpreter).
 */
export const INSTALLERS: ReadonlySet<string> = new Set([
  ...['pip', 'setuptools', 'wheel', 'distribute'],
  ...['uv', 'virtualenv', 'pipenv', 'poetry', 'pdm'],
]);

/**
 * Groups of entry points that say how to start or to build a distribution. The other groups are plugins.
 * Source: entry points specification (PyPA); setuptools documentation, "Extending or Customizing Setuptools".
 */
export const NO_PLUGINS = /^(console_scripts|gui_scripts|distutils\.|setuptools\.|egg_info\.)/;

/** Groups of entry points that become programs. Source: entry points specification, "Use for scripts". */
export const SCRIPT_GROUPS: ReadonlySet<string> = new Set(['console_scripts', 'gui_scripts']);

/**
 * Packages of installers that work only as a whole: setuptools replaces distutils by a copy of its own, and imports its vendored
 * packages under other names.
 * Source: setuptools, setuptools/__init__.py, _distutils_hack/__init__.py, pkg_resources/extern/__init__.py.
 */
export const INDIVISIBLE = /^(setuptools|pkg_resources)(\.|$)/;

/**
 * Modules that hook into others and do nothing by themselves. A line in a .pth file imports them in every program. What their
 * functions name counts once kept code imports one of the modules that they hook into.
 * Source: setuptools, _distutils_hack/__init__.py and distutils-precedence.pth.
 */
export const HOOKS: readonly { module: string; into: readonly string[] }[] = [
  { module: '_distutils_hack', into: ['distutils', 'setuptools', 'pkg_resources'] },
];
