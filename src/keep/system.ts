import { allNames } from '../python/summary.js';
import { baseName, below, parentOf, readText } from '../rootfs.js';
import { DEFAULT_SERVICES, HOST_DATABASES } from './data/libc.js';
import { LOCALE_FILE, SYSTEM_ROWS } from './data/system.js';
import type { SystemRow } from './data/systemrow.js';
import { expandGlob } from './globs.js';
import { pamModules } from './pam.js';
import { isAppCode, isOnPurpose, packageOnPurpose } from './purpose.js';
import type { Addition, Because } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';
import { isProgram } from './scripts.js';
import { translationsOfLibc } from './translations.js';
import { wrappedBy } from './wrapped.js';

/** Names the modules of the name service switch (nsswitch.conf(5)). */
const SWITCH = '/etc/nsswitch.conf';

/** What calls for a row. */
type Call = Pick<Because<'system'>, 'kind' | 'subject'>;

/** Keeps the rows of data/system.ts that something calls for, and the modules of the name service switch. */
export class SystemRule implements Rule {
  readonly name = 'system';
  private readonly done = new Set<SystemRow>();
  private libc: string | undefined;
  /** A kept file that looks up hosts. */
  private resolver: string | undefined;
  /** What rows with `unlessNamed` would keep. */
  private readonly offered: { by: string; row: SystemRow; additions: Addition[] }[] = [];
  /** Names and strings of the app's own code. */
  private readonly words = new Set<string>();
  private readonly services = { users: false, hosts: false };

  begin(context: Context): Addition[] {
    const { trace, level } = context;
    const rows = SYSTEM_ROWS.flatMap((row) => {
      if (row.when === 'always') return this.expand(row, { kind: 'always' }, [], context);
      if (typeof row.when !== 'object') return [];
      if ('module' in row.when && (level === 'observed' || !context.python)) {
        const { module } = row.when;
        return Object.hasOwn(trace.modules, module) ? this.expand(row, { kind: 'imported', subject: module }, [], context) : [];
      }
      if (!('observed' in row.when)) return [];
      const { observed } = row.when;
      const path = trace.observations.find((observation) => observed.test(observation.path))?.path;
      return path === undefined ? [] : this.expand(row, { kind: 'observed', subject: path }, [], context);
    });
    return level === 'observed' ? rows : [...rows, ...localesOf(context)];
  }

  async visit(entry: Parameters<NonNullable<Rule['visit']>>[0], context: Context): Promise<Addition[]> {
    if (entry.type === 'l' && context.level !== 'observed')
      return wrappedBy(entry.path, context.fs).map(
        (path): Addition => ({ path, rule: 'system', kind: 'program', of: baseName(entry.path), parents: [entry.path] }),
      );
    if (entry.type !== 'f') return [];
    const additions = await this.nameServices(entry.path, context);
    if (context.level === 'observed') return additions;
    additions.push(...(await pamModules(entry.path, context)));
    const facts = await factsOf(entry.path, context);
    for (const row of SYSTEM_ROWS) {
      const call = this.done.has(row) ? undefined : callFor(row, facts);
      if (call === undefined) continue;
      const found = this.expand(row, call, [entry.path], context);
      if (row.translations && found.length > 0)
        for (const path of await translationsOfLibc(context.fs))
          found.push({ path, rule: 'system', ...call, of: row.id, parents: [entry.path] });
      if (row.unlessNamed === undefined) additions.push(...found);
      else if (found.length > 0) this.offered.push({ by: entry.path, row, additions: found });
    }
    for (const word of facts.own) this.words.add(word);
    return additions;
  }

  async settle(context: Context): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const { by, row, additions } of this.offered.splice(0)) {
      const isWanted = [...this.words].some((word) => row.unlessNamed?.test(word)) || (await isOnPurpose(by, context));
      if (isWanted) findings.push(...additions);
      else if (!row.noOffer) findings.push({ offer: 'name', additions });
    }
    return findings;
  }

  /** Modules of the name service switch (nss(5)). Those for hosts are kept only where something looks up hosts. */
  private async nameServices(path: string, context: Context): Promise<Addition[]> {
    const elf = context.isElf(path) ? await context.libraries.elf(path) : undefined;
    if (elf?.soname === 'libc.so.6') this.libc = path;
    else if (elf?.symbols.some((name) => name !== 'iconv_open') && !/^libresolv\./.test(elf.soname ?? '')) this.resolver ??= path;
    const additions: Addition[] = [];
    if (this.libc === undefined) return additions;
    if (!this.services.users) {
      this.services.users = true;
      additions.push(...(await nssModules('users', this.libc, this.libc, context)));
    }
    if (this.resolver !== undefined && !this.services.hosts) {
      this.services.hosts = true;
      additions.push(...(await nssModules('hosts', this.libc, this.resolver, context)));
    }
    return additions;
  }

  private expand(row: SystemRow, call: Call, parents: string[], { fs }: Context): Addition[] {
    this.done.add(row);
    const found = row.keep
      .flatMap((pattern) => expandGlob(fs, pattern))
      .filter((path) => !row.withoutLinks || fs.lstat(path)?.type !== 'l');
    return found.map((path) => ({ path, rule: 'system', ...call, of: row.id, parents }));
  }
}

