import type { Distribution } from '../../python/distributions.js';
import { allNames, MAIN, type Summary } from '../../python/summary.js';
import { push } from '../../rootfs.js';
import { isCalledByPython } from './alive.js';
import type { Grades } from './grades.js';
import { Sleepers } from './sleepers.js';
import type { PythonWorld } from './world.js';

/**
 * Which functions outside the standard library kept code may call, judged by names alone, as in `AliveFunctions`. It decides only
 * about the programs and libraries that a function names, never about modules. So it is wider than what decides about the standard
 * library: a name counts wherever code loads it or has it, or a part of it, in a string, and a method needs no class. A function that
 * is handed to another one where it is defined, as to a decorator, counts at once. So do all functions of the app's own code, and of
 * distributions that it imports, that were installed for their programs, or that have to do with compiled code.
 */
export class CalledFunctions {
  private readonly sleepers = new Sleepers<never>();
  /** Code whose functions do not count by themselves so far, by distribution. */
  private readonly asleep = new Map<Distribution, Summary[]>();
  /** What waits for a function of a distribution. */
  private readonly waiting = new Map<Distribution, (() => void)[]>();
  /** Distributions that compiled code belongs to, or that it names: what it calls can't be read. */
  private readonly compiled = new Set<Distribution>();

  constructor(
    private readonly world: PythonWorld,
    private readonly grades: Grades,
  ) {
    for (const { entryPoints } of world.distributions.all)
      for (const { attribute } of entryPoints) this.sleepers.wake(attribute.split('.'));
  }

  /** Takes in the code of a kept file. @param own whether it is the app's own */
  take(path: string, own: boolean): void {
    const distribution = own ? undefined : this.world.distributions.ownerOf(path);
    for (const { file, summary } of this.world.codeIn(path)) {
      this.noticeCompiled(file, summary);
      this.sleepers.wake([...summary.names, ...summary.main, ...summary.given, ...summary.strings]);
      if (distribution === undefined || this.isWhole(distribution)) this.sleepers.wake(allNames(summary));
      else {
        push(this.asleep, distribution, summary);
        for (const [scope, names] of Object.entries(summary.functions)) this.whenCalled(scope, () => this.sleepers.wake(names));
      }
    }
  }

  /**
   * Does something once kept code may call a function: now, or in the middle of a later call of `take` or `settle`; maybe more than once.
   * @param scope the function, or '' for code outside functions
   * @param distribution undefined for the app's own code
   */
  whenNeeded(scope: string, distribution: Distribution | undefined, work: () => void): void {
    if (distribution === undefined || this.isWhole(distribution)) {
      work();
      return;
    }
    push(this.waiting, distribution, work);
    this.whenCalled(scope, work);
  }

  /** Takes in which distributions count whole now. */
  settle(): void {
    for (const [distribution, summaries] of this.asleep) {
      if (!this.isWhole(distribution)) continue;
      this.asleep.delete(distribution);
      for (const summary of summaries) this.sleepers.wake(allNames(summary));
    }
    for (const [distribution, works] of this.waiting) {
      if (!this.isWhole(distribution)) continue;
      this.waiting.delete(distribution);
      for (const work of works) work();
    }
  }

  private whenCalled(scope: string, work: () => void): void {
    const name = scope.replace(/^.*\./, '');
    if (scope === '' || scope === MAIN || isCalledByPython(name)) {
      work();
      return;
    }
    const wake = (): never[] => {
      work();
      return [];
    };
    for (const one of [name, ...partsOf(name)]) this.sleepers.add(one, wake);
  }

  private isWhole(distribution: Distribution): boolean {
    return this.grades.has(distribution, 'app') || this.grades.withPrograms.has(distribution) || this.compiled.has(distribution);
  }

  private noticeCompiled(file: string, { strings }: Summary): void {
    const { finder, distributions } = this.world;
    const self = finder.find(finder.at(file)?.name ?? '');
    if (self?.kind !== 'extension') return;
    for (const name of [self.name, ...strings]) {
      const named = distributions.ownerOf(finder.find(name)?.file ?? '');
      if (named) this.compiled.add(named);
    }
  }
}

/** What code may put a name together from: `do_` and `_now` of `do_it_now`, `on` and `Start` of `onStart`. */
function partsOf(name: string): string[] {
  return [...name.matchAll(/(?<=.)_(?=.)|(?<=[a-z])(?=[A-Z])/g)].flatMap(({ 0: bar, index }) => [
    name.slice(0, index + bar.length),
    name.slice(index),
  ]);
}
