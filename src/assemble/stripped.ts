import { mayBeElf } from '../elf/reader.js';
import { type Edit, withoutDebugInformation } from '../elf/strip.js';
import type { KeepSet } from '../keep/keepset.js';
import type { Reason } from '../keep/reason.js';
import { isAdded } from '../os/places.js';
import { baseName, type Entry, parentOf, type RootFs } from '../rootfs.js';

/** Bytes. A smaller file has not enough debug information to be worth a look. */
const SMALLEST = 16 << 10;

/** Programs that read debug information of other files. Where one is kept, all files stay as they are. */
const DEBUGGERS = new Set(['gdb', 'lldb', 'valgrind', 'perf', 'bpftrace', 'eu-stack', 'addr2line', 'py-spy']);
/** The same for packages of Python: memray reads symbols for `--native`, elftools reads any section. */
const DEBUGGING_PACKAGES = new Set(['memray', 'elftools', 'lief', 'drgn']);

/** A file with a checksum of it beside it: libgcrypt's and GnuTLS' (.NAME.hmac), NSS' (NAME.chk). They refuse another file in FIPS mode. */
const CHECKSUMS = [(name: string) => `.${name}.hmac`, (name: string) => `${name}.hmac`, (name: string) => name.replace(/\.so$/, '.chk')];
/** Modules whose checksum stands in a configuration: OpenSSL's fipsmodule.cnf. */
const CHECKED_MODULES = new Set(['fips.so']);
/** Attributes that have a hash of the file: the kernel refuses another file (IMA, EVM). */
const SEALS = ['security.ima', 'security.evm'];

/**
 * How to leave debug information out of the programs and libraries that are kept: no code reads it while the app runs, and many
 * wheels bring it (14 MB of 88 in a service with SQLAlchemy and PyYAML). Tracebacks of Python don't change.
 * Files that the user has named (`--include`, .pyshrinkkeep) stay as they are, and so do files whose checksum is checked.
 * @param entries what is kept
 * @param fs the original's file system
 * @returns path of a file → what is left out of it. Hard links of one file have the same.
 */
export async function withoutDebug(entries: readonly Entry[], keep: KeepSet, fs: RootFs): Promise<Map<string, Edit>> {
  if (hasDebugger(keep)) return new Map();
  // Where one name of a file must stay as it is, so must the others.
  const closed = new Set(entries.filter((entry) => staysAsItIs(entry, keep, fs)).map(fileOf));
  const byFile = new Map<string, Promise<Edit | undefined>>();
  const edits = new Map<string, Edit>();
  await Promise.all(
    entries.map(async (entry) => {
      const { path, type, mode, size } = entry;
      const file = fileOf(entry);
      if (type !== 'f' || size < SMALLEST || !mayBeElf(path, mode) || closed.has(file)) return;
      const found = byFile.get(file) ?? withoutDebugInformation((offset, length) => fs.read(path, offset, length), size);
      byFile.set(file, found);
      const edit = await found;
      if (edit) edits.set(path, edit);
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

/** What the names of one file have in common. */
function fileOf({ path, group }: Entry): string {
  return group ?? path;
}

/** Whether a file is kept because it is loaded or executed. An app may also have programs as data: it gives them to others. */
function isLoaded({ rule, kind }: Reason): boolean {
  if (rule === 'observed') return kind === 'map' || kind === 'exec';
  return (rule === 'python' && kind !== 'own-data') || LOADING.has(rule);
}

/** Whether somebody checks that a file is as it was, the user has named it, or it may be data of the app. */
function staysAsItIs({ path, xattrs }: Entry, keep: KeepSet, fs: RootFs): boolean {
  const [name, folder] = [baseName(path), parentOf(path)];
  const reasons = keep.reasons.get(path) ?? [];
  return (
    SEALS.some((seal) => xattrs?.[seal] !== undefined) ||
    CHECKED_MODULES.has(name) ||
    CHECKSUMS.some((of) => of(name) !== name && fs.lstat(`${folder}/${of(name)}`) !== undefined) ||
    reasons.some(({ rule }) => rule === 'user') ||
    (isAdded(path) && !reasons.some(isLoaded))
  );
}
