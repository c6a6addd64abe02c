import { wordsNamed } from '../elf/strings.js';
import { baseName, type Entry } from '../rootfs.js';
import { DOCUMENTATION } from './data/directories.js';
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
 * - programs that it may run: its package says that it works with theirs, and it has their names among its strings. Git runs ssh.
 * - data of packages without programs, where the author installed both: aspell has its dictionaries in packages of their own.
 */
export class PartnersRule implements Rule {
  readonly name = 'opens';
  /** By the package of the program. */
  private readonly partners = new Map<string, Promise<readonly Partner[]>>();

  async visit({ path, type }: Entry, context: Context): Promise<Addition[]> {
    const { python, isElf } = context;
    const owner = type === 'f' && isElf(path) ? await python?.packages.ownerOf(path) : undefined;
    if (owner === undefined || (await context.libraries.elf(path))?.program !== true) return [];
    const known = this.partners.get(owner) ?? partnersOf(owner, context);
    this.partners.set(owner, known);
    const partners = await known;
    if (partners.length === 0) return [];
    const isProgram = (file: string) => isInPath(file, context);
    const data = partners.filter(({ files }) => !files.some(isProgram));
    const isData = isProgram(path) && data.length > 0 && (await packageOnPurpose(path, context)) === owner;
    return [
      ...(await programsNamed(
        path,
        partners.map((one) => ({ ...one, files: one.files.filter(isProgram) })),
        context,
      )),
      ...(isData ? data.flatMap((one) => dataOf(one, path)) : []),
    ];
  }
}

async function programsNamed(by: string, partners: readonly Partner[], { fs }: Context): Promise<Addition[]> {
  const names = partners.flatMap(({ files }) => files.map(baseName));
  const named = new Set(names.length === 0 ? [] : await wordsNamed(names, (offset, length) => fs.read(by, offset, length)));
  return partners.flatMap(({ name, files }) =>
    files
      .filter((path) => named.has(baseName(path)))
      .map((path): Addition => ({ path, rule: 'opens', kind: 'program', subject: baseName(path), of: name, parents: [by] })),
  );
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
