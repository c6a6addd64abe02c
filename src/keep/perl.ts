import { perlNames } from '../os/perl.js';
import { FIRST_LINE, parseShebang } from '../os/shebang.js';
import { baseName, below, type Entry, join, parentOf, type RootFs } from '../rootfs.js';
import { BY_ITSELF, BY_SYNTAX, CORE, MODULE_FOLDERS, NOT_LOADED, PERL, PERL_CODE, READS } from './data/perl.js';
import { expandGlob } from './globs.js';
import { isAppCode, isOnPurpose } from './purpose.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';
import { isProgram } from './scripts.js';
import { shellText } from './shellfiles.js';

/** Bytes. What is longer is no code that somebody wrote. */
const LONGEST = 4 << 20;

/**
 * The modules of Perl that kept programs and modules load (from the level `reachable` on): by name, by a path, below a name that they
 * compute the rest of, and what Perl loads by itself. All modules are kept where the app's author installed Perl by its name.
 */
export class PerlRule implements Rule {
  readonly name = 'system';
  private hasPerl = false;
  /** Code that may be for a Perl that nothing has kept so far. */
  private waiting: Code[] = [];
  private folders: readonly string[] | undefined;

  async visit(entry: Entry, context: Context): Promise<Addition[]> {
    if (context.level === 'observed' || entry.type !== 'f') return [];
    const { path } = entry;
    if (PERL.test(baseName(path)) && isProgram(path, context)) return this.takePerl(path, context);
    const code = await codeOf(entry, context);
    if (code === undefined) return [];
    if (this.hasPerl || code.needsPerl) return this.loadedBy(code, context);
    this.waiting.push(code);
    return [];
  }

  private async takePerl(path: string, context: Context): Promise<Addition[]> {
    this.hasPerl = true;
    const { fs, commands } = context;
    if (await isOnPurpose(path, context)) {
      const all = this.inFolders(fs).flatMap((folder) => below(fs, fs.resolve(folder)?.path ?? folder));
      return all.map((one) => ({ path: one, rule: 'system', kind: 'perl', parents: [path] }));
    }
    const line = commands.map((words) => words.join(' ')).filter((words) => NAMES_PERL.test(words));
    const found = await Promise.all(this.waiting.splice(0).map((code) => this.loadedBy(code, context)));
    const modules = BY_ITSELF.map((name) => `use ${name};`).join('\n');
    return [...found.flat(), ...this.loadedBy({ path, text: `${modules}\n${line.join('\n')}`, needsPerl: true }, context)];
  }

  private loadedBy({ path, text }: Code, { fs }: Context): Addition[] {
    const names = perlNames(text);
    const beside = [parentOf(path), ...names.folders.map((folder) => join(parentOf(path), folder))];
    const folders = [...new Set([...beside, ...this.inFolders(fs)])];
    const isCore = CORE.test(path);
    const bySyntax = BY_SYNTAX.filter(({ code, outside }) => code.test(text) && !(outside && isCore)).flatMap(({ modules }) => modules);
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

  private inFolders(fs: RootFs): readonly string[] {
    this.folders ??= MODULE_FOLDERS.flatMap((pattern) => expandGlob(fs, pattern)).filter((path) => fs.resolve(path)?.entry.type === 'd');
    return this.folders;
  }
}

/** Code that may load modules of Perl. */
interface Code {
  path: string;
  text: string;
  /** Whether nothing but Perl can run it. */
  needsPerl: boolean;
}

const NAMES_PERL = /\bperl(5[\d.]*)?\b/;

/** A file's Perl code; of the app's Python code and of shell scripts that name Perl, what may be given to it. */
async function codeOf(entry: Entry, context: Context): Promise<Code | undefined> {
  const { path, mode, size } = entry;
  const { fs, python, given } = context;
  if (size === 0 || size > LONGEST) return undefined;
  if (PERL_CODE.test(path)) return { path, text: await textOf(entry, fs), needsPerl: false };
  const shebang = (mode & 0o111) === 0 ? undefined : parseShebang(await fs.read(path, 0, Math.min(size, FIRST_LINE)));
  const interpreters = shebang ? [shebang.interpreter, ...(shebang.argument?.split(/\s+/) ?? [])].map(baseName) : [];
  if (interpreters.some((name) => PERL.test(name))) return { path, text: await textOf(entry, fs), needsPerl: true };
  const shell = await shellText(entry, context, given);
  if (shell !== undefined) return NAMES_PERL.test(shell) ? { path, text: shell, needsPerl: false } : undefined;
  const code = isAppCode(path, context) ? (python?.codeIn(path) ?? []) : [];
  const runsPerl = code.some(({ summary }) =>
    [...summary.strings, ...summary.commands.map(([, , text]) => text)].some((word) => NAMES_PERL.test(word)),
  );
  // Perl's code and options are somewhere in the strings of the Python code.
  return runsPerl ? { path, text: await textOf(entry, fs), needsPerl: false } : undefined;
}

/** Perl's sources are in Latin 1 or in UTF-8; names of modules are the same in both. */
async function textOf({ path, size }: Entry, fs: RootFs): Promise<string> {
  return Buffer.from(await fs.read(path, 0, size)).toString('latin1');
}

/** A module, in the first of the folders that has it, with its compiled part and its data. @param file from a folder of modules */
function filesOf(file: string, folders: readonly string[], fs: RootFs): string[] {
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
