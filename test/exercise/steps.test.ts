import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelStep, parseExec, parseHttp } from '../../src/exercise/steps.js';

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

describe('labelStep', () => {
  it.each([
    ['pytest tests/e2e', 'script pytest'],
    ['  ./run-tests.sh', 'script ./run-tests.sh'],
    ['API_TOKEN=s3cret pytest', 'script pytest'],
    ['A=s3cret B="s3 cret" C=\'s3 cret\' D= E=s3\\ cret pytest -q', 'script pytest'],
    ['API_TOKEN=s3cret', 'script'],
    ['TOKEN=$(echo s3cret more) pytest', 'script'],
    [`TOKEN=$\{NONE:-x s3cret more} pytest`, 'script'],
    ['TOKEN="$(echo "s3cret" more)" pytest', 'script'],
    ['TOKEN=`echo s3cret more` pytest', 'script'],
    ['export TOKEN=s3cret; pytest', 'script export'],
    ['"s3cret" pytest', 'script'],
    ['http://ada:s3cret@x', 'script'],
  ])('holds no secret of the script %s', (command, label) => {
    expect(labelStep({ kind: 'script', command })).toBe(label);
  });
});
