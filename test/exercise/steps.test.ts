import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExec, parseHttp, readExercise } from '../../src/exercise/steps.js';

describe('parseHttp', () => {
  it.each([
    ['/', { method: 'GET', path: '/', headers: {} }],
    ['get /x?y=1', { method: 'GET', path: '/x?y=1', headers: {} }],
    ['POST /items {"a": 1}', { method: 'POST', path: '/items', body: '{"a": 1}', headers: { 'content-type': 'application/json' } }],
    ['PUT /t plain text', { method: 'PUT', path: '/t', body: 'plain text', headers: {} }],
  ])('%s', (text, step) => {
    expect(parseHttp(text)).toEqual({ kind: 'http', ...step });
  });

  it.each(['', 'x', 'FETCH /', 'GET', 'GET x', 'http://localhost/'])('rejects %j and says how to write it', (text) => {
    expect(() => parseHttp(text)).toThrowError(
      expect.objectContaining({ exitCode: 2, remedy: expect.stringContaining('[METHOD ]PATH[ BODY]') }),
    );
  });
});

describe('parseExec', () => {
  it('splits at spaces and reads quotes and backslashes as sh does', () => {
    expect(parseExec(`sh -c 'echo "a  b"' "c d" e\\ f "x\\"y" ''`)).toEqual({
      kind: 'exec',
      command: ['sh', '-c', 'echo "a  b"', 'c d', 'e f', 'x"y', ''],
    });
  });

  it.each([
    ['python -m app --x=$HOME $(date)', ['python', '-m', 'app', '--x=$HOME', '$(date)']],
    ['ls *.py {a,b} ~', ['ls', '*.py', '{a,b}', '~']],
    ['a | b && c > d; e &', ['a', '|', 'b', '&&', 'c', '>', 'd;', 'e', '&']],
    ['curl http://x/?a=1&b=2#top # no comment', ['curl', 'http://x/?a=1&b=2#top', '#', 'no', 'comment']],
    ['sh -c "echo \\$X \\` \\n"', ['sh', '-c', 'echo $X ` \\n']],
    ['a\'b\'"c"d', ['abcd']],
    ['tab\there\nline', ['tab', 'here', 'line']],
  ])('expands nothing: %s', (text, command) => {
    expect(parseExec(text)).toEqual({ kind: 'exec', command });
  });

  it('reads back whatever was quoted', () => {
    const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), (words) => {
        expect(parseExec(words.map(quote).join(' '))).toEqual({ kind: 'exec', command: words });
      }),
    );
  });

  it.each(['', '  ', "echo 'x", 'echo "x', 'echo \\', "it's", 'a "b\\"'])('rejects %j', (text) => {
    expect(() => parseExec(text)).toThrowError(/is not a command/);
  });
});

describe('readExercise', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  const file = (text: string) => {
    const path = join(folder, 'exercise.yaml');
    writeFileSync(path, text);
    return path;
  };

  it('reads every kind of step', async () => {
    const { steps, reset } = await readExercise(
      file(
        'steps:\n  - http: GET /\n  - http: {method: POST, path: /x, body: "1", port: 99}\n  - exec: a b\n  - exec: [a, "b c"]\n  - wait: 0.5\n  - until-exit\n  - until-exit: true\n  - tcp: 5432\n  - signal: hup\n  - http: {path: /, socket: /run/a.sock}\nreset:\n  - psql -c truncate\n',
      ),
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

  it.each([
    '',
    'steps: []',
    'steps: [{jump: 1}]',
    'steps: [{wait: -1}]',
    'steps: [{signal: NONE}]',
    'steps: [{tcp: 0}]',
    'steps: [{http: {path: x}}]',
    'steps: {',
    'stages: []',
  ])('rejects %j', async (text) => {
    await expect(readExercise(file(text))).rejects.toThrowError(expect.objectContaining({ exitCode: 2 }));
  });

  it('rejects a missing file', async () => {
    await expect(readExercise(join(folder, 'none.yaml'))).rejects.toThrowError(/can't be read/);
  });

  const fixtures = new URL('../../fixtures/', import.meta.url).pathname;
  it.each(readdirSync(fixtures, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('exercise.yaml')))(
    'reads the fixture %s',
    async (name) => {
      expect(readFileSync(join(fixtures, name), 'utf8')).toContain('steps:');
      expect((await readExercise(join(fixtures, name))).steps.length).toBeGreaterThan(0);
    },
  );
});
