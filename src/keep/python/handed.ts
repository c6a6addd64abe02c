import type { Distribution } from '../../python/distributions.js';
import type { Summary } from '../../python/summary.js';

/** Where code is that gives a command to a function. */
export interface Place {
  /** The kept path that the code is in. */
  path: string;
  /** Its name in reasons. */
  module: string;
  /** Whether it is the app's own. */
  own: boolean;
  distribution: Distribution | undefined;
}

/** A command line that a function hands on. */
export interface Handed extends Place {
  line: number;
  text: string;
  /** Whether kept code may call the function that gives it. */
  isCalled: boolean;
}

interface Given extends Omit<Handed, 'isCalled'> {
  part: { readonly isCalled: boolean };
  callee: string;
  /** Whether only the app's own functions count: the name of this one does not say that it runs anything. */
  toOwn: boolean;
  /** Top-level modules that the giving code imports. */
  imports: ReadonlySet<string>;
}

/** A function that may run what its parameter names. */
interface HandsOn extends Place {
  name: string;
  /** Functions that it calls; '' where it runs or looks for a program itself. */
  calls: readonly string[];
}

type Code = Pick<Summary, 'handed' | 'passed' | 'handsOn' | 'imports'>;

const CALLED = { isCalled: true };

/**
 * Commands that reach a program through other functions: `module.get_bin_path('useradd')`, `self.run_command('tar')`. A function
 * hands on what it gets where it has parameters and runs a program, or calls a function that hands on. Functions are told apart
 * by their names, within a distribution and what it imports.
 */
export class HandedCommands {
  private readonly given: Given[] = [];
  private readonly functions: HandsOn[] = [];
  private readonly done = new Set<string>();
  /** Name → functions that hand on to a program in the end. */
  private running: Map<string, HandsOn[]> | undefined;

  /** Takes in the code of a kept file. @param part the function that it is in */
  take({ handed, passed, handsOn, imports }: Code, place: Place, part: Given['part'] = CALLED): void {
    const names = new Set(imports.map(([, , module]) => module.split('.')[0] as string));
    const give = (rows: Summary['handed'], toOwn: boolean) => {
      for (const [line, , callee, text] of rows) this.given.push({ ...place, part, line, callee, text, toOwn, imports: names });
    };
    give(handed, false);
    give(passed, true);
    if (Object.keys(handsOn).length > 0) this.running = undefined;
    for (const [name, calls] of Object.entries(handsOn)) this.functions.push({ ...place, name, calls });
  }

  /** The commands that are new since the last call, or whose function may be called since then. */
  found(): Handed[] {
    const running = this.running ?? this.thatRun();
    this.running = running;
    return this.given.flatMap((given) => {
      const { isCalled } = given.part;
      const key = `${given.path}\0${given.line}\0${given.text}\0${isCalled}`;
      if (this.done.has(key) || !(running.get(given.callee) ?? []).some((one) => canCall(given, one))) return [];
      this.done.add(key);
      return [{ ...given, isCalled }];
    });
  }

  private thatRun(): Map<string, HandsOn[]> {
    const running = new Map<string, HandsOn[]>();
    const waiting = new Set(this.functions);
    for (let size = -1; size !== waiting.size; ) {
      size = waiting.size;
      for (const one of waiting) {
        const runs = one.calls.includes('') || one.calls.some((name) => running.get(name)?.some((other) => sameCode(one, other)));
        if (!runs) continue;
        waiting.delete(one);
        running.set(one.name, [...(running.get(one.name) ?? []), one]);
      }
    }
    return running;
  }
}

function canCall(given: Given, { path, module, distribution, own }: HandsOn): boolean {
  if (given.toOwn && !own) return false;
  return sameCode(given, { path, distribution, own }) || given.imports.has(module.split('.')[0] as string);
}

/** Whether two places belong to one distribution, or both to the app. */
function sameCode(one: Pick<Place, 'path' | 'distribution' | 'own'>, other: Pick<Place, 'path' | 'distribution' | 'own'>): boolean {
  return one.path === other.path || (one.own && other.own) || (one.distribution !== undefined && one.distribution === other.distribution);
}
