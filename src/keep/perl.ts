import { perlNames } from '../os/perl.js';
import { FIRST_LINE, interpretersIn } from '../os/shebang.js';
import { baseName, below, type Entry, join, parentOf, type RootFs } from '../rootfs.js';
import { BY_ITSELF, BY_SYNTAX, CORE, MODULE_FOLDERS, NOT_LOADED, PERL, PERL_CODE, READS } from './data/perl.js';
import { expandGlob } from './globs.js';
import { isAppCode, isOnPurpose } from './purpose.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';
import { isProgram } from './scripts.js';
import { shellText } from './shellfiles.js';

/** Bytes. What is longer is no code that somebody wrote. */
const LONGEST = 1 << 20;

/**
 * The modules of Perl that kept programs and modules load (from the level `reachable` on): by name, by a path, below a name that they
 * compute the rest of, and what Perl loads by itself. All modules are kept where the app's author installed Perl by its name.
 */
export class PerlRule implements Rule {
  readonly name = 'system';
  /** Code that was kept before Perl was. */
  private waiting: Code[] = [];
  /** Folders that code adds to those of Perl itself: what one file adds, others use. */
  private readonly added = new Set<string>();

  /** @param hasPerl whether Perl is kept already, or comes with what is kept */
  constructor(private hasPerl = false) {}

  async visit(entry: Entry, context: Context): Promise<Addition[]> {
    if (context.level === 'observed' || entry.type !== 'f') return [];
    const { path } = entry;
    if (PERL.test(baseName(path)) && isProgram(path, context)) return this.takePerl(path, context);
    const code = await codeOf(entry, context);
    if (code === undefined) return [];
    if (this.hasPerl) return this.loadedBy(code, context);
    this.waiting.push(code);
    return [];
  }

  private async takePerl(path: string, context: Context): Promise<Addition[]> {
    this.hasPerl = true;
    const { fs, commands, environment, config } = context;
    if (await isOnPurpose(path, context)) {
      const all = foldersOf(fs).flatMap((folder) => below(fs, fs.resolve(folder)?.path ?? folder));
      return all.map((one) => ({ path: one, rule: 'system', kind: 'perl', parents: [path] }));
    }
    for (const folder of (environment.PERL5LIB ?? '').split(':')) if (folder.startsWith('/')) this.added.add(folder);
    const found = this.waiting.splice(0).flatMap((code) => this.loadedBy(code, context));
    const lines = commands.map((words) => words.join(' ')).filter((line) => NAMES_PERL.test(line));
    const text = [...BY_ITSELF.map((name) => `use ${name};`), environment.PERL5OPT ?? '', ...lines].join('\n');
    return [...found, ...this.loadedBy({ path, text, folder: config.WorkingDir || '/' }, context)];
  }

  private loadedBy({ path, text: code, folder: from }: Code, { fs }: Context): Addition[] {
    const names = perlNames(code);
    for (const folder of names.folders) {
      if (folder.startsWith('/')) this.added.add(join('/', folder));
      this.added.add(join(from, folder)); // also `dirname(__FILE__) . "/lib"`
    }
    const folders = [...new Set([from, ...this.added, ...foldersOf(fs)])];
    const isCore = CORE.test(path);
    const bySyntax = BY_SYNTAX.filter((row) => row.code.test(names.text) && !(row.outside && isCore)).flatMap(({ modules }) => modules);
    // Perl's own modules name many others in tables.
    const qualified = names.computes || !isCore ? names.qualified : [];
    const files = [...[...names.modules, ...qualified, ...bySyntax].map((name) => `${name.replaceAll('::', '/')}.pm`), ...names.files];
    const found = new Map<string, string>();
    for (const file of files) for (const one of filesOf(file, folders, fs)) found.set(one, file);
    // Any code joins strings. Only such code as also loads by a computed name means modules.
    for (const prefix of names.computes ? names.prefixes : []) {
      for (const one of folders.flatMap((folder) => inside(`${folder}/${prefix}`, fs))) if (PERL_CODE.test(one)) found.set(one, prefix);
    }
    return [...found].map(([one, subject]) => ({ path: one, rule: 'system', kind: 'perl', subject, parents: [path] }));
  }
}

