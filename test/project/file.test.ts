import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { UserError } from '../../src/errors.js';
import { parseProject } from '../../src/project/file.js';
import { ProjectSchema, RunSchema } from '../../src/project/schema.js';

const FILES: Record<string, string> = {
  '/p/web.env': '# a comment\nTOKEN=one=two\nSHARED=from file\nUNSET_HERE\n',
  '/p/steps.yaml': 'steps:\n  - http: GET /first\nreset: [echo file]\nexpect: {exit: 7}\n',
};
const read = (path: string) => {
  const text = FILES[path];
  if (text === undefined) throw new Error(`ENOENT: ${path}`);
  return Buffer.from(text);
};
const SHELL = { DATABASE_URL: 'postgres://secret', SHARED: 'from shell' };
const project = (text: string) => parseProject('/p/pyshrink.yaml', text, { read, shell: SHELL });

const WHOLE = `
image: shop:latest
tag: shop:small
output: oci:out
level: whole
targetGpu: none
include: /a/*
exclude: [/b, /c]
base: scratch
engine: local
budget: { maxSize: 1.5MB, maxFiles: 30 }
jobs: 3
network: shop
environment: DATABASE_URL
runs:
  - name: web
    exercise: steps.yaml
    steps:
      - http: { path: /second }
        expect: { status: 404 }
    reset: [echo run]
    volume: [/d:/d]
    stepTimeout: 3
  - name: worker-2
    command: celery -A 'shop app' worker
    envFile: web.env
    environment: [SHARED, TOKEN]
    network: other
    readOnly: true
    allowFailing: true
    expect: { exit: 2 }
`;

it.each([
  ['compose: compose.yaml\nruns: [{ name: web }]', { file: '/p/compose.yaml' }],
  ['compose: /other/compose.yaml', { file: '/other/compose.yaml' }],
  ['compose: { file: ../c.yaml, useExternal: true, noBinds: false }', { file: '/c.yaml', useExternal: true, noBinds: false }],
])('names a compose file: %s', (text, compose) => {
  expect(project(text).compose).toEqual(compose);
  expect(() => ProjectSchema.parse(parse(text))).not.toThrow();
});

it('says which service a run belongs to', () => {
  expect(project('compose: c.yaml\nruns: [{ name: check, service: web }, { name: web }]').runs.map(({ service }) => service)).toEqual([
    'web',
    undefined,
  ]);
});

it.each([
  ['image: x\nruns: [{ name: a, service: web }]', '`service` belongs to a compose file (/p/pyshrink.yaml, line 2, column 19)'],
  ['compose: { noBinds: true }', '`compose` names no file (/p/pyshrink.yaml, line 1, column 10)'],
  ['compose: { files: a }', 'files'],
  ['compose: [a, b]', 'line 1, column 10'],
  ['compose:', 'Nothing stands where a text should be'],
  ['image: x', 'This file has no `runs`'],
])('refuses %j', (text, message) => expect(() => project(text)).toThrow(message));

it('reads every key, and joins what is for all runs with what is for one', () => {
  const { runs, ...rest } = project(WHOLE);
  expect(rest).toEqual({
    image: 'shop:latest',
    tag: 'shop:small',
    output: 'oci:out',
    level: 'whole',
    targetGpu: 'none',
    include: ['/a/*'],
    exclude: ['/b', '/c'],
    base: 'scratch',
    engine: 'local',
    maxSize: 1_500_000,
    maxFiles: 30,
    jobs: 3,
  });
  const [web, worker] = runs.map(({ exercise }) => exercise);
  expect(runs.map(({ name }) => name)).toEqual(['web', 'worker-2']);
  expect(web).toMatchObject({
    args: [],
    run: { env: ['DATABASE_URL=postgres://secret'], network: 'shop', volume: ['/d:/d'], readOnly: false },
    limits: { start: 60, step: 3 },
    reset: ['echo file', 'echo run'],
    expectExit: 7,
  });
  expect(web?.steps?.map((step) => (step.kind === 'http' ? step.path : step.kind))).toEqual(['/first', '/second']);
  expect(worker).toMatchObject({
    args: ['celery', '-A', 'shop app', 'worker'],
    // The shell goes before a file. A variable without a value in file and shell stays unset, as with docker.
    run: { env: ['TOKEN=one=two', 'SHARED=from shell', 'DATABASE_URL=postgres://secret'], network: 'other', readOnly: true },
    allowFailing: true,
    expectExit: 2,
  });
  expect(worker).not.toHaveProperty('steps');
});

it('what is set for all runs may stand below them', () => {
  const { runs } = project('runs:\n  - name: a\nenvironment: [DATABASE_URL]\n');
  expect(runs[0]?.exercise.run.env).toEqual(['DATABASE_URL=postgres://secret']);
});

