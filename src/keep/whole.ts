import { classifyFiles } from '../python/classify.js';
import type { ObservationKind } from '../trace/schema.js';
import type { Addition } from './keepset.js';
import type { PythonWorld } from './python/world.js';
import type { Context, Rule } from './rule.js';

/** Of the standard library: its own tests, and what only building against it needs. */
const ASIDE = /\/(test|tests|idle_test|__pycache__)\/|\/config-[^/]*\/|\.(a|h)$/;
/** Of the operating system's packages: documentation. */
const DOCUMENTATION = /^\/usr\/(local\/)?share\/(doc|doc-base|man|info|lintian|bug|help|gtk-doc)\//;
/** A library that something is linked with says nothing of the rest of its package. */
const LIBRARY = /\.so(\.[\d.]+)?$/;
const USES: ReadonlySet<ObservationKind> = new Set(['open', 'write', 'map', 'exec']);

/**
 * What any program over the same distributions can use (level `whole`): all of the standard library and of the installed
 * distributions, tests aside, and all of each package of the system of which a program or data file is used.
 */
export class WholeRule implements Rule {
  readonly name = 'whole';

  constructor(private readonly world: PythonWorld) {}

  async begin(context: Context): Promise<Addition[]> {
    return [...this.standard(context), ...this.installed(), ...(await this.packages(context))];
  }

  private standard({ fs }: Context): Addition[] {
    return [...fs.entries.values()]
      .filter(({ path, type }) => type !== 'd' && this.world.isStandard(path) && !ASIDE.test(path))
      .map(({ path }) => ({ path, rule: 'whole', parents: [], detail: 'of the standard library' }));
  }

  private installed(): Addition[] {
    return this.world.distributions.all.flatMap((distribution) =>
      [...classifyFiles(distribution, this.world.layout.suffixes)]
        .filter(([, kind]) => kind !== 'test' && kind !== 'build' && kind !== 'doc')
        .map(([path]) => ({ path, rule: 'whole', parents: [], detail: `of the installed distribution ${distribution.name}` })),
    );
  }

  private async packages({ fs, trace, programs }: Context): Promise<Addition[]> {
    const used = trace.observations.flatMap(({ kind, path }) => (USES.has(kind) ? (fs.resolve(path)?.path ?? []) : []));
    const names = new Map<string, string>();
    for (const path of [...used, ...programs]) {
      const name = LIBRARY.test(path) ? undefined : await this.world.packages.ownerOf(path);
      if (name !== undefined && !names.has(name)) names.set(name, path);
    }
    const additions: Addition[] = [];
    for (const [name, path] of names) {
      for (const file of await this.world.packages.files(name)) {
        if (!DOCUMENTATION.test(file) && !ASIDE.test(file))
          additions.push({ path: file, rule: 'whole', parents: [path], detail: `of the package ${name}, which is used` });
      }
    }
    return additions;
  }
}
