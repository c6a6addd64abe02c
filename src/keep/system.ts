import { allNames } from '../python/summary.js';
import { parentOf, readText } from '../rootfs.js';
import { SYSTEM_ROWS, type SystemRow } from './data/system.js';
import { expandGlob } from './globs.js';
import type { Addition } from './keepset.js';
import type { Context, Rule } from './rule.js';
import { isProgram } from './scripts.js';

/** System data, each with what calls for it, and the modules that NSS opens by name. */
export class SystemRule implements Rule {
  readonly name = 'system';
  private readonly done = new Set<SystemRow>();
  private libc: string | undefined;
  /** A kept file that looks hosts up. */
  private resolver: string | undefined;
  private readonly services = { users: false, hosts: false };

  begin(context: Context): Addition[] {
    const { trace, level } = context;
    return SYSTEM_ROWS.flatMap((row) => {
      if (row.when === 'always') return this.expand(row, '', [], context);
      if (typeof row.when !== 'object') return [];
      if ('module' in row.when && (level === 'observed' || !context.python))
        return row.when.module in trace.modules ? this.expand(row, `${row.when.module} was imported: `, [], context) : [];
      if (!('observed' in row.when)) return [];
      const { observed } = row.when;
      const path = trace.observations.find((observation) => observed.test(observation.path))?.path;
      return path === undefined ? [] : this.expand(row, `${path} was looked for: `, [], context);
    });
  }

  async visit(entry: Parameters<NonNullable<Rule['visit']>>[0], context: Context): Promise<Addition[]> {
    if (entry.type !== 'f') return [];
    const additions = await this.nameServices(entry.path, context);
    if (context.level === 'observed') return additions;
    const facts = await factsOf(entry.path, context);
    for (const row of SYSTEM_ROWS) {
      const why = this.done.has(row) ? undefined : calls(row, facts);
      if (why !== undefined) additions.push(...this.expand(row, why, [entry.path], context));
    }
    return additions;
  }

  /** Modules of the name service switch (nss(5)): those for hosts only where something looks hosts up. */
  private async nameServices(path: string, context: Context): Promise<Addition[]> {
    const elf = context.isElf(path) ? await context.libraries.elf(path) : undefined;
    if (elf?.soname === 'libc.so.6') this.libc = path;
    else if (elf?.symbols.some((name) => name !== 'iconv_open') && !/^libresolv\./.test(elf.soname ?? '')) this.resolver ??= path;
    const additions: Addition[] = [];
    if (this.libc === undefined) return additions;
    if (!this.services.users) {
      this.services.users = true;
      additions.push(...(await nssModules(this.libc, this.libc, context, (database) => database !== 'hosts' && database !== 'networks')));
    }
    if (this.resolver !== undefined && !this.services.hosts) {
      this.services.hosts = true;
      additions.push(
        ...(await nssModules(this.libc, this.resolver, context, (database) => database === 'hosts' || database === 'networks')),
      );
    }
    return additions;
  }

  private expand(row: SystemRow, prefix: string, parents: string[], { fs }: Context): Addition[] {
    this.done.add(row);
    return row.keep
      .flatMap((pattern) => expandGlob(fs, pattern))
      .map((path) => ({ path, rule: 'system', parents, detail: prefix + row.because }));
  }
}

/** What a kept file is, as far as a row may ask. */
interface Facts {
  /** Names of the modules in it: one, but for a zip archive. */
  modules: ReadonlySet<string>;
  names: ReadonlySet<string>;
  /** Only of the app's own code. */
  strings: readonly string[];
  soname: string | undefined;
  program: string | undefined;
  /** A library that calls iconv, or a program that was run; the C++ library only offers it. */
  iconv: boolean;
}

async function factsOf(path: string, context: Context): Promise<Facts> {
  const { python, libraries } = context;
  const code = python?.codeIn(path) ?? [];
  const elf = context.isElf(path) ? await libraries.elf(path) : undefined;
  return {
    modules: new Set(code.flatMap(({ file }) => python?.finder.at(file)?.name ?? [])),
    names: new Set(python?.isStandard(path) ? [] : code.flatMap(({ summary }) => [...allNames(summary)])),
    strings: python?.isOwn(path) ? code.flatMap(({ summary }) => summary.strings) : [],
    soname: elf?.soname,
    program: isProgram(path, context) ? path : undefined,
    iconv:
      (elf?.symbols.includes('iconv_open') ?? false) &&
      !/^(libc|libstdc\+\+)\.so/.test(elf?.soname ?? '') &&
      (elf?.soname !== undefined || context.programs.has(path)),
  };
}

function calls({ when }: SystemRow, facts: Facts): string | undefined {
  if (when === 'iconv') return facts.iconv ? 'it calls iconv: ' : undefined;
  if (when === 'always' || 'observed' in when) return undefined;
  if ('reached' in when) return facts.modules.has(when.reached) ? `${when.reached} is reached: ` : undefined;
  if ('module' in when) return facts.modules.has(when.module) ? `${when.module} is reached: ` : undefined;
  if ('name' in when) return facts.names.has(when.name) ? `its code names ${when.name}: ` : undefined;
  if ('string' in when) return facts.strings.some((text) => when.string.test(text)) ? 'its code names such a file: ' : undefined;
  if ('soname' in when) return facts.soname !== undefined && when.soname.test(facts.soname) ? '' : undefined;
  return facts.program !== undefined && when.program.test(facts.program) ? '' : undefined;
}

/** The modules of the services that nsswitch.conf names for some databases; without it, glibc's own choice. */
async function nssModules(libc: string, by: string, { fs }: Context, wanted: (database: string) => boolean): Promise<Addition[]> {
  const services = new Set(wanted('hosts') ? ['files', 'dns'] : ['files']);
  for (const line of ((await readText(fs, '/etc/nsswitch.conf')) ?? '').split('\n')) {
    const [, database, list] = /^\s*(\w+):(.*)$/.exec(line.replace(/#.*/, '')) ?? [];
    if (database === undefined || !wanted(database)) continue;
    for (const word of (list ?? '').replace(/\[[^\]]*\]/g, ' ').split(/\s+/)) if (word) services.add(word);
  }
  return [...services].map((service) => ({
    path: `${parentOf(libc)}/libnss_${service}.so.2`,
    rule: 'system',
    parents: [by],
    detail: `the service ${service} of the name service switch (nsswitch.conf(5))`,
  }));
}
