import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { UserError } from '../../src/errors.js';
import { ExerciseSchema, PLAIN_EXERCISE } from '../../src/exercise/exercise.js';
import { parseExercise, readExercise } from '../../src/exercise/file.js';
import type { HttpStep } from '../../src/exercise/steps.js';

const none = () => {
  throw new Error('no such file');
};
const parse = (text: string, read: (path: string) => Buffer = none) => parseExercise('exercise.yaml', text, read);
const http = (details: string, read?: (path: string) => Buffer) =>
  parse(`steps: [{http: {path: /x, ${details}}}]`, read).steps[0] as HttpStep;

describe('parseExercise', () => {
  it('reads every kind of step', () => {
    const { steps, reset } = parse(
      'steps:\n  - http: GET /\n  - http: {method: POST, path: /x, body: "1", port: 99}\n  - exec: a b\n  - exec: [a, "b c"]\n  - wait: 0.5\n  - until-exit\n  - until-exit: true\n  - tcp: 5432\n  - signal: hup\n  - http: {path: /, socket: /run/a.sock}\nreset:\n  - psql -c truncate\n',
    );
    expect(steps).toEqual([
      { kind: 'http', method: 'GET', path: '/', headers: {} },
      { kind: 'http', method: 'POST', path: '/x', body: '1', port: 99, headers: { 'content-type': 'application/json' } },
      { kind: 'exec', command: ['a', 'b'] },
      { kind: 'exec', command: ['a', 'b c'] },
      { kind: 'wait', seconds: 0.5 },
      { kind: 'until-exit' },
      { kind: 'until-exit' },
      { kind: 'tcp', port: 5432 },
      { kind: 'signal', name: 'SIGHUP' },
      { kind: 'http', method: 'GET', path: '/', headers: {}, socket: '/run/a.sock' },
    ]);
    expect(reset).toEqual(['psql -c truncate']);
  });

  it('reads what is expected of steps and of the app', () => {
    const file = parse(`
steps:
  - http: GET /nope
    expect: {status: 404}
  - http: {path: /}
    expect: {status: [200, 204], contains: hello, matches: '^h', headers: {X-A: 1.0}}
  - exec: 'false'
    expect: {exit: 1, contains: [a, 2]}
  - expect: {contains: '220'}
    tcp: 25
expect: {exit: 3}`);
    expect(file.steps.map((step) => 'expect' in step && step.expect)).toEqual([
      { status: [404] },
      { status: [200, 204], contains: ['hello'], matches: '^h', headers: { 'X-A': '1.0' } },
      { exit: [1], contains: ['a', '2'] },
      { contains: ['220'] },
    ]);
    expect(file.expectExit).toBe(3);
    const exercise = { ...PLAIN_EXERCISE, steps: file.steps, expectExit: 3 };
    expect(ExerciseSchema.parse(exercise)).toEqual(exercise);
  });

  it('reads WebSockets, scripts, words, and steps at the same time', () => {
    const { steps } = parse(`
cookies: keep
steps:
  - ready
  - websocket: /chat
  - websocket:
      path: /chat
      headers: {a: b}
      protocols: json
      port: 8001
      messages: [{send: hello}, {send: {a: 1}}, receive, {receive: 2}, {receive: {contains: done}}, close]
    expect: {matches: 'x$'}
  - script: pytest tests/e2e
  - script: {command: 'k6 run load.js', port: 8001}
    expect: {exit: 99}
  - http: /
    concurrency: 2
  - exec: a
    repeat: 5
    concurrency: 3
`);
    expect(steps).toEqual([
      { kind: 'ready' },
      { kind: 'websocket', path: '/chat', headers: {}, messages: [], cookies: true },
      {
        ...{
          kind: 'websocket',
          path: '/chat',
          headers: { a: 'b' },
          protocols: ['json'],
          port: 8001,
          cookies: true,
          expect: { matches: 'x$' },
        },
        messages: [
          { send: 'hello' },
          { send: '{"a":1}' },
          { receive: 1 },
          { receive: 2 },
          { receive: 1, until: { contains: ['done'] } },
          { close: true },
        ],
      },
      { kind: 'script', command: 'pytest tests/e2e' },
      { kind: 'script', command: 'k6 run load.js', port: 8001, expect: { exit: [99] } },
      { kind: 'http', method: 'GET', path: '/', headers: {}, cookies: true, together: 2 },
      { kind: 'http', method: 'GET', path: '/', headers: {}, cookies: true },
      ...[3, undefined, undefined, 2, undefined].map((together) => ({ kind: 'exec', command: ['a'], ...(together && { together }) })),
    ]);
    expect(ExerciseSchema.parse({ ...PLAIN_EXERCISE, steps })).toEqual({ ...PLAIN_EXERCISE, steps });
  });

  it('is the default exercise without steps', () => {
    expect(parse('reset: ["true"]')).toEqual({ steps: [], reset: ['true'] });
  });

  it('gives a request the body that is described', () => {
    expect(http('json: {a: [1, x]}')).toMatchObject({
      method: 'POST',
      body: '{"a":[1,"x"]}',
      headers: { 'content-type': 'application/json' },
    });
    expect(http('json: &a {b: 1}, method: put')).toMatchObject({ method: 'PUT', body: '{"b":1}' });
    expect(http('form: {a: 1.0, b: [x, y]}')).toMatchObject({
      method: 'POST',
      body: 'a=1.0&b=x&b=y',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(http('body: plain')).toEqual({ kind: 'http', method: 'GET', path: '/x', headers: {}, body: 'plain' });
    expect(http('json: 1, headers: {Content-Type: text/x}').headers).toEqual({ 'Content-Type': 'text/x' });
  });

  it('reads files to upload from the folder of the exercise file', async () => {
    const asked: string[] = [];
    const read = (path: string) => {
      asked.push(path);
      return Buffer.from([255, 0]);
    };
    const { steps } = parseExercise(
      '/some/folder/e.yaml',
      'steps: [{http: {path: /x, form: {a: 1}, file: {f: [sub/a.png, /b.txt]}}}]',
      read,
    );
    const { bodyBase64, method, headers } = steps[0] as HttpStep;
    expect([asked, method]).toEqual([['/some/folder/sub/a.png', '/b.txt'], 'POST']);
    const form = await new Response(Buffer.from(bodyBase64 as string, 'base64'), { headers }).formData();
    expect(form.get('a')).toBe('1');
    const files = form.getAll('f') as File[];
    expect(files.map(({ name, type }) => [name, type])).toEqual([
      ['a.png', 'image/png'],
      ['b.txt', 'text/plain'],
    ]);
    expect([...new Uint8Array(await (files[0] as File).arrayBuffer())]).toEqual([255, 0]);
  });

  it.each([
    ['steps:\n  - http: /\n  - htp: /', '`htp`: did you mean `http`? (exercise.yaml, line 3, column 5)'],
    ['step:\n  - http: /', '`step`: did you mean `steps`? (exercise.yaml, line 1, column 1)'],
    ['steps: [{http: {pth: /}}]', '`pth`: did you mean `path`? (exercise.yaml, line 1, column 17)'],
    ['steps:\n- http: /\n  expects: {status: 1}', '`expects`: did you mean `expect`? (exercise.yaml, line 3, column 3)'],
    ['steps:\n- http: /\n  expect: {stats: 1}', '`stats`: did you mean `status`? (exercise.yaml, line 3, column 12)'],
    ['steps: [{signal: HUPP}]', '`HUPP`: did you mean `HUP`? (exercise.yaml, line 1, column 18)'],
    ['steps: [{http: {path: /, method: PSOT}}]', '`PSOT`: did you mean `POST`?'],
    ['steps: [untilexit]', '`untilexit`: did you mean `until-exit`?'],
    ['steps: [{jump: 1}]', '`jump` is not known here (exercise.yaml, line 1, column 10).'],
    ['', 'The exercise file exercise.yaml is empty.'],
    ['# only a comment\n', 'The exercise file exercise.yaml is empty.'],
    ['/health', '`/health` is not a step'],
    ['hello', '`hello` is not an exercise'],
    ['- /health\n- /x', '`/health` is not a step (exercise.yaml, line 1, column 3).'],
    ['- http: /', 'The list of steps has no name'],
    ['http: /', '`http` is a step'],
    ['steps: /health', '`/health` is not a step (exercise.yaml, line 1, column 8).'],
    ['steps:\n  - http: /\n  - POST /x a', '`POST /x a` is not a step (exercise.yaml, line 3, column 5).'],
    ['steps:', '`steps` is empty'],
    ['steps: []', '`steps` is empty'],
    ['steps: {http: /}', 'A mapping stands where a list should be'],
    ['steps: [{}]', 'This step is empty'],
    ['steps: [[a]]', 'A list stands where'],
    ['steps: [{http: /, exec: a}]', '`http` and `exec` are in one step'],
    ['steps:\n- http: /\n- expect: {status: 404}', '`expect` belongs to no step (exercise.yaml, line 3, column 3).'],
    ['steps: [{http: {path: /, expect: {status: 404}}}]', '`expect` is inside `http`'],
    ['steps: [{wait: 1, expect: {exit: 1}}]', 'A step `wait` has no answer to expect'],
    ['steps: [{until-exit: true, expect: {exit: 1}}]', '`until-exit` has no answer of its own'],
    ['steps: [{http: /, expect: {exit: 1}}]', '`exit` is not known here'],
    ['steps: [{http: /, expect: {}}]', '`expect` is empty'],
    ['steps: [{http: /, expect: {status: 4}}]', '`4` stands where a whole number from 100 to 599 should be'],
    ['steps: [{http: /, expect: {status: []}}]', 'This list is empty'],
    ["steps: [{http: /, expect: {matches: '('}}]", 'Invalid regular expression'],
    ['expect: {exit: 1.5}', '`1.5` stands where a whole number from 0 to 255 should be'],
    ['expect: {status: 404}', '`status` is not known here'],
    ['steps: [{http: FETCH /}]', '`FETCH /` is not a request'],
    ['steps: [{http: {path: "/a b"}}]', "`/a b` can't be sent as a path"],
    ['steps: [{http: {path: /, headers: {"a b": x}}}]', '`a b` is no name of a header'],
    ['steps: [{http: {path: /, headers: {a: "€"}}}]', "The header `a` can't be sent with this value"],
    ['htp: /', '`htp`: did you mean `http`?'],
    ['steps: [{http: {path: x}}]', '`x` does not begin with `/`'],
    ['steps: [{http: {method: GET}}]', 'This request has no `path`'],
    ['steps: [{http: }]', 'Nothing stands where a text should be'],
    ['steps: [{http: {path: /, json: 1, form: {a: 1}}}]', '`json` and `form` are in one request'],
    ['steps: [{http: {path: /, port: 1, socket: /x}}]', 'A request goes to a `port` or to a `socket`'],
    ['steps: [{http: {path: /, file: {a: none.png}}}]', "none.png can't be read: no such file (exercise.yaml, line 1, column 36)."],
    ['steps: [{http: {path: /, json: &a [*a]}}]', "This value can't be written as JSON"],
    ['steps: [{exec: "echo \'x"}]', "`echo 'x` is not a command"],
    ['steps: [{wait: -1}]', '`-1` stands where a number that is not below 0 should be'],
    ['steps: [{tcp: 0}]', '`0` stands where a whole number from 1 to 65535 should be'],
    ['steps: [until-exit]\nreset: [{a: 1}]', 'A mapping stands where a text should be (exercise.yaml, line 2, column 9).'],
    ['steps: [{ready: soon}]', '`ready` has no value'],
    ['steps: [{websocket: chat}]', '`chat` does not begin with `/`'],
    ['steps: [{websocket: {messages: []}}]', 'This WebSocket has no `path`'],
    ['steps: [{websocket: {path: /, mesages: []}}]', '`mesages`: did you mean `messages`?'],
    ['steps: [{websocket: {path: /, messages: [recieve]}}]', '`recieve`: did you mean `receive`?'],
    ['steps: [{websocket: {path: /, messages: [{send: a, receive: 1}]}}]', '`send` and `receive` are in one item'],
    ['steps: [{websocket: {path: /, messages: [{receive: 0}]}}]', '`0` stands where a whole number from 1'],
    ['steps: [{websocket: {path: /, messages: [{receive: {contians: a}}]}}]', '`contians`: did you mean `contains`?'],
    ['steps: [{websocket: {path: /, protocols: "a b"}}]', '`a b` is no name of a subprotocol'],
    ['steps: [{websocket: "/chat#x"}]', '`/chat#x` has a `#`'],
    ['steps: [{websocket: {path: "/chat#x"}}]', '`/chat#x` has a `#`'],
    ['steps: [{websocket: {path: /, protocols: [a, b, a]}}]', 'The subprotocol `a` is there twice'],
    ['steps: [{websocket: /, until: {contains: a}}]', '`until` goes with `http` and `exec`'],
    ['steps: [{websocket: /, capture: {a: {json: b}}}]', 'A step `websocket` has nothing to capture'],
    ['steps: [{script: }]', 'Nothing stands where'],
    ['steps: [{script: {port: 1}}]', 'This script has no `command`'],
    ['steps: [{script: {command: a, port: 1, socket: /x}}]', 'A request goes to a `port` or to a `socket`'],
    ['steps: [{http: /, concurrency: 1}]', '`1` stands where a whole number from 2 to 100 should be'],
    ['steps: [{wait: 1, concurrency: 2}]', 'A step `wait` is done once at a time'],
    ['steps: [{http: /, concurrency: 2, capture: {a: {json: b}}}]', 'What is captured would be that of any of them'],
    ['steps: {', 'This is not YAML: '],
    ['steps: []\nsteps: []', 'This is not YAML: Map keys must be unique (exercise.yaml, line 2, column 1).'],
    ['steps: !include other.yaml', 'This is not YAML: Unresolved tag: !include'],
  ])('rejects %j', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringContaining(message) }));
  });

  it('says how to write a bare path', () => {
    for (const text of ['/health', '- /health', 'steps: /health', 'steps: [/health]'])
      expect(() => parse(text)).toThrow(expect.objectContaining({ remedy: 'Write `- http: /health` under `steps:`.' }));
  });

  it('names the place in any file that it refuses, and crashes on none', () => {
    const word = fc.constantFrom('steps', 'http', 'expect', 'status', 'path', 'exec', 'file', 'until-exit', '/x', 'GET /', '404', '-1', '');
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'medium' },
        word,
        fc.jsonValue(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(word, tie('value'), { maxKeys: 3 }),
      ),
    }));
    const refused = (text: string) => {
      try {
        parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(UserError);
        expect((error as UserError).message).toMatch(/\(exercise\.yaml, line \d+, column \d+\)\.?$|is empty\.$/);
      }
    };
    fc.assert(
      fc.property(value, (some) => refused(stringify(some))),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'steps:http- {}[]/&*!|>\'"\n\t #') }), refused), { numRuns: 500 });
  });

  it('reads back steps that were written as YAML', () => {
    const text = fc.string({ minLength: 1, unit: 'grapheme' });
    // What Node sends in a path and in headers.
    const word = fc.string({ minLength: 1, unit: fc.constantFrom(..."aZ09-_!#$&'*+.^|~") });
    const status = fc.array(fc.integer({ min: 100, max: 599 }), { minLength: 1 });
    const contains = fc.array(text, { minLength: 1 });
    const command = fc.array(text, { minLength: 1 });
    const step = fc.oneof(
      fc.record({
        http: fc.record({ path: word.map((path) => `/${path}`), headers: fc.dictionary(word, word) }),
        expect: fc.record({ status, contains }),
      }),
      fc.record({ exec: command, expect: fc.record({ exit: fc.array(fc.nat(255), { minLength: 1 }) }) }),
      fc.record({ tcp: fc.integer({ min: 1, max: 65535 }), expect: fc.record({ contains }) }),
      fc.record({ wait: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (written) => {
        const expected = written.map((one) => {
          if ('http' in one) return { kind: 'http', method: 'GET', ...one.http, expect: one.expect };
          if ('exec' in one) return { kind: 'exec', command: one.exec, expect: one.expect };
          return 'tcp' in one ? { kind: 'tcp', port: one.tcp, expect: one.expect } : { kind: 'wait', seconds: one.wait };
        });
        expect(parse(stringify({ steps: written })).steps).toEqual(expected);
      }),
    );
  });
});

