import { CALLED_BY_C } from '../data/standardlibrary.js';
import type { Addition } from '../reason.js';
import { Sleepers } from './sleepers.js';

/** What a function does once it is called: what it imports, and the names that it loads. */
interface Body {
  additions: readonly Addition[];
  names: readonly string[];
  /** The module of the function, and the modules that this one imports. Private names count only in these. */
  modules: readonly string[];
  /** Set for a method whose class is not alive yet: the name that has to be loaded after the name of the class. */
  method?: { module: string; name: string };
}

/** A program's entry in a module. It is called where the module is run, not where it is imported. */
const ENTRIES: ReadonlySet<string> = new Set(['main', 'test']);

/**
 * Which functions of the standard library may be called, judged by names alone: a function whose name no running code
 * loads is never called, so what it imports is not needed (rapid type analysis, Bacon and Sweeney 1996, with names in
 * place of types). The caller handles names that code computes.
 */
export class AliveFunctions {
  private readonly sleepers = new Sleepers<Addition>();

  /**
   * Adds a function, or more of its body.
   * @param scope its name; or `Class.method`, alive once both names are loaded; or `Class` for its special methods
   * @returns what the function adds, where it is alive already
   */
  add(module: string, scope: string, body: Body): Addition[] {
    const [first, method] = scope.split('.') as [string, string?];
    const then = method === undefined ? body : { ...body, method: { module, name: method } };
    const key = keyOf(first, module);
    const work = () => this.run(then);
    return isCalledByPython(first) ? work() : this.sleepers.add(key, work);
  }

  /**
   * Takes in names that running code in one of `modules` loads.
   * @returns what the functions add that become alive
   */
  wake(names: Iterable<string>, modules: readonly string[]): Addition[] {
    return this.sleepers.wake(keysOf(names, new Set(modules)));
  }

  private run({ method, ...body }: Body): Addition[] {
    return method ? this.add(method.module, method.name, body) : [...body.additions, ...this.wake(body.names, body.modules)];
  }
}

/** Whether the interpreter itself calls a function with this name. */
export function isCalledByPython(name: string): boolean {
  return /^__\w+__$/.test(name) || CALLED_BY_C.has(name);
}

function* keysOf(names: Iterable<string>, modules: ReadonlySet<string>): Generator<string> {
  for (const name of names) {
    if (isLocal(name)) for (const module of modules) yield keyOf(name, module);
    else yield name;
  }
}

/** A private name counts only in its own module, and where that module is imported. */
function keyOf(name: string, module: string): string {
  return isLocal(name) ? `${module}:${name}` : name;
}

function isLocal(name: string): boolean {
  return name.startsWith('_') || ENTRIES.has(name);
}
