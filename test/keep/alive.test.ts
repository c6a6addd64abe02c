import { expect, it } from 'vitest';
import { AliveFunctions } from '../../src/keep/python/alive.js';
import type { Addition } from '../../src/keep/reason.js';

const addition = (path: string): Addition => ({ path, rule: 'python', kind: 'import', parents: [] });
const body = (path: string, names: string[] = [], modules = ['m']) => ({ additions: [addition(path)], names, modules });
const paths = (additions: readonly Addition[]) => additions.map(({ path }) => path);

it('a function adds nothing until running code loads its name', () => {
  const alive = new AliveFunctions();
  expect(alive.add('m', 'load', body('/a'))).toEqual([]);
  expect(paths(alive.wake(['other'], ['n']))).toEqual([]);
  expect(paths(alive.wake(['load'], ['n']))).toEqual(['/a']);
  expect(paths(alive.wake(['load'], ['n']))).toEqual([]);
  expect(paths(alive.add('m', 'load', body('/b')))).toEqual(['/b']);
});

it('the names in a function that becomes alive count in turn', () => {
  const alive = new AliveFunctions();
  alive.add('m', 'second', body('/b'));
  alive.add('m', 'first', body('/a', ['second']));
  expect(paths(alive.wake(['first'], []))).toEqual(['/a', '/b']);
});

it('a method needs its class and its name; special methods need the class alone', () => {
  const alive = new AliveFunctions();
  alive.add('m', 'Class.run', body('/run'));
  alive.add('m', 'Class', body('/init'));
  expect(paths(alive.wake(['run'], []))).toEqual([]);
  expect(paths(alive.wake(['Class'], []))).toEqual(['/run', '/init']);
});

it('a private name counts only in its module and where that is imported', () => {
  const alive = new AliveFunctions();
  alive.add('m', '_load', body('/a'));
  expect(paths(alive.wake(['_load'], ['other']))).toEqual([]);
  expect(paths(alive.wake(['_load'], ['other', 'm']))).toEqual(['/a']);
});

it('what C code calls is alive from the start', () => {
  expect(paths(new AliveFunctions().add('m', '_showwarnmsg', body('/a')))).toEqual(['/a']);
  expect(paths(new AliveFunctions().add('m', '__getattr__', body('/a')))).toEqual(['/a']);
});
