/** Well-known directories and files, by what they mean to the rules. */

/**
 * Directories that the kernel, the runtime and a process under any uid expect.
 * Sources: OCI runtime specification, "Default Filesystems" (config-linux.md): /proc, /sys, /dev; Filesystem Hierarchy
 * Standard 3.0: the others. /root is the home directory of the user that most images run as.
 */
export const EXPECTED_DIRECTORIES: readonly string[] = ['/', '/tmp', '/var/tmp', '/proc', '/sys', '/dev', '/run', '/etc', '/root'];

/**
 * Where programs may write, or mount something, without a word in their code that says so (from the level `reachable` on).
 * Source: FHS 3.0, 3 and 5.
 */
export const STANDARD_DIRECTORIES: readonly string[] = [
  ...['/home', '/media', '/mnt', '/opt', '/run/lock', '/srv'],
  ...['cache', 'lib', 'local', 'lock', 'log', 'mail', 'opt', 'run', 'spool'].map((name) => `/var/${name}`),
];

/** Where a runtime looks up the user, its groups and its home directory. Source: passwd(5), group(5). */
export const USER_DATABASE: readonly string[] = ['/etc/passwd', '/etc/group'];

/** File systems of the kernel. Nothing in them is a part of the image. Source: proc(5), sysfs(5), FHS 3.0, 3.5 and 6.1. */
export const KERNEL_DIRECTORIES = /^\/(proc|sys|dev)(\/|$)/;

/**
 * Folders of one program's data. Not those that programs share: data/system.ts has the rows for time zones and
 * certificates, locales and documentation are no data. Source: FHS 3.0, 3.7 (/etc) and 4.11 (/usr/share).
 */
export const SHARED_DATA = /^\/(usr\/share|usr\/local\/share|etc)\/(?!zoneinfo\/|doc\/|man\/|locale\/|info\/|ssl\/|python3?\/)[^/]+\//;

/** {@link SHARED_DATA}, and what a program stores while it runs. Source: FHS 3.0, 5.5 (/var/cache), 5.8 (/var/lib), 5.12, 5.14. */
export const PROGRAM_DATA = new RegExp(`${SHARED_DATA.source}|^/var/(lib|cache|opt|spool)/(?!dpkg/|apt/|pam/)[^/]+/`);

/** Directories in which each program or user has one folder. Source: FHS 3.0, 3.13 (/opt), 3.8 (/home), 3.17 (/srv), 4.9. */
export const APP_SHELVES = /^\/(opt|home|srv|usr\/local)$/;

/**
 * Parts of the standard library that no program uses: its tests, bytecode that Python writes again, and static libraries, which only a
 * compiler reads. Source: CPython, Makefile.pre.in: TESTSUBDIRS, LIBPL (config-*).
 */
export const STANDARD_LIBRARY_EXTRAS = /\/(test|tests|idle_test|__pycache__)\/|\.a$/;

/**
 * Folders of a project that belong to tools: the app's code does not read them.
 * Sources: gitrepository-layout(5); hg(1); the default folders of tox, nox, mypy, ruff and pytest; PEP 3147.
 */
export const TOOL_FOLDERS = /\/(\.git|\.hg|\.svn|\.tox|\.nox|\.mypy_cache|\.ruff_cache|\.pytest_cache|__pycache__)(\/|$)/;

/** The history of a repository. In a folder of data that the app names, it is data, too: the app works with it. Not the large files that git has beside. */
export const REPOSITORIES = /\/\.(git(?!\/lfs\/)|hg|svn)(\/|$)/;

/** pytest's cache, in any project (pytest documentation: cache_dir). */
export const PYTEST_CACHE = /\/\.pytest_cache(\/|$)/;

/**
 * Folders that hold one app each, by the habit of images. Sources: FHS 3.0, 3.8 to 3.18; the Dockerfiles of Docker's
 * official python image (/usr/src/app) and of httpd and nginx (/var/www).
 */
export const APP_FOLDERS = /^(\/usr\/src\/[^/]+|\/usr\/local\/[^/]+|\/var\/www|\/(?:home|opt|srv|mnt|media)\/[^/]+|\/root\/[^/]+)\//;

/** Folders of a home that have one folder for each program, the home itself first. Source: XDG Base Directory Specification. */
export const HOME_SHELVES: readonly string[] = ['', '.cache', '.config', '.local', '.local/share', '.local/state'];

/**
 * What tools leave in a home while an image is built, and what shells and users have there. Sources: the documentation of pip, uv, poetry,
 * pipenv, pdm, hatch, virtualenv, pre-commit, npm, yarn, Go, Cargo, mypy and ruff; bash(1), "FILES"; ssh(1); gpg(1).
 */
export const TOOL_CACHES =
  /^(bin|lib|pip|uv|pypoetry|pipenv|pdm|hatch|virtualenv|pre-commit|node|node-gyp|yarn|go-build|mypy|ruff|\.(npm|yarn|cargo|rustup|go|pyenv|nvm|bash.*|profile|.*_history|wget-hsts|ssh|gnupg))$/;
