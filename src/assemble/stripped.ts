import { mayBeElf } from '../elf/reader.js';
import { type Edit, withoutDebugInformation } from '../elf/strip.js';
import type { KeepSet } from '../keep/keepset.js';
import type { Reason } from '../keep/reason.js';
import { isAdded } from '../os/places.js';
import { baseName, type Entry, parentOf, push, type RootFs } from '../rootfs.js';

/** Bytes. A smaller file has not enough debug information to be worth a look. */
const SMALLEST = 16 << 10;

/** Programs that read debug information of other files. Where one is kept, all files stay as they are. */
const DEBUGGERS = new Set([
  ...['gdb', 'gdbserver', 'lldb', 'lldb-server', 'valgrind', 'perf', 'bpftrace', 'uftrace', 'eu-stack', 'addr2line', 'py-spy'],
]);
/** The same for packages of Python: memray reads symbols for `--native`, elftools reads any section. */
const DEBUGGING_PACKAGES = new Set(['memray', 'pystack', 'bcc', 'elftools', 'lief', 'drgn']);

/**
 * Checksums of libraries in their folder: libgcrypt's and GnuTLS' (.NAME.hmac, also below fipscheck/), NSS' (NAME.chk). Some are of
 * several libraries, and the name is that of a link. In FIPS mode, these libraries refuse to work with other bytes.
 */
const CHECKSUM = /^(\..*\.hmac|fipscheck|.*\.chk)$/;
/** Modules whose checksum stands in a configuration: OpenSSL's fipsmodule.cnf. */
const CHECKED_MODULES = new Set(['fips.so']);
/** Attributes that have a hash of the file: the kernel refuses another file (IMA, EVM). */
const SEALS = ['security.ima', 'security.evm'];
/** The file beside a precompiled package of Julia that has its checksum: X.ji beside X.so (base/loading.jl). */
const OF_JULIA = '.ji';

/** Libraries whose bytes are part of the keys of a cache, and a folder of that cache (triton/runtime/cache.py). */
const CACHE_KEYS: readonly { library: string; cache: string }[] = [{ library: 'libtriton.so', cache: '/.triton/cache/' }];

/**
 * How to leave debug information out of the programs and libraries that are kept: no code reads it while the app runs, and many
 * wheels bring it (12 MB of 57 that ran in a service with SQLAlchemy and PyYAML). Tracebacks of Python don't change.
 * Files that the user has named (`--include`, .pyshrinkkeep) stay as they are, and so do files whose checksum is checked.
 * @param entries what is kept
 * @param fs the original's file system
 * @returns path of a file → what is left out of it. Hard links of one file have the same.
 */
export async function withoutDebug(entries: readonly Entry[], keep: KeepSet, fs: RootFs): Promise<Map<string, Edit>> {
  if (hasDebugger(keep)) return new Map();
  const keys = CACHE_KEYS.filter(({ cache }) => entries.some(({ path }) => path.includes(cache))).map(({ library }) => library);
  const names = new Map<string, Entry[]>();
  for (const entry of entries) push(names, entry.group ?? entry.path, entry);
  const edits = new Map<string, Edit>();
  await Promise.all(
    [...names.values()].map(async (all) => {
      // Where one name of a file (a hard link) must stay as it is, so must the others.
      const [{ path, size }] = all as [Entry];
      if (!all.every((entry) => mayLose(entry, keep, fs) && !keys.includes(baseName(entry.path)))) return;
      const edit = await withoutDebugInformation((offset, length) => fs.read(path, offset, length), size);
      if (edit) for (const entry of all) edits.set(entry.path, edit);
    }),
  );
  return edits;
}

function hasDebugger(keep: KeepSet): boolean {
  for (const path of keep.reasons.keys()) {
    const [name, folder] = [baseName(path), parentOf(path)];
    if (DEBUGGERS.has(name) && folder.endsWith('bin')) return true;
    if (name === '__init__.py' && DEBUGGING_PACKAGES.has(baseName(folder))) return true;
  }
  return false;
}

/** Rules that keep what is loaded or executed, and files of distributions. */
const LOADING: ReadonlySet<Reason['rule']> = new Set(['elf', 'opens', 'scripts', 'distribution', 'entrypoint']);

/** Whether a file is kept because it is loaded or executed. An app may also have programs as data: it gives them to others. */
function isLoaded({ rule, kind }: Reason): boolean {
  if (rule === 'observed') return kind === 'map' || kind === 'exec';
  return (rule === 'python' && kind !== 'own-data') || LOADING.has(rule);
}

const WITH_CHECKSUMS = new WeakMap<RootFs, Map<string, boolean>>();

function hasChecksums(folder: string, fs: RootFs): boolean {
  const known = WITH_CHECKSUMS.get(fs) ?? new Map<string, boolean>();
  WITH_CHECKSUMS.set(fs, known);
  const found = known.get(folder) ?? fs.list(folder).some((path) => CHECKSUM.test(baseName(path)));
  known.set(folder, found);
  return found;
}

/** Whether a file is an own file of the app that nothing is known to load. */
function mayBeData(path: string, reasons: readonly Reason[]): boolean {
  const isApps = isAdded(path) || reasons.some(({ rule, kind }) => rule === 'configured' || kind === 'own-data');
  return isApps && !reasons.some(isLoaded);
}

/** Whether a file may lose its debug information: nobody checks its bytes, the user has not named it, and it is no data of the app. */
function mayLose({ path, type, mode, size, xattrs }: Entry, keep: KeepSet, fs: RootFs): boolean {
  if (type !== 'f' || size < SMALLEST || !mayBeElf(path, mode)) return false;
  const folder = parentOf(path);
  const reasons = keep.reasons.get(path) ?? [];
  const isChecked =
    CHECKED_MODULES.has(baseName(path)) ||
    SEALS.some((seal) => xattrs?.[seal] !== undefined) ||
    (path.endsWith('.so') && fs.lstat(path.replace(/\.so$/, OF_JULIA)) !== undefined) ||
    hasChecksums(folder, fs);
  return !isChecked && !reasons.some(({ rule }) => rule === 'user') && !mayBeData(path, reasons);
}
