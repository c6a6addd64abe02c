import { CarriedRule } from './carried.js';
import { NamedRule } from './programs.js';
import { isAppCode } from './purpose.js';
import { IdentityRule } from './python/identity.js';
import type { OtherPython, OtherPythonsRule } from './python/others.js';
import type { Context, Finding, Rule } from './rule.js';

/**
 * What kept code of other Pythons names outside Python (from the level `reachable` on), and what the distributions there carry. It is
 * judged like code of a library. What the app's own code names is found beside the app's Python.
 */
export class InOthersRule implements Rule {
  readonly name = 'named';
  private readonly known = new Map<OtherPython, InOther>();

  constructor(private readonly pythons: OtherPythonsRule) {}

  async settle(context: Context): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const other of this.pythons.others) {
      const rules = this.known.get(other) ?? new InOther(other);
      this.known.set(other, rules);
      findings.push(...(await rules.settle(context)));
    }
    return findings;
  }
}

/** The rules for one other Python. */
class InOther {
  private readonly rules: readonly Rule[];
  private readonly visited = new Set<string>();

  constructor(private readonly other: OtherPython) {
    const { world, grades, started } = other;
    this.rules = [new NamedRule(world, started, grades), new IdentityRule(world, grades), new CarriedRule(world, grades)];
  }

  async settle(context: Context): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const path of this.other.followed) {
      const entry = context.fs.lstat(path);
      if (!entry || this.visited.has(path) || isAppCode(path, context)) continue;
      this.visited.add(path);
      for (const rule of this.rules) findings.push(...((await rule.visit?.(entry, context)) ?? []));
    }
    for (const rule of this.rules) findings.push(...((await rule.settle?.(context)) ?? []));
    return findings;
  }
}