/** The whole of the locales that some run used: Python opens a part of one, other programs all of it. */
function localesOf({ fs, trace }: Context): Addition[] {
  const folders = new Map<string, string>();
  for (const { path } of trace.observations) {
    const folder = LOCALE_FILE.exec(path)?.[1];
    if (folder !== undefined) folders.set(fs.resolve(folder)?.path ?? folder, path);
  }
  return [...folders].flatMap(([folder, subject]) =>
    below(fs, folder).map((path): Addition => ({ path, rule: 'system', kind: 'observed', subject, of: 'locale', parents: [] })),
  );
}

/** What the rows ask about a kept file. */
interface Facts {
  /** Names of the modules in it: several only in a zip archive. */
  modules: ReadonlySet<string>;
  names: ReadonlySet<string>;
  /** Strings, in the app's own code only. */
  strings: readonly string[];
  /** Names, strings and command lines, in the app's own code only. */
  own: readonly string[];
  soname: string | undefined;
  program: string | undefined;
  /** Whether it is a library, or a program that was run or installed by name, and calls iconv. The C++ library only passes iconv on. */
  iconv: boolean;
}

async function factsOf(path: string, context: Context): Promise<Facts> {
  const { python, libraries } = context;
  const code = python?.codeIn(path) ?? [];
  const inAll = (python?.all ?? []).flatMap((world) => world.codeIn(path).map((one) => ({ ...one, world })));
  const elf = context.isElf(path) ? await libraries.elf(path) : undefined;
  return {
    modules: new Set(inAll.flatMap(({ file, world }) => world.finder.at(file)?.name ?? [])),
    names: new Set(inAll.flatMap(({ summary, world }) => (world.isStandard(path) ? [] : [...allNames(summary)]))),
    strings: isAppCode(path, context) ? code.flatMap(({ summary }) => summary.strings) : [],
    own: isAppCode(path, context)
      ? code.flatMap(({ summary }) => [...summary.strings, ...allNames(summary), ...summary.commands.map(([, , text]) => text)])
      : [],
    soname: elf?.soname,
    program: isProgram(path, context) ? path : undefined,
    iconv:
      (elf?.symbols.includes('iconv_open') ?? false) &&
      !/^(libc|libstdc\+\+)\.so/.test(elf?.soname ?? '') &&
      (elf?.soname !== undefined || context.programs.has(path) || (await packageOnPurpose(path, context)) !== undefined),
  };
}

function callFor({ when }: SystemRow, facts: Facts): Call | undefined {
  if (when === 'iconv') return facts.iconv ? { kind: 'iconv' } : undefined;
  if (when === 'always' || 'observed' in when) return undefined;
  if ('reached' in when) return facts.modules.has(when.reached) ? { kind: 'reached', subject: when.reached } : undefined;
  if ('module' in when) return facts.modules.has(when.module) ? { kind: 'reached', subject: when.module } : undefined;
  if ('name' in when) return facts.names.has(when.name) ? { kind: 'name', subject: when.name } : undefined;
  if ('string' in when) {
    const text = facts.strings.find((string) => when.string.test(string));
    return text === undefined ? undefined : { kind: 'string', subject: text };
  }
  if ('soname' in when) return facts.soname !== undefined && when.soname.test(facts.soname) ? { kind: 'soname' } : undefined;
  return facts.program !== undefined && when.program.test(facts.program) ? { kind: 'program' } : undefined;
}

/** The modules of the services that nsswitch.conf names for users or for hosts, or glibc's default where it names none. */
async function nssModules(what: 'users' | 'hosts', libc: string, by: string, { fs }: Context): Promise<Addition[]> {
  /** Service → the line of the file that names it. */
  const services = new Map<string, number | undefined>(DEFAULT_SERVICES[what].map((service) => [service, undefined]));
  for (const [index, line] of ((await readText(fs, SWITCH)) ?? '').split('\n').entries()) {
    const [, database, list] = /^\s*(\w+):(.*)$/.exec(line.replace(/#.*/, '')) ?? [];
    if (database === undefined || HOST_DATABASES.has(database) !== (what === 'hosts')) continue;
    for (const word of (list ?? '').replace(/\[[^\]]*\]/g, ' ').split(/\s+/))
      if (word && services.get(word) === undefined) services.set(word, index + 1);
  }
  return [...services].map(([service, line]) => ({
    path: `${parentOf(libc)}/libnss_${service}.so.2`,
    rule: 'system',
    kind: 'name-service',
    subject: service,
    ...(line !== undefined && { file: SWITCH, line }),
    parents: [by],
  }));
}