describe('readExercise', () => {
  it('reads a file and what it uploads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    writeFileSync(join(folder, 'a.txt'), 'content');
    writeFileSync(join(folder, 'exercise.yaml'), 'steps: [{http: {path: /, file: {f: a.txt}}}]');
    const { steps } = await readExercise(join(folder, 'exercise.yaml'));
    expect(Buffer.from((steps[0] as HttpStep).bodyBase64 as string, 'base64').toString()).toContain('\r\n\r\ncontent\r\n');
  });

  it('rejects a missing file', async () => {
    await expect(readExercise('/nowhere/none.yaml')).rejects.toThrowError(/none.yaml can't be read/);
  });

  const fixtures = new URL('../../fixtures/', import.meta.url).pathname;
  it.each(readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('exercise.yaml')))(
    'reads the fixture %s',
    async (name) => {
      expect(readFileSync(join(fixtures, name), 'utf8')).toContain('steps:');
      expect((await readExercise(join(fixtures, name))).steps.length).toBeGreaterThan(0);
    },
  );

  const page = readFileSync(new URL('../../docs/exercise.md', import.meta.url), 'utf8');
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text as string);
  it.each(examples)('reads the example of the documentation\n%s', (text) => {
    expect(parse(text, () => Buffer.alloc(1)).steps.length).toBeGreaterThan(3);
  });
});
