import { describe, expect, it } from 'vitest';
import { edgesOf, type Self } from '../../src/python/edges.js';
import { ModuleFinder } from '../../src/python/finder.js';
import { Summary } from '../../src/python/summary.js';
import { LAYOUT } from '../support/analyst.js';
import { makeTree } from '../support/tree.js';

const finder = new ModuleFinder(
  makeTree({ '/app/app.py': '', '/app/pkg/__init__.py': '', '/app/pkg/part.py': '', '/app/pkg/deep/__init__.py': '', '/app/other.py': '' }),
  LAYOUT,
);
const APP: Self = { name: 'app', package: false, kind: 'source', origin: 'own' };
const edges = (summary: Partial<Record<keyof Summary, unknown>>, self: Partial<Self> = {}) =>
  edgesOf({ ...APP, ...self }, Summary.parse(summary), finder).map(({ module, how, scope }) => [module.name, how, scope]);

describe('edgesOf', () => {
  it('names the module and the packages of an import, with its line and function', () => {
    expect(edges({ imports: [[3, 0, 'pkg.part', [], 'load']] })).toEqual([
      ['pkg', { kind: 'import', line: 3 }, 'load'],
      ['pkg.part', { kind: 'import', line: 3 }, 'load'],
    ]);
    expect(edges({ imports: [[null, 0, 'other', [], '']] })).toEqual([['other', { kind: 'import' }, '']]);
  });

  it('prefers an import that always runs over one in a function', () => {
    const imports = [
      [9, 0, 'other', [], 'load'],
      [2, 0, 'other', [], ''],
    ];
    expect(edges({ imports })).toEqual([['other', { kind: 'import', line: 2 }, '']]);
  });

  it('resolves relative imports, and ignores those that leave their package', () => {
    const self = { name: 'pkg.deep', package: true };
    expect(edges({ imports: [[1, 2, 'part', [], '']] }, self)).toEqual([
      ['pkg', { kind: 'import', line: 1 }, ''],
      ['pkg.part', { kind: 'import', line: 1 }, ''],
    ]);
    expect(edges({ imports: [[1, 4, 'part', [], '']] }, self)).toEqual([]);
  });

  it('finds submodules that are named as attributes', () => {
    expect(edges({ imports: [[1, 0, 'pkg', [], '']], names: ['part'] })).toContainEqual([
      'pkg.part',
      { kind: 'attribute', subject: 'pkg' },
      '',
    ]);
  });

  it('says by which statement a module is named, also where it looks like an attribute of its package', () => {
    const imports = [[5, 0, 'pkg', ['part'], 'load']];
    expect(edges({ imports, functions: { load: ['part'] } })).toContainEqual(['pkg.part', { kind: 'import', line: 5 }, '']);
    const later = [[1, 0, 'pkg', [], ''], ...imports];
    expect(edges({ imports: later, functions: { load: ['part'] } })).toContainEqual(['pkg.part', { kind: 'import', line: 5 }, '']);
  });

  it('takes strings by where they are: in code that imports by name, in lazy packages, in extension modules', () => {
    expect(edges({ dynamic: ['pkg.'] }).map(([name]) => name)).toEqual(['pkg', 'pkg.part', 'pkg.deep']);
    expect(edges({ dynamic: ['pkg.', 'missing.'] }, { origin: 'standard' })).toEqual([]);
    expect(edges({ dynamic: ['other:main'] })).toEqual([['other', { kind: 'dynamic', subject: 'other:main' }, '']]);
    expect(edges({ lazy: true, names: ['part'] }, { name: 'pkg', package: true })).toEqual([['pkg.part', { kind: 'lazy' }, '']]);
    expect(edges({ strings: ['other'] }, { kind: 'extension' })).toEqual([['other', { kind: 'extension' }, '']]);
    expect(edges({ strings: ['pkg.part.run'] })).toContainEqual(['pkg.part', { kind: 'string', subject: 'pkg.part.run' }, '']);
    expect(edges({ strings: ['pkg.part.run'] }, { origin: 'standard' })).toEqual([]);
  });

  it('puts together what a module of Cython imports from a package, relative imports too', () => {
    const extension = { kind: 'extension', name: 'pkg.fast' } as const;
    const deep = ['pkg.deep', { kind: 'extension', subject: 'pkg' }, ''];
    expect(edges({ strings: ['pkg'], words: ['deep', 'absent'] }, { ...extension, name: 'other' })).toEqual([
      ['pkg', { kind: 'extension' }, ''],
      deep,
    ]);
    // `from . import deep` leaves no name of a package.
    expect(edges({ words: ['deep'] }, extension)).toEqual([deep]);
    expect(edges({ words: ['pkg', 'deep'] }, { ...extension, name: 'other' })).toEqual([]);
  });
});
