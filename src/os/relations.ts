import { push, type RootFs } from '../rootfs.js';
import { paragraphs } from './deb822.js';
import { DOCUMENTATION } from './places.js';

/** State of Debian's packages (dpkg(1)). */
export const STATUS = '/var/lib/dpkg/status';

/** What Debian's installed packages say of each other. Source: Debian Policy, 7.2 (Depends, Recommends, Suggests), 7.5 (Provides). */
export class Relations {
  /** Package → names of the packages that it depends on, or that it works with; virtual ones too. */
  private readonly depends = new Map<string, readonly string[]>();
  private readonly others = new Map<string, readonly string[]>();
  /** Name, or virtual name → installed packages. */
  private readonly providers = new Map<string, string[]>();
  /** Package → those that depend on it, recommend or suggest it. */
  private wanting: Map<string, Set<string>> | undefined;
  /** Packages with which software is built. What their author wanted is the result. */
  private readonly building = new Set<string>();

  static async read(fs: RootFs): Promise<Relations> {
    const relations = new Relations();
    for (const value of await paragraphs(fs, STATUS)) {
      const name = value('Package');
      if (name === undefined || !/ installed$/.test(value('Status') ?? '')) continue;
      const listed = (...fields: string[]) =>
        fields.flatMap((field) =>
          [...(value(field) ?? '').matchAll(/(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]*)/g)].map(([, one]) => one as string),
        );
      relations.depends.set(name, listed('Pre-Depends', 'Depends'));
      relations.others.set(name, listed('Recommends', 'Suggests'));
      if (/(^|\/)(lib)?devel$/.test(value('Section') ?? '')) relations.building.add(name);
      for (const one of [name, ...listed('Provides')]) push(relations.providers, one, name);
    }
    return relations;
  }

  /** Installed packages that a package depends on, recommends or suggests, without those for building. */
  worksWith(name: string): string[] {
    const found = this.installed([...(this.depends.get(name) ?? []), ...(this.others.get(name) ?? [])]);
    return found.filter((one) => !this.building.has(one));
  }

  /** Installed packages that depend on a package, recommend or suggest it, without those for building. */
  wantedBy(name: string): string[] {
    this.wanting ??= this.invert();
    return [...(this.wanting.get(name) ?? [])];
  }

  /**
   * Packages that somebody wanted who installed others by their names: those, and what those depend on that have only documentation:
   * `default-jre-headless`, `postgresql-client`, `dnsutils`.
   * @param filesOf the files of a package
   */
  meant(names: readonly string[], filesOf: (name: string) => readonly string[]): Set<string> {
    const found = new Set(names);
    // A Set is gone through with what is added meanwhile.
    for (const name of found) {
      if (this.building.has(name) || !filesOf(name).every((path) => DOCUMENTATION.test(path))) continue;
      for (const one of this.installed(this.depends.get(name) ?? [])) found.add(one);
    }
    return found;
  }

  /** All packages that the given ones depend on, at last. */
  needsOf(names: readonly string[]): Set<string> {
    const needsOf = (name: string) => this.installed(this.depends.get(name) ?? []);
    const found = new Set(names.flatMap(needsOf));
    // A Set is gone through with what is added meanwhile.
    for (const name of found) for (const one of needsOf(name)) found.add(one);
    return found;
  }

  private invert(): Map<string, Set<string>> {
    const wanting = new Map<string, Set<string>>();
    for (const [by, names] of [...this.depends, ...this.others]) {
      if (this.building.has(by)) continue;
      for (const name of this.installed(names)) wanting.set(name, (wanting.get(name) ?? new Set()).add(by));
    }
    return wanting;
  }

  private installed(names: readonly string[]): string[] {
    return [...new Set(names.flatMap((name) => this.providers.get(name) ?? []))];
  }
}
