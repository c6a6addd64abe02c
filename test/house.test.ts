import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { arrowsOf, draw, type Import, importsBelow, LAYERS, PICTURE, SOURCES, violations } from '../docs/house.js';

it('has no import that points upwards', () => {
  expect(violations(importsBelow(SOURCES))).toEqual([]);
});

it('shows the imports of today in docs/house.svg (npm run docs:house draws it anew)', () => {
  expect(readFileSync(PICTURE, 'utf8')).toBe(draw(importsBelow(SOURCES)));
});

it('names each box in one layer only', () => {
  const boxes = LAYERS.flat();
  expect([...new Set(boxes)]).toEqual(boxes);
});

const made = (...lines: string[]): Import[] =>
  lines.map((line) => {
    const [from, to] = line.split(' -> ') as [string, string];
    return { from, to };
  });

it('reports imports that point upwards or sideways, and folders without a layer', () => {
  expect(
    violations(
      made('keep/a.ts -> elf/b.ts', 'elf/b.ts -> keep/a.ts', 'elf/b.ts -> tar/c.ts', 'elf/b.ts -> elf/d.ts', 'errors.ts -> new/e.ts'),
    ),
  ).toEqual(['elf/b.ts -> keep/a.ts', 'elf/b.ts -> tar/c.ts', 'errors.ts -> new/e.ts', 'new is in no layer of docs/house.ts']);
});

it('leaves out arrows that follow from others, and draws only downwards', () => {
  const imports = made('cli.ts -> errors.ts', 'cli.ts -> keep/a.ts', 'keep/a.ts -> errors.ts', 'errors.ts -> cli.ts');
  expect(arrowsOf(imports)).toEqual([
    ['cli', 'keep'],
    ['keep', 'errors'],
  ]);
});
