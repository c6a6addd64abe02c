import { expect, it } from 'vitest';
import { verdictLines } from '../../src/report/verdict.js';
import { passed, type Verdict } from '../../src/smoke/verdict.js';

const same: Verdict = { problems: [], differences: [], missing: [], compared: 3, checked: 10, repairs: [] };

it('is one line with the counts where everything is equal', () => {
  expect(passed(same)).toBe(true);
  expect(verdictLines(same)).toEqual(['3 answers compared, 0 differ; 10 static checks, 0 broken; 0 look-ups missed']);
});

it('shows where two texts begin to differ, and counts what it does not show', () => {
  const verdict: Verdict = {
    ...same,
    problems: ['/bin/a needs b'],
    differences: [{ where: 'GET /', what: 'body', original: `${'-'.repeat(100)}one`, shrunk: `${'-'.repeat(100)}two` }],
    missing: Array.from({ length: 25 }, (_, index) => `/lib/${index}`),
  };
  expect(passed(verdict)).toBe(false);
  const lines = verdictLines(verdict);
  expect(lines.slice(0, 5)).toEqual([
    'broken: /bin/a needs b',
    'differs: GET /: body',
    `  original: ...${'-'.repeat(40)}one`,
    `  shrunk:   ...${'-'.repeat(40)}two`,
    'missed: /lib/0 was looked up and not found, but the original has it',
  ]);
  expect(lines.at(-2)).toBe('missed: and 5 more');
});
