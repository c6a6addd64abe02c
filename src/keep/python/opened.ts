import type { FileKind } from '../../python/classify.js';
import { FOR_COMPILERS, hasSubstitute } from '../../python/developers.js';
import type { Distribution } from '../../python/distributions.js';
import { allNames, type Summary } from '../../python/summary.js';
import { baseName, parentOf, push } from '../../rootfs.js';
import type { Addition } from '../reason.js';

/** Kinds of files that a distribution's own code may open all the same. */
const WITHHELD: ReadonlySet<FileKind> = new Set(['build', 'stub', 'doc', 'test']);

/** A file that was left out for what it is, and the string that opens it. */
export interface Opened {
  path: string;
  subject: string;
}

/**
 * The files of one distribution that are left out for what they are: stubs, sources, headers, documentation and data of tests.
 * Its own code may open them, as Cython opens its Utility/*.c and mypy its typeshed. The strings in the code tell.
 */
export class WithheldFiles {
  /** Files by their name. */
  private readonly named = new Map<string, string[]>();
  /** Stubs and sources by the name of a folder above them that has no modules in it. */
  private readonly inFolder = new Map<string, string[]>();
  private readonly files: string[] = [];
  private readonly kinds: ReadonlyMap<string, FileKind>;

  constructor({ root }: Distribution, kinds: ReadonlyMap<string, FileKind>) {
    this.kinds = kinds;
    const packages = new Set([...kinds].filter(([, kind]) => kind === 'module' || kind === 'extension').map(([path]) => parentOf(path)));
    for (const [path, kind] of kinds) {
      if (!WITHHELD.has(kind) || !path.startsWith(`${root}/`) || hasSubstitute(path, kinds)) continue;
      this.files.push(path);
      push(this.named, baseName(path), path);
      if ((kind !== 'build' && kind !== 'stub') || FOR_COMPILERS.test(path)) continue;
      // The folder right below the root has the distribution's own name, which proves nothing.
      for (let at = parentOf(path); parentOf(at).length > root.length; at = parentOf(at))
        if (!packages.has(at)) push(this.inFolder, baseName(at), path);
    }
  }

  /** The files that code of the same distribution opens. @param file the code's own path */
  openedBy({ strings, relative, names, functions }: Summary, file: string): Opened[] {
    if (this.files.length === 0) return [];
    const found: Opened[] = [];
    for (const subject of [...strings, ...relative]) {
      for (const path of this.named.get(baseName(subject)) ?? [])
        if (path.endsWith(`/${subject}`)) found.push(...this.beside(path).map((other) => ({ path: other, subject })));
      for (const path of this.inFolder.get(baseName(subject)) ?? []) if (path.includes(`/${subject}/`)) found.push({ path, subject });
    }
    const opensBeside = names.includes('__file__') || Object.values(functions).some((inside) => inside.includes('__file__'));
    const endings = opensBeside ? strings.filter((text) => /^\.\w+$/.test(text)) : [];
    for (const subject of endings)
      for (const path of this.files)
        if (path.endsWith(subject) && path.startsWith(`${parentOf(file)}/`) && this.kinds.get(path) === 'build')
          found.push({ path, subject });
    return found;
  }

  /** A file and its siblings with the same ending: code that opens one by name opens others by computed names. */
  private beside(path: string): string[] {
    const kind = this.kinds.get(path);
    if (kind === 'test' || kind === 'doc') return path.endsWith('.py') ? [] : [path];
    const ending = path.slice(path.lastIndexOf('.'));
    return this.files.filter((other) => parentOf(other) === parentOf(path) && other.endsWith(ending) && this.kinds.get(other) === kind);
  }
}

/** Whether code reads stubs: those of any distribution, as jedi and lazy_loader do. */
export function readsStubs({ strings }: Summary): boolean {
  return strings.includes('.pyi');
}

/**
 * Whether the app stores files for browsers under names with checksums, as Django and WhiteNoise do. That fails where a style sheet names
 * a source map that is missing.
 * Source: Django, django/contrib/staticfiles/storage.py, `HashedFilesMixin.patterns`.
 */
export function readsSourceMaps(summary: Summary): boolean {
  return [...summary.strings, ...allNames(summary)].some((name) => /(^|\.)\w*Manifest\w*(Storage|Mixin)$/.test(name));
}

/** What keeps a file that code opens. @param from the kept path that the code is in */
export function whyOpened({ path, subject }: Opened, of: string, from: string): Addition {
  return { path, rule: 'distribution', kind: 'opened', of, subject, parents: [from] };
}
