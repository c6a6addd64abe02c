import { classifyFiles } from '../python/classify.js';
import type { ObservationKind } from '../trace/schema.js';
import { DOCUMENTATION, STANDARD_LIBRARY_EXTRAS } from './data/directories.js';
import type { PythonWorld } from './python/world.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';

/** A library may be used because something is linked with it. That does not mean that the rest of its package is used. */
const LIBRARY = /\.so(\.[\d.]+)?$/;
const USES: ReadonlySet<ObservationKind> = new Set(['open', 'write', 'map', 'exec']);

/**
 * What any program over the same distributions can use (level `whole`): the standard library and all installed
 * distributions without their tests, and every package of the operating system of which a program or data file is used.
 */
export class WholeRule implements Rule {
  readonly name = 'whole';

  constructor(private readonly world: PythonWorld) {}

  async begin(context: Context): Promise<Addition[]> {
    return [...this.standardLibrary(context), ...this.installed(), ...(await this.packages(context))];
  }

  private standardLibrary({ fs }: Context): Addition[] {
    return [...fs.entries.values()]
      .filter(({ path, type }) => type !== 'd' && this.world.isStandard(path) && !STANDARD_LIBRARY_EXTRAS.test(path))
      .map(({ path }) => ({ path, rule: 'whole', kind: 'standard-library', parents: [] }));
  }

  private installed(): Addition[] {
    return this.world.distributions.all.flatMap((distribution) =>
      [...classifyFiles(distribution, this.world.layout.suffixes)]
        .filter(([, kind]) => kind !== 'test' && kind !== 'cache' && kind !== 'doc')
        .map(([path]) => ({ path, rule: 'whole', kind: 'distribution', of: distribution.name, parents: [] })),
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
        if (!DOCUMENTATION.test(file) && !STANDARD_LIBRARY_EXTRAS.test(file))
          additions.push({ path: file, rule: 'whole', kind: 'package', of: name, parents: [path] });
      }
    }
    return additions;
  }
}
