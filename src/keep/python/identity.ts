import type { Distribution } from '../../python/distributions.js';
import { normalizeName } from '../../python/metadata.js';
import type { Summary } from '../../python/summary.js';
import type { Entry } from '../../rootfs.js';
import type { Addition } from '../reason.js';
import type { Rule } from '../rule.js';
import type { PythonWorld } from './world.js';

/** Files that have the name and the version of a distribution. Source: PyPA, Core metadata specifications; setuptools, egg_info. */
const IDENTITIES = ['METADATA', 'PKG-INFO'];
/** Modules that say which distributions are installed. */
const LISTS = /^(importlib[._]metadata|pkg_resources)$/;

/**
 * Name and version of distributions of which nothing else is kept (from the level `reachable` on): where kept code asks
 * importlib.metadata for one by name, and where another file of their metadata is kept. Such a folder is found, and without these
 * files an error follows that a missing folder does not give.
 */
export class IdentityRule implements Rule {
  readonly name = 'distribution';
  private readonly byFolder: ReadonlyMap<string, Distribution>;
  private readonly byName: ReadonlyMap<string, Distribution>;

  constructor(private readonly world: PythonWorld) {
    const { all } = world.distributions;
    this.byFolder = new Map(all.map((one) => [one.metadata, one]));
    this.byName = new Map(all.map((one) => [one.name, one]));
  }

  visit({ path, type }: Entry): Addition[] {
    const half = this.byFolder.get(path);
    if (half) return this.identity(half, path);
    if (type !== 'f' || this.world.isStandard(path)) return [];
    return this.world.codeIn(path).flatMap(({ summary }) => this.asked(summary).flatMap((one) => this.identity(one, path)));
  }

  /** The distributions that code names, if it asks for distributions. */
  private asked({ imports, strings }: Summary): Distribution[] {
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
