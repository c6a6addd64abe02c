import { isLibraryName } from '../os/places.js';
import type { Entry } from '../rootfs.js';
import { nativeStrings } from './nativestrings.js';
import type { Addition } from './reason.js';
import type { Context, Offer, Rule } from './rule.js';
import { isExecutable } from './scripts.js';

/**
 * Files of the system that native code names by their full paths (from the level `reachable` on): /etc/netconfig of libtirpc. Each is an
 * offer. Of programs, those count that the same package brought: /usr/lib/openssh/ssh-keysign of ssh.
 */
export class NativePathsRule implements Rule {
  readonly name = 'opens';
  /** What the C library names: which of it is needed, and for which functions, is known (data/system.ts). */
  private ofLibc: Promise<ReadonlySet<string>> | undefined;

  async visit({ path, type }: Entry, context: Context): Promise<Offer[]> {
    const { fs, python, isElf, libraries } = context;
    const elf = type === 'f' && isElf(path) ? await libraries.elf(path) : undefined;
    if (!elf || !python) return [];
    this.ofLibc ??= namedByLibc(context);
    const known = await this.ofLibc;
    const offers: Offer[] = [];
    for (const named of (await nativeStrings(fs, path)).paths) {
      const found = known.has(named) ? undefined : fs.resolve(named);
      if (found?.entry.type !== 'f' || isLibraryName(found.path)) continue;
      if (python.isStandard(found.path) || python.distributions.ownerOf(found.path)) continue;
      const isProgram = isExecutable(found.entry);
      if (isProgram && !(await isOfSamePackage(path, found.path, context))) continue;
      const addition: Addition = { path: named, rule: 'opens', kind: 'path', subject: named, parents: [path] };
      offers.push({ offer: isProgram ? 'name' : 'call', additions: [addition] });
    }
    return offers;
  }
}

async function namedByLibc({ fs, libraries }: Context): Promise<ReadonlySet<string>> {
  const found = await libraries.named('libc.so.6');
  const all = await Promise.all(found.map((path) => nativeStrings(fs, fs.resolve(path)?.path ?? path)));
  return new Set(all.flatMap(({ paths }) => paths));
}

async function isOfSamePackage(one: string, other: string, { python }: Context): Promise<boolean> {
  const owner = await python?.packages.ownerOf(one);
  return owner !== undefined && owner === (await python?.packages.ownerOf(other));
}
