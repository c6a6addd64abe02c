import type { Module, ModuleFinder } from './finder.js';
import { allNames, type Summary } from './summary.js';

/** A module that the code of another module names. */
export interface Edge {
  module: Module;
  how: How;
  /** Whether an import statement names it. */
  statement: boolean;
  /** The function that the import is in, or ''. */
  scope: string;
  /** The import statement names a part of the module that the image does not have, so it fails. */
  fails?: true;
}

/** How code names a module. */
export interface How {
  /**
   * `import`: a statement. `attribute`: of the package `subject`. `dynamic`: in the string `subject`, in code that imports
   * by name; a string that ends in a dot names each module of a package. `string`: in the string `subject`. `lazy`: in a package
   * that imports its modules on demand. `extension`: in the strings of an extension module.
   */
  kind: 'import' | 'attribute' | 'dynamic' | 'lazy' | 'string' | 'extension';
  /** Line of the statement, from 1. */
  line?: number;
  subject?: string;
}

/** Whose code it is. That decides how much a string counts. */
export type Origin = 'own' | 'distribution' | 'standard';

export interface Self {
  /** Dotted name; '' for a script. */
  name: string;
  package: boolean;
  kind: Module['kind'] | 'script';
  origin: Origin;
}

/**
 * A module that only Cython's own code in an extension module names: it imports that module to answer a question of it. Other strings
 * may follow the name without a gap.
 * Source: Cython/Utility/CythonFunction.c, `_is_coroutine`, which asyncio reads.
 */
const OF_CYTHON = /^asyncio\.coroutines/;

/** Modules that no code means that completes the name of a package. */
const FOR_TESTS = /^(tests?|testing|conftest|test_.*|.*_test)$/;

/** The modules that a module's code names and that the image has. */
export function edgesOf(self: Self, summary: Summary, finder: ModuleFinder): Edge[] {
  const edges = new Map<string, Edge>();
  const add = (module: Module, how: How, scope = '', statement = false, fails = false) => {
    const known = edges.get(module.name);
    // An import that always runs counts more than one in a function, and most counts one that succeeds.
    if (!known || (known.fails && !fails) || (known.scope !== '' && scope === '' && (known.fails || !fails)))
      edges.set(module.name, { module, how: known?.statement && !statement ? known.how : how, scope, statement, ...(fails && { fails }) });
    // A statement says best how a module is named: after `from a import b` in a function, `b` looks like an attribute of `a`, too.
    else if (statement && !known.statement) edges.set(module.name, { ...known, how });
  };
  /** Adds the module of a dotted name and its packages, up to the first part that is no module. */
  const addChain = (name: string, how: How, scope = '', statement = false) => {
    const parts = name.split('.');
    const there = depth(name, finder);
    for (let length = 1; length <= there; length++) {
      const module = finder.find(parts.slice(0, length).join('.'));
      if (module) add(module, how, scope, statement, statement && there < parts.length);
    }
  };
  const names = allNames(summary);
  /** Adds submodules that are named as attributes of a package: `scipy.io.loadmat` after `import scipy`. */
  const descend = (package_: Module | undefined, seen: Set<string>) => {
    // The standard library has a statement for everything that it imports.
    if (self.origin === 'standard' || !package_?.search || seen.has(package_.name)) return;
    seen.add(package_.name);
    for (const child of finder.children(package_)) {
      const module = names.has(child) ? finder.find(`${package_.name}.${child}`) : undefined;
      if (!module) continue;
      add(module, { kind: 'attribute', subject: package_.name });
      descend(module, seen);
    }
  };

  const seen = new Set<string>();
  for (const [line, level, module, imported, scope] of summary.imports) {
    const base = absolute(self, level, module);
    if (base === undefined) continue;
    const how: How = { kind: 'import', ...(line !== null && { line }) };
    if (base !== '') addChain(base, how, scope, true);
    for (const name of imported) {
      const found = name === '*' ? undefined : finder.find(base === '' ? name : `${base}.${name}`);
      if (found) add(found, how, scope, true);
      descend(found, seen);
    }
    if (imported.length === 0) descend(finder.find(base.split('.')[0] as string), seen);
    descend(finder.find(base), seen);
  }
  for (const text of summary.dynamic) {
    const how: How = { kind: 'dynamic', subject: text };
    const dots = /^\.*/.exec(text)?.[0].length ?? 0;
    const isPrefix = text.endsWith('.');
    // The standard library has a statement for everything that it imports.
    if (isPrefix && self.origin === 'standard') continue;
    const base = absolute(self, dots, text.slice(dots, isPrefix ? -1 : undefined).replace(/:.*$/, ''));
    if (base) addChain(base, how);
    const package_ = base && isPrefix ? finder.find(base) : undefined;
    const children = package_ ? finder.children(package_).filter((child) => !FOR_TESTS.test(child)) : [];
    for (const child of children) addChain(`${base}.${child}`, how);
  }
  if (self.package && (summary.lazy || summary.dynamic.length > 0)) {
    for (const text of new Set([...summary.strings, ...names])) {
      const module = /^\w+$/.test(text) ? finder.find(`${self.name}.${text}`) : undefined;
      if (module) add(module, { kind: 'lazy' });
    }
  }
  if (self.origin === 'standard') return [...edges.values()];
  if (self.kind === 'extension') {
    for (const text of summary.strings) if (!OF_CYTHON.test(text)) addRunOn(text, finder, add);
    addParts(self, summary, finder, add);
  } else {
    for (const text of summary.strings) {
      const dotted = text.replace(/:.*$/, '');
      const parts = dotted.split('.').length;
      if (parts < 2 || dotted.startsWith('.')) continue;
      const wanted = self.origin === 'own' ? 1 : 2;
      if (depth(dotted, finder) >= Math.max(wanted, self.origin === 'own' ? 1 : parts - 1))
        addChain(dotted, { kind: 'string', subject: text });
    }
  }
  return [...edges.values()];
}

