import type { Distribution } from '../../python/distributions.js';
import { normalizeName } from '../../python/metadata.js';
import type { Summary } from '../../python/summary.js';
import type { Entry } from '../../rootfs.js';
import type { Addition } from '../reason.js';
import type { Rule } from '../rule.js';
import { isBackend } from './backends.js';
import type { Grades } from './grades.js';
import type { PythonWorld } from './world.js';

/** Files that have the name and the version of a distribution. Source: PyPA, Core metadata specifications; setuptools, egg_info. */
const IDENTITIES = ['METADATA', 'PKG-INFO'];
/** Modules that say which distributions are installed. */
const LISTS = /^(importlib[._]metadata|pkg_resources)$/;

/**
 * Name and version of distributions of which nothing else is kept (from the level `reachable` on): where kept code asks
 * importlib.metadata for one by name, where only their compiled part is kept, and where another file of their metadata is kept. Such a
 * folder is found, and without these files an error follows that a missing folder does not give.
 */
export class IdentityRule implements Rule {
  readonly name = 'distribution';
  private readonly byFolder: ReadonlyMap<string, Distribution>;
  private readonly byName: ReadonlyMap<string, Distribution>;

  /** Distributions that were asked for, and the kept path that asks. */
  private asked: { distribution: Distribution; by: string }[] = [];

  constructor(
    private readonly world: PythonWorld,
    private readonly grades: Grades,
  ) {
    const { all } = world.distributions;
    this.byFolder = new Map(all.map((one) => [one.metadata, one]));
    this.byName = new Map(all.map((one) => [one.name, one]));
  }

  visit({ path, type }: Entry): Addition[] {
    const half = this.byFolder.get(path);
    if (half) this.asked.push({ distribution: half, by: path });
    const owner = path.endsWith('.so') ? this.world.distributions.ownerOf(path) : undefined;
    if (owner && isBackend(this.world.finder.at(path)?.name ?? '', path, owner)) this.asked.push({ distribution: owner, by: path });
    if (type === 'f' && !this.world.isStandard(path))
      for (const { summary } of this.world.codeIn(path))
        for (const distribution of this.namedIn(summary)) this.asked.push({ distribution, by: path });
    return [];
  }

  /** Of a distribution that kept code imports, the metadata is kept anyway. */
  settle(): Addition[] {
    const asked = this.asked.splice(0).filter(({ distribution }) => !this.grades.has(distribution, 'pulled'));
    return asked.flatMap(({ distribution, by }) => this.identity(distribution, by));
  }

  /** The distributions that code names, if it asks for distributions. */
  private namedIn({ imports, strings }: Summary): Distribution[] {
    const asks = imports.some(
      ([, level, module, names]) => level === 0 && (LISTS.test(module) || (module === 'importlib' && names.includes('metadata'))),
    );
    return asks ? strings.flatMap((text) => this.byName.get(normalizeName(text)) ?? []) : [];
  }

  private identity({ metadata, name }: Distribution, parent: string): Addition[] {
    return IDENTITIES.map((file) => `${metadata}/${file}`)
      .filter((path) => this.world.fs.lstat(path))
      .map((path) => ({ path, rule: 'distribution', kind: 'identity', of: name, parents: [parent] }));
  }
}
