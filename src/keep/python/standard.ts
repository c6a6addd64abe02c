import type { Distribution } from '../../python/distributions.js';
import type { Edge } from '../../python/edges.js';
import type { Module } from '../../python/finder.js';
import { allNames, MAIN, type Summary } from '../../python/summary.js';
import { REGISTRIES } from '../data/registries.js';
import {
  ASKED_FOR_BY,
  COMPUTED,
  FALLBACKS,
  FROZEN,
  IMPORTED_BY_C,
  NEEDS,
  NEEDS_DISPLAY,
  NEVER,
  NOT_HERE,
  ONLY_FOR,
  SHOWN_WARNINGS,
  SUBSTITUTES,
} from '../data/standardlibrary.js';
import type { Addition } from '../reason.js';
import type { Context } from '../rule.js';
import { AliveFunctions } from './alive.js';
import type { PythonWorld } from './world.js';

/**
 * What is special about the imports of the standard library: some happen in C code, many are in functions that nobody
 * calls, and some are for other operating systems.
 */
export class StandardLibrary {
  private readonly alive = new AliveFunctions();
  /** Modules that a command line runs. In all others, `if __name__ == "__main__"` is false. */
  private readonly started = new Set<string>();

  private constructor(
    private readonly world: PythonWorld,
    /** C modules of {@link NEEDS} that the image has, with all their libraries, and that can work there. */
    private readonly usable: Set<string>,
    /** C modules that only lack a display. */
    private readonly hidden: ReadonlySet<string>,
  ) {}

  static async open(world: PythonWorld, { libraries, environment, trace }: Context): Promise<StandardLibrary> {
    const [usable, hidden] = [new Set<string>(), new Set<string>()];
    for (const name of new Set(NEEDS.values())) {
      const file = world.finder.find(name)?.file;
      if (file === undefined || (await libraries.closure(file)).missing.length > 0) continue;
      // Without a display, a window can't open.
      const lacksDisplay = NEEDS_DISPLAY.has(name) && !environment.DISPLAY && !Object.hasOwn(trace.modules, name);
      (lacksDisplay ? hidden : usable).add(name);
    }
    return new StandardLibrary(world, usable, hidden);
  }

  /** Notes that a command line runs a module. */
  start(name: string): void {
    this.started.add(name);
  }

  /** What printing a warning needs that Python ignores by default. */
  showWarnings(): Addition[] {
    return this.alive.wake([SHOWN_WARNINGS], []);
  }

  /** What becomes alive because of the names in code outside the standard library. @param modules the code's own and those that it imports */
  wakeFor(summary: Summary, modules: readonly string[]): Addition[] {
    const names = allNames(summary);
    for (const [, , module] of summary.imports) for (const { imports } of REGISTRIES) names.add(imports.exec(module)?.[1] ?? '');
    const additions = this.alive.wake(names, modules);
    for (const [what, words] of ASKED_FOR_BY)
      if (words.some((word) => names.has(word) || modules.includes(word))) additions.push(...this.alive.wake([what], []));
    return additions;
  }

  /** Takes in a module of the standard library: what its functions name counts once they are alive. */
  take({ names, functions, strings }: Summary, name: string, modules: readonly string[]): Addition[] {
    const additions: Addition[] = [];
    // Methods with computed names: getattr(self, 'do_' + command).
    const prefixes = strings.filter((text) => /^\w{2,}_$/.test(text));
    for (const [scope, inside] of Object.entries(functions)) {
      additions.push(...this.alive.add(name, scope, { additions: [], names: inside, modules }));
      if (prefixes.some((prefix) => scope.replace(/^.*\./, '').startsWith(prefix)))
        additions.push(...this.alive.wake(scope.split('.'), [name]));
    }
    return [...additions, ...this.alive.wake(names, modules)];
  }

  /** What an import by the standard library adds now; the rest waits until the function that it is in is alive. */
  whenAlive({ module, scope }: Edge, name: string, reached: readonly Addition[]): Addition[] {
    const only = ONLY_FOR.get(name)?.get(module.name);
    if (only) return this.whenNamed(only, name, reached);
    return scope === '' ? [...reached] : this.whenNamed([scope], name, reached);
  }

  /** What a module adds once some code has one of the names. */
  whenNamed(names: readonly string[], module: string, reached: readonly Addition[]): Addition[] {
    return names.flatMap((name) => this.alive.add(module, name, { additions: reached, names: [], modules: [] }));
  }

  /** Whether an import by the standard library never happens in this image. @param name the module that has it */
  neverHappens({ module, scope }: Edge, name: string): boolean {
    const never = [...(scope === '' ? [] : (NEVER.get(name) ?? [])), ...(NOT_HERE.get(name) ?? [])];
    if (never.some((other) => module.name === other || module.name.startsWith(`${other}.`))) return true;
    const better = FALLBACKS.get(module.name);
    if (better !== undefined && this.world.finder.find(better)) return true;
    return scope === MAIN && !this.started.has(name);
  }

  /** Whether the interpreter has a module built in, so that no file is needed. */
  isFrozen({ name }: Module): boolean {
    return FROZEN.has(name);
  }

  /** Whether a module cannot work, because the C module that it needs is missing or lacks a library. */
  isUnusable({ name }: Module): boolean {
    const needs = NEEDS.get(name.split('.')[0] as string);
    return needs !== undefined && !this.usable.has(needs);
  }

  /** Notes that the app's own code imports a module: it may make the display itself, or need none. */
  importedByApp({ name }: Module): void {
    const needs = NEEDS.get(name.split('.')[0] as string);
    if (needs !== undefined && this.hidden.has(needs)) this.usable.add(needs);
  }

  /** Whether a module is one of CPython's own tests. Some installers leave them in place, and no code names them in a string. */
  isOwnTest({ name, file }: Module): boolean {
    return name.startsWith('test.') && this.world.isStandard(file ?? '');
  }

  /** What a module imports where its Python code does not show it. */
  hiddenImports({ name, file }: Module): Addition[] {
    const parents = file === undefined ? [] : [file];
    const add = (path: string, kind: 'c-code' | 'computed', only: string | undefined): Addition[] => {
      const addition: Addition = { path, rule: 'python', kind, module: name, parents };
      return only === undefined ? [addition] : this.alive.add(name, only, { additions: [addition], names: [], modules: [] });
    };
    const additions = (IMPORTED_BY_C.get(name) ?? []).flatMap((imported) => {
      const [other, only] = typeof imported === 'string' ? [imported] : [imported.module, imported.for];
      const found = this.world.finder.find(other)?.file;
      return found === undefined || NEEDS.has(other) ? [] : add(this.world.finder.kept(found), 'c-code', only);
    });
    const computed = COMPUTED.get(name);
    if (!computed || file === undefined) return additions;
    return [...additions, ...this.filesOf(computed).flatMap((path) => add(path, 'computed', computed.for))];
  }

  private filesOf(computed: { module: string } | { file: RegExp }): string[] {
    const { finder, layout, fs } = this.world;
    if ('file' in computed) return layout.standardLibrary.flatMap((folder) => fs.list(folder)).filter((path) => computed.file.test(path));
    const found = finder.find(computed.module)?.file;
    return found === undefined ? [] : [finder.kept(found)];
  }

  /** The distribution that a module reads, where the system lacks the data (zoneinfo: tzdata). */
  substituteFor({ name, file }: Module): Distribution | undefined {
    const substitute = SUBSTITUTES.get(name);
    if (file === undefined || !substitute || substitute.system.some((path) => this.world.fs.resolve(path))) return undefined;
    return this.world.distributions.all.find((one) => one.name === substitute.distribution);
  }
}
