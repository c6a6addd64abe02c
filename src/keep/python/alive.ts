import { CALLED_BY_C } from '../data/standardlibrary.js';
import type { Addition } from '../keepset.js';

/** What a function does once it is called: what it imports, and the names that it loads. */
interface Body {
  additions: readonly Addition[];
  names: readonly string[];
  /** The module that it is in, and those that this one imports: where its private names mean something. */
  modules: readonly string[];
  /** Set for a method whose class is not alive yet: the name that it waits for next. */
  method?: { module: string; name: string };
}

/** A program's entry in a module: called where the module is run, not where it is imported. */
const ENTRIES = new Set(['main', 'test']);

/**
 * Which functions of the standard library may be called, by their names alone: one whose name no code that runs loads is
 * never called, so what it imports is not needed (rapid type analysis, with names in place of types). Names that are put
 * together at run time are the caller's to tell.
 */
export class AliveFunctions {
  private readonly live = new Set<string>();
  private readonly asleep = new Map<string, Body[]>();

  /**
   * Adds a function, or more of its body; where it is alive already, what it adds goes to `additions`.
   * @param scope its name, or `Class.method`, which is alive where both names are, or `Class` for a special method
   */
  add(module: string, scope: string, body: Body, additions: Addition[]): void {
    const [first, method] = scope.split('.') as [string, string?];
    const then = method === undefined ? body : { ...body, method: { module, name: method } };
    const key = keyOf(first, module);
    if (/^__\w+__$/.test(first) || CALLED_BY_C.has(first) || this.live.has(key)) this.run(then, additions);
    else this.asleep.set(key, [...(this.asleep.get(key) ?? []), then]);
  }

  /** Names that code loads which runs, in one of `modules`. */
  waken(names: Iterable<string>, modules: readonly string[], additions: Addition[]): void {
    const pending = [...names].flatMap((name) => keysOf(name, modules));
    for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
      if (this.live.has(key)) continue;
      this.live.add(key);
      const bodies = this.asleep.get(key) ?? [];
      this.asleep.delete(key);
      for (const body of bodies) this.run(body, additions);
    }
  }

  private run({ method, ...body }: Body, additions: Addition[]): void {
    if (method) {
      this.add(method.module, method.name, body, additions);
    } else {
      additions.push(...body.additions);
      this.waken(body.names, body.modules, additions);
    }
  }
}

function keysOf(name: string, modules: readonly string[]): string[] {
  return isLocal(name) ? [...new Set(modules)].map((module) => keyOf(name, module)) : [name];
}

/** A private name means something only in its own module, and where that is imported. */
function keyOf(name: string, module: string): string {
  return isLocal(name) ? `${module}:${name}` : name;
}

function isLocal(name: string): boolean {
  return name.startsWith('_') || ENTRIES.has(name);
}
