import { PLAIN_EXERCISE, storedExercise } from '../../src/exercise/exercise.js';
import type { Reason } from '../../src/keep/reason.js';
import type { Inside } from '../../src/report/inside.js';
import { KEEP_VERSION, type KeepReport } from '../../src/workspace/keepreport.js';
import type { RunRecord } from '../../src/workspace/runrecord.js';
import { LAYOUT } from './analyst.js';
import { makeTrace } from './keep.js';

export const SITE = LAYOUT.sitePackages[0] as string;

type Kept = KeepReport['kept'][string];

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A record of one run that answers one request. */
export function recordOf(body = 'hello'): RunRecord {
  const answers = {
    time: { start: 0, end: 1 },
    steps: [
      {
        step: 'GET /?token=secret',
        label: 'GET /',
        answer: { kind: 'http' as const, status: 200, headers: { 'content-type': 'text/plain' }, body: base64(body) },
      },
    ],
    app: { stdout: base64('listening'), stderr: '', cut: false, exit: null, untilStop: { stdout: 9, stderr: 0 } },
  };
  return { runs: [{ exercise: storedExercise(PLAIN_EXERCISE), watching: {}, done: [], answers: [answers] }] };
}

const ownCode: Reason = { rule: 'python', kind: 'own-code', parents: [] };
const needed = (parent: string): Reason => ({ rule: 'elf', kind: 'needed', parents: [parent] });

