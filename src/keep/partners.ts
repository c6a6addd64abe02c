import { DOCUMENTATION } from '../os/places.js';
import { baseName, type Entry } from '../rootfs.js';
import { filesNamed, isNative } from './nativestrings.js';
import { packageOnPurpose } from './purpose.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';
import { isInPath } from './scripts.js';

/** A package that the app's author installed by its name. */
interface Partner {
  name: string;
  files: readonly string[];
}

/**
 * What comes with a kept native program (from the level `reachable` on), in other packages that the app's author installed by their names:
 * - programs that it may run: its package says that it works with theirs, or theirs with it. It has their names among its strings, as Git
 *   has that of ssh; or they have its name before a dash, and are its subcommands: git-lfs.
 * - data of packages without programs, where the author installed both: aspell has its dictionaries in packages of their own.
 */
export class PartnersRule implements Rule {
  readonly name = 'opens';
  /** By the package of the program. */
  private readonly partners = new Map<string, Promise<readonly Partner[]>>();

  async visit({ path, type }: Entry, context: Context): Promise<Addition[]> {
    const { fs, python } = context;
    const owner = type === 'f' && (await isNative(path, context)) ? await python?.packages.ownerOf(path) : undefined;
    if (owner === undefined) return [];
    const known = this.partners.get(owner) ?? partnersOf(owner, context);
    this.partners.set(owner, known);
    const partners = await known;
    if (partners.length === 0) return [];
    const isProgram = (file: string) => isInPath(file, context);
    const data = partners.filter(({ files }) => !files.some(isProgram));
    const isData = isProgram(path) && data.length > 0 && (await packageOnPurpose(path, context)) === owner;
    const packageOf = new Map(partners.flatMap(({ name, files }) => files.filter(isProgram).map((file) => [file, name] as const)));
    const isSubcommand = (program: string) => isProgram(path) && baseName(program).startsWith(`${baseName(path)}-`);
    const named = await filesNamed(path, [...packageOf.keys()], fs);
    const programs = new Set([...named, ...[...packageOf.keys()].filter(isSubcommand)]);
    return [
      ...[...programs].map((program) => programOf(program, packageOf.get(program) as string, path)),
      ...(isData ? data.flatMap((one) => dataOf(one, path)) : []),
    ];
  }
}

function programOf(path: string, of: string, by: string): Addition {
  return { path, rule: 'opens', kind: 'program', subject: baseName(path), of, parents: [by] };
}

function dataOf({ name, files }: Partner, by: string): Addition[] {
  const wanted = files.filter((path) => !DOCUMENTATION.test(path));
  return wanted.map((path): Addition => ({ path, rule: 'opens', kind: 'data', subject: baseName(by), of: name, parents: [by] }));
}

async function partnersOf(owner: string, context: Context): Promise<readonly Partner[]> {
  const packages = context.python?.packages;
  const partners: Partner[] = [];
  for (const name of new Set([...((await packages?.worksWith(owner)) ?? []), ...((await packages?.wantedBy(owner)) ?? [])])) {
    if (context.trace.image.shared || name === owner || !(await packages?.isOnPurpose(name))) continue;
    partners.push({ name, files: (await packages?.files(name)) ?? [] });
  }
  return partners;
}
