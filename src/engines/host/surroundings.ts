import { secretFormat } from '../../os/secretformats.js';
import { CODE, isPublic, isSecret, isSecretFolder } from '../../os/secrets.js';
import type { Entry } from '../../rootfs.js';

/** Folders of the operating system, with its package database. */
const SYSTEM = ['/usr', '/etc', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/var/lib/dpkg', '/var/lib/apt'];
/** Large folders of the system that no program reads. */
const PRUNED = ['/usr/src', '/usr/include', '/usr/share/doc', '/usr/share/man'];
/** Folders below the working directory that do not belong to the app, at any depth. */
const ASIDE = ['.git', '.pyshrink', 'node_modules'];

/** Where a command of this computer may have its files. */
export interface Surroundings {
  workdir: string;
  home: string;
  /** sys.prefix and sys.base_prefix of the interpreter, and the folders of sys.path. */
  python: readonly string[];
}

/** What is listed of this computer: the request `inventory` of probes/inventory.py. */
export interface HostRoots {
  /** Folders that are listed with all that is in them. */
  roots: string[];
  /** Folders that are not. */
  pruned: readonly string[];
  /** The working directory. */
  app: string;
  /** Names of folders below it that are not listed. */
  aside: readonly string[];
}

/**
 * Folders of this computer that are listed as an image would be: those of the system, of the interpreter and of the app.
 * A home directory never counts as the app's folder, even if it is the working directory: only files that were used
 * are taken from it.
 */
export function hostRoots({ workdir, home, python }: Surroundings): HostRoots {
  const roots = [...SYSTEM, ...[...python, workdir].filter((folder) => !holdsHome(folder, home))];
  return { roots: [...new Set(roots)], pruned: PRUNED, app: workdir, aside: holdsHome(workdir, home) ? [] : ASIDE };
}

/** Whether a folder is a home directory, or above one. */
export function holdsHome(folder: string, home: string): boolean {
  return folder === '/' || home === folder || home.startsWith(`${folder}/`);
}

/** What {@link withoutSecrets} goes by. */
export interface Suspicion {
  /** Paths that the run opened. */
  used: ReadonlySet<string>;
  /** Exact paths that the user named. */
  include: readonly string[];
  /** Files whose content has a secret. Of code, only a warning comes of it: the app would not run without it. */
  revealed: ReadonlySet<string>;
}

/** Mode bits that let others than the owner read a file. */
const OTHERS = 0o044;

/**
 * Removes entries that may hold secrets, except those that the user named.
 * @param entries changed in place
 * @returns `refused`: removed files that were used or lie below the working directory; `taken`: files that stay because the user named them, though they may hold secrets; `code`: files of code that stay, though they hold one
 */
export function withoutSecrets(
  entries: Map<string, Entry>,
  { workdir, home, python }: Surroundings,
  { used, include, revealed }: Suspicion,
): { refused: string[]; taken: string[]; code: string[] } {
  const [refused, taken]: [string[], string[]] = [[], []];
  const code = [...revealed].filter((path) => CODE.test(path) && !isSecret(path, home, python)).sort();
  const below = (path: string) => path.startsWith(`${workdir}/`);
  const modesTell = !isUmaskStrict([...entries.values()].filter(({ path }) => below(path)));
  for (const [path, entry] of entries) {
    // Names of files say nothing about folders.
    const byName = (entry.type === 'd' ? isSecretFolder : isSecret)(path, home, python);
    if (!byName && !(revealed.has(path) && !CODE.test(path)) && !(modesTell && below(path) && isKeptFromOthers(entry))) continue;
    if (include.some((name) => path === name || path.startsWith(`${name}/`) || name.startsWith(`${path}/`))) {
      if (entry.type !== 'd') taken.push(path);
      continue;
    }
    entries.delete(path);
    if (entry.type !== 'd' && (used.has(path) || below(path))) refused.push(path);
  }
  return { refused: refused.sort(), taken: taken.sort(), code };
}

/** Whether others can't read most files of code either: then a umask closed all files, and modes say nothing about secrets. */
function isUmaskStrict(entries: readonly Entry[]): boolean {
  const code = entries.filter(({ path, type }) => type === 'f' && CODE.test(path) && !isPublic(path));
  return code.filter(({ mode }) => (mode & OTHERS) === 0).length * 2 > code.length;
}

/** Whether the owner of a file keeps others from reading it. Code and programs are no secrets: a umask may be that strict. */
function isKeptFromOthers({ path, type, mode }: Entry): boolean {
  return type === 'f' && (mode & OTHERS) === 0 && (mode & 0o111) === 0 && !CODE.test(path) && !isPublic(path);
}

/** Bytes at the start of a file that say whether it is text, as in git and grep. */
const HEAD = 8192;

/** Largest file whose content is looked at, in bytes. Keys and lists of them are small. */
const LARGEST = 1 << 20;

/** Reads bytes of a file. */
type Read = (path: string, offset: number, length: number) => Promise<Uint8Array>;

/**
 * What makes the content of a file a secret: the name of a format; undefined where none is known. Of binary files only the head is
 * read: keystores begin with their format, and keys and tokens are in texts.
 * @throws what `read` throws
 */
export async function revealedBy({ path, size }: Pick<Entry, 'path' | 'size'>, read: Read): Promise<string | undefined> {
  const head = Buffer.from(await read(path, 0, Math.min(size, HEAD)));
  if (size <= HEAD || head.includes(0)) return secretFormat(head);
  return secretFormat(Buffer.concat([head, await read(path, HEAD, size - HEAD)]));
}

/** The files whose content may be a secret: those that are the user's own. */
export function mayReveal({ path, type, size }: Entry): boolean {
  return type === 'f' && size > 0 && size <= LARGEST && !isPublic(path);
}
