import { describe, expect, it } from 'vitest';
import { joinTraces, parseTrace, TraceSchema } from '../../src/trace/schema.js';
import { makeTrace } from '../support/keep.js';

const first = makeTrace(['open /a', 'open /b 1'], { modules: { json: null, app: '/a' }, warnings: ['careful'] });
const second = makeTrace(['open /c', 'open /b 1'], { modules: { json: '/json.py', app: null }, warnings: ['careful', 'slow'] });

it('joinTraces continues the numbers of runs and processes', () => {
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

it.each(['[', '3.(a+)+$', '3', '', '3.13\n'])('a version of Python that would be an expression is refused: %j', (version) => {
  const trace = makeTrace([]);
  expect(() => parseTrace(JSON.stringify({ ...trace, python: { ...trace.python, version } }), 'trace.json')).toThrow('trace.json');
});

it('joinTraces counts what ran in one of the traces', () => {
  const traceOf = (path: string, ran: boolean, functions: [name: string, ran: boolean][] | null) => ({
    ...first,
    own: [{ path, ran, functions: functions?.map(([name, ran], line) => ({ name, line, ran })) ?? null }],
  });
  const one = traceOf('/b.py', true, [['f', true], ['g', false], ['h', false]]); // biome-ignore format: a table
  const two = traceOf('/b.py', false, [['f', false], ['g', true], ['h', false]]); // biome-ignore format: a table
  expect(joinTraces([one, two]).own).toEqual(traceOf('/b.py', true, [['f', true], ['g', true], ['h', false]]).own); // biome-ignore format: a table
  expect(joinTraces([one, traceOf('/b.py', false, null)]).own).toEqual(one.own);
  expect(joinTraces([one, traceOf('/a.py', false, null)]).own?.map(({ path }) => path)).toEqual(['/a.py', '/b.py']);
  expect(joinTraces([first, one]).own).toEqual(one.own);
});

it('joinTraces does not change a single trace', () => {
  expect(joinTraces([first])).toEqual(first);
});

it('joinTraces rejects traces of different images, and names both', () => {
  const other = makeTrace([], { image: { ...first.image, id: 'sha256:1', reference: 'other' } });
  expect(() => joinTraces([first, other])).toThrow(/different images: x .* and other/);
});

describe('parseTrace', () => {
  it('reads what was written', () => {
    expect(parseTrace(JSON.stringify(first), 'x.json')).toEqual(first);
  });

  it.each([
    ['a truncated trace', JSON.stringify(first).slice(0, 90), /trace x.json is truncated or not JSON/],
    ['a trace of another version', JSON.stringify({ ...first, version: 7 }), /has version 7; this pyshrink reads version 3/],
    ['another file', '{"a": 1}', /x.json is not a trace. At version: /],
    ['a damaged trace', JSON.stringify({ ...first, runs: [] }), /At runs: /],
    ['null', 'null', /At its top: /],
  ])('rejects %s', (_, text, message) => {
    expect(() => parseTrace(text, 'x.json')).toThrow(message);
  });
});
