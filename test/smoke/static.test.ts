import { expect, it } from 'vitest';
import type { RootFs } from '../../src/rootfs.js';
import { staticChecks } from '../../src/smoke/static.js';
import { makeElf } from '../support/elf.js';
import { makeTree, type Node } from '../support/tree.js';

const program = (text: string | Buffer): Node => ({ text, mode: 0o755 });
const whole: Record<string, Node> = {
  '/bin/app': program(makeElf({ interpreter: '/lib/ld.so', needed: ['liba.so'] })),
  '/lib/ld.so': makeElf({ soname: 'ld.so' }),
  '/lib/liba.so': makeElf({ soname: 'liba.so', needed: ['libnever.so'] }),
  '/bin/run': program('#!/bin/sh\n'),
  '/bin/sh': program(makeElf({ interpreter: '/lib/ld.so', needed: [] })),
  '/etc/link': { link: '/lib/liba.so' },
  '/etc/dangling': { link: '/nowhere' },
};

const check = (fs: RootFs, small: RootFs) =>
  staticChecks({ fs, small, config: {}, environment: { PATH: '/bin' }, commands: [['run']], executed: [] });
const without = (path: string) => makeTree(Object.fromEntries(Object.entries(whole).filter(([key]) => key !== path)));

it('finds no problem in a copy, though the original misses libraries, too', async () => {
  const { problems, checked } = await check(makeTree(whole), makeTree(whole));
  expect(problems).toEqual([]);
  expect(checked).toBeGreaterThan(5);
});

it.each([
  ['/lib/liba.so', [/\/bin\/app needs liba\.so/, /\/etc\/link links to \/lib\/liba\.so/]],
  ['/lib/ld.so', [/\/bin\/app needs the loader/, /\/bin\/sh needs the loader/]],
  ['/bin/sh', [/\/bin\/run needs its interpreter \/bin\/sh/]],
  ['/bin/run', [/run is run by the configuration/]],
])('reports what needs %s where it is missing', async (path, patterns) => {
  const { problems } = await check(makeTree(whole), without(path));
  expect(problems).toHaveLength(patterns.length);
  for (const pattern of patterns) expect(problems.some((problem) => pattern.test(problem))).toBe(true);
});
