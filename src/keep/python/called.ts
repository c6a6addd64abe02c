import { allNames, MAIN, type Summary } from '../../python/summary.js';
import { isCalledByPython } from './alive.js';
import { Sleepers } from './sleepers.js';

/**
 * Which functions outside the standard library kept code may call, judged by names alone, as in `AliveFunctions`. It decides only
 * about the programs and libraries that a function names, never about modules. So it is wider than what decides about the standard
 * library: a name counts wherever code loads it or has it in a string, and a method needs no class. A function that is handed to
 * another one where it is defined, as to a decorator, counts at once.
 */
export class CalledFunctions {
  private readonly sleepers = new Sleepers<never>();

  /** @param names what is called from outside the code, as by entry points */
  constructor(names: Iterable<string>) {
    this.sleepers.wake(names);
  }

  /** Takes in the code of a kept module. @param all whether all its functions count: those of the app, and of the standard library */
  take(summary: Summary, all: boolean): void {
    const { sleepers } = this;
    for (const [scope, names] of Object.entries(summary.functions)) if (!all) this.whenCalled(scope, () => sleepers.wake(names));
    sleepers.wake(all ? allNames(summary) : [...summary.names, ...summary.main]);
    sleepers.wake([...summary.given, ...summary.strings]);
  }

  /** Does something once the function of a scope may be called: now, or in the middle of a later call of `take`; maybe more than once. */
  whenCalled(scope: string, work: () => void): void {
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
}

/** What code may put a name together from: `do_` and `_now` of `do_it_now`, `on` and `Start` of `onStart`. */
function partsOf(name: string): string[] {
  return [...name.matchAll(/(?<=.)_(?=.)|(?<=[a-z])(?=[A-Z])/g)].flatMap(({ 0: bar, index }) => [
    name.slice(0, index + bar.length),
    name.slice(index),
  ]);
}
