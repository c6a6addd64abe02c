import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinTraces, joinWithRuns } from '../../src/trace/join.js';
import { runOf, type Trace, TraceSchema } from '../../src/trace/schema.js';
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

it('joinTraces keeps what a trace has seen in a run that it does not know, also where it has no new run', () => {
  const bare: Trace = { ...first, runs: [...first.runs, ...second.runs] };
  const more: Trace = { ...bare, observations: [...bare.observations, { kind: 'open', path: '/needed', process: null }] };
  const paths = (one: Trace, two: Trace) => joinTraces([one, two]).observations.map(({ path }) => path);
  expect(paths(bare, more)).toContain('/needed');
  expect(paths(more, bare).sort()).toEqual(paths(bare, more).sort());
});

it('joinTraces does not change a single trace', () => {
  expect(joinTraces([first])).toEqual(first);
});

it('joinTraces rejects traces of different images, and names both', () => {
  const other = makeTrace([], { image: { ...first.image, id: 'sha256:1', reference: 'other' } });
  expect(() => joinTraces([first, other])).toThrow(/different images: x .* and other/);
});

/** A trace of one run. What is drawn from few values is often the same in two of them. */
const single = fc
  .record({
    start: fc.integer({ min: 1, max: 3 }),
    paths: fc.array(fc.constantFrom('open /a', 'open /b 1', 'list /c', 'open /d 1'), { maxLength: 4 }),
    unknown: fc.boolean(),
    modules: fc.dictionary(fc.constantFrom('json', 'app', 'constructor'), fc.constantFrom(null, '/x.py', '/y.py')),
    functions: fc.option(fc.array(fc.boolean(), { minLength: 2, maxLength: 2 })),
    python: fc.constantFrom('/usr/bin/python3', '/opt/python'),
    searchPath: fc.subarray(['/lib', '/app', '/site']),
    warnings: fc.subarray(['slow', 'old']),
  })
  .map(({ start, paths, unknown, modules, functions, python, searchPath, warnings }) => {
    const trace = makeTrace(paths, { modules, warnings });
    return TraceSchema.parse({
      ...trace,
      python: { ...trace.python, executable: python, searchPath },
      runs: trace.runs.map((run) => ({ ...run, times: { start, listened: null, steps: [] } })),
      observations: trace.observations.map((seen) => (unknown ? { ...seen, process: null } : seen)),
      own: [{ path: '/app.py', ran: true, functions: functions?.map((ran, line) => ({ name: `f${line}`, line, ran })) ?? null }],
    });
  });
const traces = fc.array(single, { minLength: 1, maxLength: 3 }).map((all) => joinTraces(all as [Trace, ...Trace[]]));

/** A trace whose lists have one order, and that says of each observation whose it is. */
function canonical(trace: Trace): unknown {
  const sorted = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).sort();
  const runs = trace.runs.map((run, index) => ({
    run,
    processes: trace.processes.filter((process) => process.run === index).map(({ run: _run, ...process }) => process),
    seen: sorted(
      trace.observations
        .filter((seen) => runOf(seen, trace) === index)
        .map(({ kind, path, process }) => [kind, path, process === null ? null : trace.processes[process]?.pid]),
    ),
  }));
  return {
    ...trace,
    python: { ...trace.python, searchPath: [...trace.python.searchPath].sort() },
    runs: sorted(runs),
    processes: trace.processes.length,
    observations: trace.observations.length,
    modules: sorted(Object.entries(trace.modules)),
    warnings: sorted(trace.warnings),
  };
}

it('a trace joined with itself stays as it is, and the order of traces does not matter', () => {
  fc.assert(
    fc.property(traces, traces, traces, (a, b, c) => {
      expect(canonical(joinTraces([a, a]))).toEqual(canonical(a));
      expect(canonical(joinTraces([a, b]))).toEqual(canonical(joinTraces([b, a])));
      expect(canonical(joinTraces([a, b, a]))).toEqual(canonical(joinTraces([a, b])));
      expect(canonical(joinTraces([joinTraces([a, b]), c]))).toEqual(canonical(joinTraces([a, joinTraces([b, c])])));
    }),
  );
});

it('joinWithRuns says which run of which trace each run is', () => {
  const at = (start: number) => makeTrace([], { runs: [{ environment: [], exercise: [], exit: 0, tests: null, times: { start, listened: null, steps: [] } }] }); // biome-ignore format: one line
  const both = joinTraces([at(1), at(2)]);
  expect(joinWithRuns([at(2), both, at(3), at(1)]).runs).toEqual([
    { trace: 0, run: 0 },
    { trace: 1, run: 0 },
    { trace: 2, run: 0 },
  ]);
});