/** How many parts of a dotted name, from the left, are modules. */
export function depth(name: string, finder: ModuleFinder): number {
  return finder.deepest(name)?.name.split('.').length ?? 0;
}

/** The absolute name of an import; undefined where a relative one leads out of its package. */
function absolute(self: Self, level: number, module: string): string | undefined {
  if (level === 0) return module;
  const parts = self.name === '' ? [] : self.name.split('.');
  if (!self.package) parts.pop();
  if (level - 1 > parts.length || (parts.length === 0 && self.name !== '')) return undefined;
  return [...parts.slice(0, parts.length - (level - 1)), ...(module === '' ? [] : [module])].join('.');
}

/**
 * Adds the modules that a string in an extension module names. Other text may follow the name without a gap, so it is
 * enough that a part begins with a module's name.
 */
function addRunOn(text: string, finder: ModuleFinder, add: (module: Module, how: How) => void): void {
  const how: How = { kind: 'extension' };
  const parts = text.split('.');
  let at = finder.find(parts[0] as string);
  if (!at) return;
  add(at, how);
  for (const part of parts.slice(1)) {
    const parent: Module = at;
    const exact = finder.find(`${parent.name}.${part}`);
    if (exact) {
      add(exact, how);
      at = exact;
      continue;
    }
    for (const child of finder.children(parent)) {
      const module = part.startsWith(child) ? finder.find(`${parent.name}.${child}`) : undefined;
      if (module) add(module, how);
    }
    return;
  }
}

/**
 * Adds the modules that an extension module imports from packages: `from package import part` leaves two strings. A relative
 * import leaves the absolute name of the package, or no name where that is the module's own one.
 */
function addParts(self: Self, { strings, words }: Summary, finder: ModuleFinder, add: (module: Module, how: How) => void): void {
  if (words.length === 0) return;
  const own = absolute(self, 1, '');
  const names = new Set([...strings, ...words]);
  for (const name of new Set([...strings, ...(own ? [own] : [])])) {
    const package_ = finder.find(name);
    if (!package_?.search) continue;
    for (const child of finder.children(package_)) {
      const module = names.has(child) ? finder.find(`${name}.${child}`) : undefined;
      if (module) add(module, { kind: 'extension', subject: name });
    }
  }
}
