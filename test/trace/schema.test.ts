import { expect, it } from 'vitest';
import { joinTraces, TraceSchema } from '../../src/trace/schema.js';
import { makeTrace } from '../support/keep.js';

const first = makeTrace(['open /a', 'open /b 1'], { modules: { json: null, app: '/a' }, warnings: ['careful'] });
const second = makeTrace(['open /c', 'open /b 1'], { modules: { json: '/json.py', app: null }, warnings: ['careful', 'slow'] });

it('joins runs: processes and runs keep their own numbers', () => {
  const joined = TraceSchema.parse(joinTraces([first, second]));
  expect(joined.runs).toHaveLength(2);
  expect(joined.processes.map(({ run }) => run)).toEqual([0, 0, 1, 1]);
  expect(joined.observations.map(({ path, process }) => [path, process])).toEqual([
    ['/a', 0],
    ['/b', 1],
    ['/c', 2],
    ['/b', 3],
  ]);
  expect(joined.modules).toEqual({ json: '/json.py', app: '/a' });
  expect(joined.warnings).toEqual(['careful', 'slow']);
});

it('one trace alone stays as it is', () => {
  expect(joinTraces([first])).toEqual(first);
});

it('refuses traces of different images, and names both', () => {
  const other = makeTrace([], { image: { ...first.image, id: 'sha256:1', reference: 'other' } });
  expect(() => joinTraces([first, other])).toThrow(/different images: x .* and other/);
});
