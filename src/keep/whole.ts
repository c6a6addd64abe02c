import { classifyFiles } from '../python/classify.js';
import type { Addition } from './keepset.js';
import { INSTALLERS } from './python/standard.js';
import type { PythonWorld } from './python/world.js';
import type { Context, Rule } from './rule.js';

/** Of the standard library: its own tests, and what only building against it needs. */
const ASIDE = /\/(test|tests|idle_test|__pycache__)\/|\/config-[^/]*\/|\.(a|h)$/;
/** Of the operating system's packages: documentation. */
const DOCUMENTATION = /^\/usr\/(local\/)?share\/(doc|doc-base|man|info|lintian|bug|help|gtk-doc)\//;
/** A library that something is linked with says nothing of the rest of its package. */
const LIBRARY = /\.so(\.[\d.]+)?$/;

/**
 * What any program over the same distributions can use (level `whole`): all of the standard library and of the installed
 * distributions, tests aside, and all of each package of the system of which a program or data file is used.
 */
export class WholeRule implements Rule {
  readonly name = 'whole';
  private readonly taken = new Set<string>();

  constructor(private readonly world: PythonWorld) {}

  begin({ fs }: Context): Addition[] {
    const additions: Addition[] = [];
    for (const entry of fs.entries.values()) {
      if (entry.type !== 'd' && this.world.isStandard(entry.path) && !ASIDE.test(entry.path))
        additions.push({ path: entry.path, rule: 'whole', parents: [], detail: 'of the standard library' });
    }
    for (const distribution of this.world.distributions.all) {
      if (INSTALLERS.has(distribution.name)) continue;
      for (const [path, kind] of classifyFiles(distribution, this.world.layout.suffixes)) {
        if (kind !== 'test' && kind !== 'build' && kind !== 'doc')
          additions.push({ path, rule: 'whole', parents: [], detail: `of the installed distribution ${distribution.name}` });
      }
    }
    return additions;
  }

  async visit({ path, type }: { path: string; type: string }): Promise<Addition[]> {
    if (type === 'd' || LIBRARY.test(path)) return [];
    const name = await this.world.packages.ownerOf(path);
    if (name === undefined || this.taken.has(name)) return [];
    this.taken.add(name);
    return (await this.world.packages.files(name))
      .filter((file) => !DOCUMENTATION.test(file) && !ASIDE.test(file))
      .map((file) => ({ path: file, rule: 'whole', parents: [path], detail: `of the package ${name}, which is used` }));
  }
}