const FOLDERS = new WeakMap<RootFs, readonly string[]>();

/** The folders of an image in which Perl looks for modules. */
function foldersOf(fs: RootFs): readonly string[] {
  const known =
    FOLDERS.get(fs) ?? MODULE_FOLDERS.flatMap((pattern) => expandGlob(fs, pattern)).filter((path) => fs.resolve(path)?.entry.type === 'd');
  FOLDERS.set(fs, known);
  return known;
}

/** Code that may load modules of Perl. */
interface Code {
  path: string;
  text: string;
  /** Where it looks for modules first. */
  folder: string;
}

const NAMES_PERL = /\bperl(5[\d.]*)?\b/;

/** A file's Perl code; of the app's Python code and of shell scripts that name Perl, what may be given to it. */
async function codeOf(entry: Entry, context: Context): Promise<Code | undefined> {
  const { path, mode, size } = entry;
  const { fs, python, given, config } = context;
  if (size === 0 || size > LONGEST) return undefined;
  if (PERL_CODE.test(path)) return { path, text: await textOf(entry, fs), folder: parentOf(path) };
  if ((mode & 0o111) !== 0 || python?.isOwn(path)) {
    const interpreters = interpretersIn(await fs.read(path, 0, Math.min(size, FIRST_LINE)));
    if (interpreters?.some((name) => PERL.test(name))) return { path, text: await textOf(entry, fs), folder: parentOf(path) };
  }
  const folder = config.WorkingDir || '/';
  const shell = await shellText(entry, context, given);
  if (shell !== undefined) return NAMES_PERL.test(shell) ? { path, text: shell, folder } : undefined;
  const code = isAppCode(path, context) ? (python?.codeIn(path) ?? []) : [];
  const words = code.flatMap(({ summary }) => [...summary.strings, ...summary.commands.map(([, , text]) => text)]);
  // Perl's code and options are somewhere in the strings of the Python code.
  return words.some((word) => NAMES_PERL.test(word)) ? { path, text: await textOf(entry, fs), folder } : undefined;
}

/** Perl's sources are in Latin 1 or in UTF-8; names of modules are the same in both. */
async function textOf({ path, size }: Entry, fs: RootFs): Promise<string> {
  return Buffer.from(await fs.read(path, 0, size)).toString('latin1');
}

/** A module, in the first of the folders that has it, with its compiled part and its data. @param file from a folder of modules */
function filesOf(file: string, folders: readonly string[], fs: RootFs): string[] {
  if (file.startsWith('/')) return fs.resolve(file)?.entry.type === 'f' ? [file] : [];
  const at = folders.find((folder) => fs.resolve(`${folder}/${file}`)?.entry.type === 'f');
  if (at === undefined) return [];
  const name = file.replace(/\.\w+$/, '');
  const reads = READS.get(file);
  // The compiled part is in the same folder of modules, or else in another one (XSLoader(3perl), DynaLoader(3perl)).
  const compiled = [at, ...folders]
    .map((folder) => fs.list(fs.resolve(`${folder}/auto/${name}`)?.path ?? ''))
    .find((paths) => paths.length > 0);
  return [
    `${at}/${file}`,
    ...(compiled ?? []).filter((path) => isLoaded(path, fs)),
    ...inside(`${at}/${name}`, fs).filter((path) => !PERL_CODE.test(path) && isLoaded(path, fs)),
    ...(reads === undefined ? [] : folders.flatMap((folder) => inside(`${folder}/${reads}`, fs))),
  ];
}

function isLoaded(path: string, fs: RootFs): boolean {
  return fs.lstat(path)?.type === 'f' && !NOT_LOADED.test(path);
}

/** Paths of all files below a folder, without links in them. */
function inside(folder: string, fs: RootFs): string[] {
  const found = fs.resolve(folder);
  return found?.entry.type === 'd' ? below(fs, found.path) : [];
}
