import { expect, it } from 'vitest';
import { unsoundLine } from '../../src/report/summary.js';
import type { Spot } from '../../src/trace/schema.js';

const own: Spot = { file: '/app/app.py', line: 7, kind: 'import', own: true };
const library: Spot = { file: '/usr/lib/python3/dist-packages/a.py', line: 1, kind: 'exec' };
const many = 'What they reach was seen only where it ran (pyshrink why --unsound lists them).';
const one = 'What it reaches was seen only where it ran (pyshrink why --unsound lists it).';

it.each([
  [[], []],
  [
    [own, library, own, library, library],
    [`5 places in 2 files compute what they import or execute: 2 in the app's own code, 3 in libraries. ${many}`],
  ],
  [[own], [`1 place in 1 file computes what it imports or executes: 1 in the app's own code, 0 in libraries. ${one}`]],
  [[library, library], [`2 places in 1 file compute what they import or execute: 0 in the app's own code, 2 in libraries. ${many}`]],
])('counts the places that reading cannot follow, the own first: %j', (spots, lines) => {
  expect(unsoundLine(spots as Spot[])).toEqual(lines);
});
