import { describe, expect, it } from 'vitest';
import { withUsers } from '../../src/report/whyruns.js';
import { joinTraces } from '../../src/trace/join.js';
import { type Observation, runOf, type Trace } from '../../src/trace/schema.js';

const trace = (name: string, observations: Observation[]): Trace => ({
  version: 3,
  image: { id: 'sha256:1', reference: 'app', digests: [], platform: 'linux/amd64', size: 1 },
  engine: 'e',
  python: {} as Trace['python'],
  tracers: ['supervisor'],
  runs: [{ name, environment: [], exercise: [], exit: 0, tests: null }],
  processes: [{ pid: 1, parent: 0, executable: '/bin/a', run: 0 }],
  observations,
  modules: {},
  unsound: [],
  repairs: [],
  warnings: [],
});
const open = (path: string): Observation => ({ kind: 'open', path, process: 0 });
const loader = (path: string): Observation => ({ kind: 'ldd', path, process: null });
const withPython = (one: Trace): Trace => ({ ...one, python: { ...one.python, searchPath: [] } });
const web = withPython(trace('web', [open('/a'), open('/both'), loader('/lib/web.so')]));
const job = withPython(trace('job', [open('/d/below'), open('/both'), loader('/lib/job.so')]));

describe.each([
  ['in one order', joinTraces([web, job])],
  ['in the other', joinTraces([job, web])],
  ['joined to a joined one', joinTraces([joinTraces([web, job]), withPython(trace('more', []))])],
])('traces %s', (_, joined) => {
  const users = (path: string) => {
    const link = { path, parent: null, reason: 'observed/open', text: '', file: null, line: null };
    return withUsers({ subject: path, kept: true, lines: [], chain: [link] }, joined, undefined);
  };

  it('each observation knows its run, also without a process', () => {
    const whose = Object.fromEntries(joined.observations.map((seen) => [seen.path, joined.runs[runOf(seen, joined) ?? -1]?.name]));
    expect(whose).toMatchObject({ '/a': 'web', '/lib/web.so': 'web', '/lib/job.so': 'job', '/d/below': 'job' });
  });

  it('an answer says which runs used its path', () => {
    expect(users('/a').runs).toEqual(['web']);
    expect(users('/both').runs?.sort()).toEqual(['job', 'web']);
    expect(users('/d').runs).toEqual(['job']);
    expect(users('/lib/job.so').runs).toEqual(['job']);
    expect(users('/none')).toMatchObject({ runs: [], lines: ['No run used it.'] });
  });
});

it('an answer about a single run has no such line', () => {
  expect(withUsers({ subject: '/a', kept: true, lines: [] }, web, undefined)).toEqual({ subject: '/a', kept: true, lines: [] });
});
