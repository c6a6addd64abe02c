import { openPackages, type Packages } from '../os/packages.js';
import { Distributions } from '../python/distributions.js';
import type { PythonLayout } from '../python/layout.js';
import type { RootFs } from '../rootfs.js';
import type { Owner } from '../workspace/keepreport.js';

/** What the files of an image belong to. */
export interface Owners {
  all: Owner[];
  /** Path → index into `all`. Files that belong to nothing are not in it. */
  of: ReadonlyMap<string, number>;
}

/**
 * Finds out what each file of an image belongs to: a Python distribution, or else a package of the operating system.
 * @param known what was read before; at the level `observed` nothing was
 */
export async function readOwners(
  fs: RootFs,
  layout: PythonLayout,
  known: { packages: Packages; distributions: Distributions } | undefined,
): Promise<Owners> {
  const packages = known?.packages ?? openPackages(fs);
  const distributions = known?.distributions ?? (await Distributions.read(fs, layout, packages));
  const versions = await packages.versions();
  const all: Owner[] = [];
  const indexes = new Map<string, number>();
  const of = new Map<string, number>();
  const indexOf = (owner: Owner) => {
    const key = `${owner.kind} ${owner.name}`;
    const index = indexes.get(key) ?? all.push(owner) - 1;
    indexes.set(key, index);
    return index;
  };
  for (const { path, type } of fs.entries.values()) {
    if (type === 'd') continue;
    const distribution = distributions.ownerOf(path);
    if (distribution) {
      const { name, version } = distribution;
      of.set(path, indexOf({ kind: 'distribution', name, version: version === '' ? null : version }));
      continue;
    }
    // dpkg(1) adds the architecture to the names of some packages: `libpq5:amd64`.
    const name = (await packages.ownerOf(path))?.replace(/:\w+$/, '');
    if (name !== undefined) of.set(path, indexOf({ kind: 'package', name, version: versions.get(name) ?? null }));
  }
  return { all, of };
}