/** A small image: an app that uses a distribution with a library of a package; another distribution and git are left out. */
export function smallImage(): Inside {
  const file = (layer: Kept['layer'], size: number, reasons: Reason[], more: Partial<Kept> = {}): Kept => ({
    type: 'f',
    size,
    layer,
    reasons,
    ...more,
  });
  const kept: KeepReport['kept'] = {
    '/': { type: 'd', size: 0, layer: 'system', reasons: [{ rule: 'runtime', kind: 'expected', parents: [] }] },
    '/app': { type: 'd', size: 0, layer: 'app', reasons: [{ rule: 'parents', kind: 'directory', parents: ['/app/app.py'] }] },
    '/app/app.py': file('app', 10, [ownCode]),
    '/app/model.bin': file('app', 1000, [{ rule: 'python', kind: 'own-data', parents: ['/app/app.py'] }]),
    '/app/more.py': file('app', 20, [ownCode]),
    '/usr/bin/python3': file('python', 5000, [{ rule: 'entrypoint', kind: 'command', parents: [] }], { program: true }),
    '/usr/lib/python3.13/os.py': file('python', 300, [{ rule: 'python', kind: 'interpreter', parents: [] }]),
    '/usr/lib/libc.so.6': file('system', 2000, [needed('/usr/bin/python3')], { owner: 1 }),
    [`${SITE}/pg/__init__.py`]: file(
      'distributions',
      40,
      [{ rule: 'python', kind: 'import', module: 'app', line: 3, parents: ['/app/app.py'] }],
      { owner: 0 },
    ),
    [`${SITE}/pg/_pg.so`]: file(
      'distributions',
      400,
      [{ rule: 'python', kind: 'import', module: 'pg', line: 1, parents: [`${SITE}/pg/__init__.py`] }],
      { owner: 0 },
    ),
    '/usr/lib/libpq.so.5': {
      type: 'l',
      size: 0,
      layer: 'system',
      owner: 2,
      reasons: [{ rule: 'links', kind: 'on-the-way', subject: '/usr/lib/libpq.so.5.15', parents: [`${SITE}/pg/_pg.so`] }],
    },
    '/usr/lib/libpq.so.5.15': file('system', 700, [needed(`${SITE}/pg/_pg.so`)], { owner: 2 }),
    '/usr/bin/[': file('system', 60, [{ rule: 'named', kind: 'program', subject: '[', module: 'app', line: 9, parents: ['/app/app.py'] }], {
      program: true,
    }),
  };
  const omitted: KeepReport['omitted'] = {
    [`${SITE}/pg/test_pg.py`]: { size: 50, because: 0, owner: 0 },
    [`${SITE}/idle/__init__.py`]: { size: 9000, because: 1, owner: 3 },
    '/usr/bin/git': { size: 600, because: 2, owner: 4 },
    '/usr/share/doc/git/a': { size: 5, because: 3, owner: 4 },
    '/usr/share/doc/git/b': { size: 5, because: 3, owner: 4 },
  };
  const amount = (all: { type?: string; size: number }[]) => ({
    files: all.filter(({ type }) => type === undefined || type === 'f').length,
    bytes: all.reduce((sum, { size }) => sum + size, 0),
  });
  const layer = (name: Kept['layer']) => amount(Object.values(kept).filter((one) => one.layer === name));
  const keep: KeepReport = {
    version: KEEP_VERSION,
    original: { reference: 'x', id: 'sha256:0', platform: 'linux/amd64' },
    level: 'reachable',
    targetGpu: 'any',
    kept,
    omitted,
    omissions: [
      { kind: 'test', subject: 'pg' },
      { kind: 'unimported', subject: 'idle' },
      { kind: 'costly', subject: 'line 4 of app', bytes: 800 },
      { kind: 'system' },
    ],
    owners: [
      { kind: 'distribution', name: 'pg', version: '3.1' },
      { kind: 'package', name: 'libc6', version: '2.36' },
      { kind: 'package', name: 'libpq5', version: '15.3' },
      { kind: 'distribution', name: 'idle', version: '2' },
      { kind: 'package', name: 'git', version: null },
    ],
    links: { '/usr/lib/libpq.so.5': 'libpq.so.5.15' },
    distributions: [
      { name: 'pg', version: '3.1', metadata: `${SITE}/pg-3.1.dist-info`, files: 3, kept: 2, grade: 'app', by: `${SITE}/pg/__init__.py` },
      { name: 'idle', version: '2', metadata: `${SITE}/idle-2.dist-info`, files: 1, kept: 0, grade: null },
    ],
    totals: {
      original: amount([...Object.values(kept), ...Object.values(omitted)]),
      kept: amount(Object.values(kept)),
      omitted: amount(Object.values(omitted)),
      stripped: { files: 0, bytes: 0 },
      layers: { system: layer('system'), python: layer('python'), distributions: layer('distributions'), app: layer('app') },
    },
  };
  const size = keep.totals.kept.bytes + 'libpq.so.5.15'.length;
  return {
    trace: makeTrace(['exec /usr/bin/python3', 'open /app/app.py', 'open /app/__pycache__/app.cpython-313.pyc'], {
      python: LAYOUT,
      modules: { app: '/app/app.py', pg: `${SITE}/pg/__init__.py` },
      runs: [{ environment: [], exercise: ['GET /'], exit: null, tests: null }],
      repairs: [{ path: '/app/model.bin', kind: 'lookup' }],
      warnings: ['a warning'],
    }),
    record: recordOf(),
    made: {
      keep,
      result: {
        id: 'sha256:1',
        tag: 'x-shrunk',
        original: 'sha256:0',
        traces: ['trace.json'],
        exclude: [],
        targetGpu: 'any',
        notes: ['a note'],
        size,
        originalSize: 30000,
        originalLayers: [
          { command: 'COPY . /', bytes: 10_000 },
          { command: 'RUN pip install pg', bytes: 20_000 },
        ],
      },
    },
    check: {
      version: 1,
      image: 'sha256:1',
      outcome: 'same',
      compared: 1,
      checked: 7,
      problems: [],
      differences: [],
      missing: [],
      uncompared: [],
      varied: [{ where: 'GET /?token=secret', what: 'body', place: 'line 1', originals: ['a', 'b'], shrunk: 'c' }],
      answers: [recordOf().runs[0]?.answers[0] ?? null],
    },
  };
}
