import { wordsNamed } from '../elf/strings.js';
import { baseName, type Entry } from '../rootfs.js';
import { packageOnPurpose } from './purpose.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';
import { isInPath } from './scripts.js';

/**
 * Programs that a kept native program may run (from the level `reachable` on): its package says that it works with another one, the app's
 * author installed that one by its name, and the native program has the name of one of its programs among its strings. Git runs ssh.
 */
export class PartnersRule implements Rule {
  readonly name = 'opens';
  /** Package → the programs in PATH of the packages that it works with and that were installed on purpose. */
  private readonly programs = new Map<string, Promise<readonly string[]>>();

  async visit({ path, type }: Entry, context: Context): Promise<Addition[]> {
    const { fs, python, isElf } = context;
    const owner = type === 'f' && isElf(path) ? await python?.packages.ownerOf(path) : undefined;
    if (owner === undefined) return [];
    const known = this.programs.get(owner) ?? partnersOf(owner, context);
    this.programs.set(owner, known);
    const programs = await known;
    if (programs.length === 0 || (await context.libraries.elf(path))?.program !== true) return [];
    const named = new Set(await wordsNamed(programs.map(baseName), (offset, length) => fs.read(path, offset, length)));
    const additions: Addition[] = [];
    for (const program of programs.filter((one) => named.has(baseName(one)))) {
      const of = await python?.packages.ownerOf(program);
      additions.push({
        path: program,
        rule: 'opens',
        kind: 'program',
        subject: baseName(program),
        ...(of !== undefined && { of }),
        parents: [path],
      });
    }
    return additions;
  }
}

async function partnersOf(owner: string, context: Context): Promise<readonly string[]> {
  const packages = context.python?.packages;
  const programs: string[] = [];
  for (const name of (await packages?.worksWith(owner)) ?? []) {
    const files = ((await packages?.files(name)) ?? []).filter((path) => isInPath(path, context));
    const [first] = files;
    if (first !== undefined && (await packageOnPurpose(first, context)) === name) programs.push(...files);
  }
  return programs;
}