describe('mistakes name line and column', () => {
  it.each([
    ['levl: whole\nruns: []', '`levl`: did you mean `level`? (/p/pyshrink.yaml, line 1, column 1)'],
    ['runs:\n  - nam: web', '`nam`: did you mean `name`? (/p/pyshrink.yaml, line 2, column 5)'],
    ['runs:\n  - name: web\n  - name: web', 'There are two runs `web` (/p/pyshrink.yaml, line 3, column 11).'],
    ['runs:\n  - name: web\n    environment: [NOT_SET]', 'The variable `NOT_SET` has no value (/p/pyshrink.yaml, line 3, column 19).'],
    ['runs:\n  - name: web\n    environment: [A=hidden]', '`A=...` has a value, and values are not written into this file'],
    ['runs:\n  - name: web\n    steps:\n      - htp: /', '`htp`: did you mean `http`? (/p/pyshrink.yaml, line 4, column 9)'],
    ['runs:\n  - name: web\n    exercise: none.yaml', "The exercise file /p/none.yaml can't be read"],
    ['runs:\n  - name: web\n    envFile: none.env', "The file /p/none.env can't be read"],
    ['runs:\n  - name: "a b"', '`a b` is no name of a run (/p/pyshrink.yaml, line 2, column 11).'],
    ['runs:\n  - command: x', 'This run has no name (/p/pyshrink.yaml, line 2, column 5).'],
    ['runs: []', '`runs` is empty (/p/pyshrink.yaml, line 1, column 7).'],
    ['image: x', 'This file has no `runs` (/p/pyshrink.yaml, line 1, column 1).'],
    ['image: ""\nruns: []', 'This text is empty (/p/pyshrink.yaml, line 1, column 8).'],
    ['level: wole\nruns: []', '`wole`: did you mean `whole`? (/p/pyshrink.yaml, line 1, column 8)'],
    ['budget: { maxSize: big }\nruns: []', '`big` is not a size (/p/pyshrink.yaml, line 1, column 20).'],
    ['budget: {}\nruns: []', '`budget` is empty (/p/pyshrink.yaml, line 1, column 1).'],
    ['runs:\n  - name: a\n    readOnly: 1', '`1` stands where true or false should be (/p/pyshrink.yaml, line 3, column 15).'],
    ['steps: []\nruns: []', '`steps` belongs to a run (/p/pyshrink.yaml, line 1, column 1).'],
    ['runs: [\n', 'This is not YAML'],
    ['', 'The file /p/pyshrink.yaml is empty.'],
  ])('%j', (text, message) => {
    expect(() => project(text)).toThrow(UserError);
    expect(() => project(text)).toThrow(message);
  });

  it('no message holds the value of a variable', () => {
    expect(() => project('runs:\n  - name: web\n    environment: [A=hidden]')).not.toThrow('hidden');
  });
});

describe('the published schema', () => {
  it('accepts what the parser accepts', () => {
    expect(ProjectSchema.safeParse(parse(WHOLE)).error).toBeUndefined();
  });

  it('accepts every exercise file of the documentation as steps of a run', () => {
    const text = readFileSync(new URL('../../docs/exercise.md', import.meta.url), 'utf8');
    const files = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => parse(yaml as string) as Record<string, unknown>);
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect(RunSchema.safeParse({ name: 'a', ...file }).error, JSON.stringify(file)).toBeUndefined();
  });

  // A key or a value of a known kind, at a random place. Both must agree on whether the file is right.
  const junk = fc.constantFrom('text', '', 3, -1, true, null, ['a'], [], {}, { a: 1 });
  const keys = (shape: object) => fc.constantFrom(...Object.keys(shape), 'other');
  const run = fc.dictionary(keys(RunSchema.shape), junk, { maxKeys: 2 }).map((more) => ({ name: 'web', ...more }));
  const top = fc
    .tuple(fc.dictionary(keys(ProjectSchema.shape), junk, { maxKeys: 2 }), fc.array(run, { maxLength: 2 }))
    .map(([more, runs]) => ({ runs, ...more }));

  it('refuses what the parser refuses for its form, and the parser what it refuses', () => {
    fc.assert(
      fc.property(top, (value) => {
        const known = ProjectSchema.safeParse(value).success;
        let refused: unknown;
        try {
          project(JSON.stringify(value));
        } catch (error) {
          refused = error;
        }
        expect(refused === undefined || refused instanceof UserError).toBe(true);
        // What only the parser can know: files, values of variables, and names that are there twice.
        const beyond = /can't be read|has no value|There are two runs|is not a command/.test(String(refused));
        if (!beyond)
          expect([known, JSON.stringify(value), String(refused)]).toEqual([refused === undefined, JSON.stringify(value), String(refused)]);
      }),
      { seed: 20, numRuns: 3000 },
    );
  });
});
