import { expect, it } from 'vitest';
import { type Checked, checkRecord } from '../../src/pipeline/check.js';
import type { Failing, Material } from '../../src/pipeline/material.js';
import { outcomesOf } from '../../src/pipeline/outcomes.js';
import { buildReport } from '../../src/report/build.js';
import { reportLines } from '../../src/report/lines.js';
import { reportMarkdown } from '../../src/report/markdown.js';
import { smallImage } from '../support/inside.js';
import { SAME } from '../support/verdict.js';

const failure: Failing = { what: 'It ended with status 1.', remedy: 'Correct it.' };
const traced = (failing?: Map<number, Failing>) =>
  ({ trace: { runs: [{ name: 'web' }, { name: 'job' }] }, ...(failing && { failing }) }) as unknown as Material;
const checked = (...indexes: number[]): Checked => ({
  verdict: SAME,
  answers: [null, null],
  runs: indexes.map((index) => ({ index, compared: 1, differences: 0, missing: 0 })),
});
/** The record of a comparison as a shrink writes it. */
const recordOf = (material: Material, untraced: { name: string; what: string; remedy: string }[], found: Checked) =>
  checkRecord('sha256:1', found, outcomesOf(material, untraced, found));

it('a comparison in which every run was compared says that the image is the same', () => {
  expect(recordOf(traced(), [], checked(0, 1)).outcome).toBe('same');
});

it.each([
  ['failed', traced(new Map([[1, failure]])), [], checked(0)],
  ['had no answer', traced(), [], checked(0)],
  ['could not be traced', traced(), [{ name: 'late', ...failure }], checked(0, 1)],
])('where a run %s, the stored comparison and its report say that nothing is proven', (_, material, untraced, found) => {
  const check = recordOf(material, untraced, found);
  expect(check.outcome).toBe('unproven');
  const inside = smallImage();
  const report = buildReport({ ...inside, check: { ...check, answers: [] } });
  expect(reportLines(report).join('\n')).toContain('not proven: 3 answers compared');
  expect(reportMarkdown(report)).toContain('⚠️ It is not proven.');
});

it('a difference is reported as one, even where another run failed', () => {
  const found = { ...checked(0), verdict: { ...SAME, missing: ['/x'] } };
  expect(recordOf(traced(new Map([[1, failure]])), [], found).outcome).toBe('different');
});
