import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareLogs, exceptionsIn, logProblems } from '../../src/smoke/logs.js';

/** Logs that the libraries themselves wrote. logs/make.py says how they were made, and makes them again. */
const LOGS = fileURLToPath(new URL('logs/', import.meta.url));
const NAMES = readdirSync(LOGS).flatMap((file) => (file.endsWith('.txt') ? [file.slice(0, -4)] : []));
const read = (name: string) => readFileSync(`${LOGS}${name}.txt`, 'utf8');

/** The lines at ERROR that are not of the script that most logs come from, and its exceptions. */
const EXPECTED: Record<string, { lines?: string[]; exceptions?: string[] }> = {
  celery: { lines: ["raised unexpected: KeyError('coffee')"] },
  django: { lines: ['Internal Server Error: /order'] },
  flask: { lines: ['ERROR in app: Exception on / [GET]'] },
  gunicorn: { lines: ['[ERROR] Error handling request GET /'] },
  uvicorn: { lines: ['ERROR:    Exception in ASGI application'] },
  group: { lines: [], exceptions: ['ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)', "KeyError: 'coffee'"] },
  'rich-group': { lines: [], exceptions: ['ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)', "KeyError: 'coffee'"] },
  'syntax-error': { lines: [], exceptions: ['SyntaxError: invalid syntax'] },
};
const texts = (log: string, wanted: string) => logProblems(log).flatMap(({ what, text }) => (what === wanted ? [text] : []));
const newLogProblems = (originals: string[], shrunk: string) => compareLogs(originals, shrunk).added;
const newTexts = (originals: string[], shrunk: string) => newLogProblems(originals, shrunk).map(({ text }) => text);
const raised = (exception: string) => `Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\n${exception}\n`;

describe.each(NAMES)('a log of %s', (name) => {
  const { lines = ['no stock for order 17', 'order failed'], exceptions = ["KeyError: 'coffee'"] } = EXPECTED[name] ?? {};

  it('has its exceptions', () => {
    expect(texts(read(name), 'exception')).toEqual(exceptions);
    expect(exceptionsIn(read(name))).toEqual(exceptions);
  });

  it('has its lines at ERROR, and no others', () => {
    const found = texts(read(name), 'error line');
    expect(found).toHaveLength(lines.length);
    lines.forEach((line, index) => {
      expect(found[index]).toContain(line);
    });
  });

  it('has nothing new beside the same log of another time, process and order', () => {
    const other = read(name)
      .replaceAll('2026-11-28', '2027-01-03')
      .replaceAll('14:34:', '09:07:')
      .replaceAll('11/28/26 14', '01/03/27 09')
      .replace(/\b0x[0-9a-f]+/g, '0x7f0000001234')
      .replace(/\[\d{3,6}\]/g, '[7]');
    expect(newTexts([read(name)], other)).toEqual([]);
    expect(newTexts([other], read(name) + read(name))).toEqual([]);
  });

  it('has something new beside a log without it', () => {
    expect(newLogProblems([''], read(name))).toEqual(logProblems(read(name)));
    expect(newLogProblems([read(name), ''], read(name))).toEqual([]);
  });
});

describe('the level of a line', () => {
  it.each([
    'ERROR:root:x',
    'CRITICAL:root:x',
    '2026-01-01 10:00:00,123 ERROR x',
    'shop:ERROR:x',
    '[2026-01-01 10:00:00] [shop] [CRITICAL] x',
    '2026/01/01 10:00:00 [error] 7#7: *1 open() failed',
    'time=2026-01-01T10:00:00Z level=error msg="x"',
    'level="critical" msg=x',
    'app: error: no such file',
    'ERROR:  relation "items" does not exist',
    'E1231 23:59:59.123456 7 file.cc:1] x',
    '2026-01-01 10:00:00.123456: E tensorflow/core/x.cc:1] y',
    '[E 260101 10:00:00 web:1] Uncaught exception',
    '\u001b[31mERROR\u001b[0m:    x',
    '{"level": "error", "cut off',
    '{"level":50,"msg":"x"}',
    'shop-1  | {"severity":"CRITICAL","message":"x"}',
    '{"log":{"level":"fatal"},"message":"x"}',
    'Fatal Python error: Segmentation fault',
    'Task exception was never retrieved',
  ])('is ERROR or above: %s', (line) => expect(texts(line, 'error line')).toHaveLength(1));

  it.each([
    'INFO:root:saw [ERROR] and level=error',
    'INFO:     127.0.0.1:5 - "GET /?level=error HTTP/1.1" 500 Internal Server Error',
    '127.0.0.1 - - [01/Jan/2026 10:00:00] "GET /ERROR HTTP/1.1" 404 -',
    '2026-01-01 10:00:00 WARNING 3 errors so far',
    'WARNING:root:ERROR',
    '[warning  ] error [error]',
    '{"level":"info","message":"ERROR"}',
    '{"level":30,"msg":"error"}',
    '{"message":"[ERROR]"}',
    '[2026-11-28 20:19:31 +0000] [1] [ERROR] Worker (pid:12) was sent SIGTERM!',
    'errors: 0',
    'ERRORS 0',
    'I1231 23:59:59.123456 7 file.cc:1] ERROR',
    '',
  ])('is below: %s', (line) => expect(texts(line, 'error line')).toEqual([]));
});

describe('tracebacks', () => {
  const compose = (name: string, text: string) => text.trimEnd().replace(/^/gm, `12:00:01 ${name}  | `);

  it('are found where each line has a prefix', () => {
    const log = compose('web.1', raised('KeyError: 1'));
    expect(texts(log, 'exception')).toEqual(['KeyError: 1']);
    expect(texts(log.replace('12:00:01', '12:00:00'), 'exception')).toEqual(['KeyError: 1']);
  });

  it('are found where only the first line has a prefix', () => {
    expect(texts(`ERROR:app:${raised('socket.timeout: timed out')}INFO:app:ready`, 'exception')).toEqual(['socket.timeout: timed out']);
  });

  it('are told apart where the lines of two processes alternate', () => {
    const [a, b] = ['KeyError: 1', 'zmq.error.Again'].map((one) => raised(one).trimEnd().split('\n'));
    const alternating = (left: string[], right: string[]) => left.flatMap((line, index) => [line, right[index]]).join('\n');
    expect(texts(alternating(a as string[], b as string[]), 'exception')).toEqual(['KeyError: 1', 'zmq.error.Again']);
    const [web, job] = [compose('web', raised('KeyError: 1')).split('\n'), compose('job', raised('OSError: 2')).split('\n')];
    expect(texts(alternating(web, job), 'exception')).toEqual(['KeyError: 1', 'OSError: 2']);
  });

  it('end with their exception, not with a line of another process', () => {
    const [first, ...rest] = raised('KeyError: 1').split('\n');
    const between = ['[2026-01-01 10:00:00 +0000] [7] [INFO] Booting worker', 'INFO: ready', '127.0.0.1 - "GET /"'];
    const log = [first, rest[0], ...between, ...rest.slice(1)].join('\n');
    expect(texts(log, 'exception')).toEqual(['KeyError: 1']);
  });

  it('may have no title, for an error in the syntax of the script that is started', () => {
    const log = '  File "/app/app.py", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax\n';
    expect(texts(log, 'exception')).toEqual(['SyntaxError: invalid syntax']);
  });

  it('without an exception count too', () => {
    expect(texts('Traceback (most recent call last):\n  File "a.py"', 'exception')).toEqual(['a traceback without its exception']);
    expect(texts('Traceback (most recent call last):\nINFO: next\nINFO: next', 'exception')).toHaveLength(1);
  });

  it('that a text only mentions do not count', () => {
    expect(texts('see "Traceback (most recent call last)" in the manual', 'exception')).toEqual([]);
    expect(texts('Stack (most recent call last):\n  File "a.py", line 1, in f\n    g()\nready', 'exception')).toEqual([]);
  });

  it('do not hide the lines at ERROR after them', () => {
    expect(logProblems(`${raised('KeyError: 1')}ERROR:app:x`).map(({ text }) => text)).toEqual(['KeyError: 1', 'ERROR:app:x']);
  });
});

describe('the comparison of logs', () => {
  const error = (text: string) => `2026-01-01 10:00:00 [12] ERROR ${text}`;

  it.each([
    ['a process id', 'worker 12 died', 'worker 4711 died'],
    ['a duration', 'late by 950 ms', 'late by 1.2 s'],
    ['a UUID', 'no 123e4567-e89b-12d3-a456-426614174000', 'no 00000000-e89b-12d3-a456-426614174000'],
    ['a hexadecimal token', 'host 3f2a9c81d7e0 is gone', 'host 91c07ab2e4d5 is gone'],
    ['a token by chance of digits', 'host 3f2a9c81d7e0 is gone', 'host 912074256475 is gone'],
    ['a token', 'bad eyJhbGciOiJIUzI1NiJ9_x-9a', 'bad Zk3Qd9_fJ1bG-iOiJUzI1NaaQ'],
    ['a temporary path', "no '/tmp/tmpab12_x/cache.db'", "no '/tmp/tmpzz9kq3/cache.db'"],
    ['an address', '<object at 0x7f12ab34cd>', '<object at 0x7f99ab34cd>'],
    ['a date', 'since Tue, 02 Jan 2024 03:04:05 GMT', 'since Wed, 03 Feb 2025 13:14:15 GMT'],
  ])('masks %s', (_, one, two) => expect(newTexts([error(one)], error(two))).toEqual([]));

  it.each([
    ['another module', "No module named 'utf8'", "No module named 'utf16'"],
    ['another file in a temporary folder', "no '/tmp/tmpab12_x/cache.db'", "no '/tmp/tmpab12_x/index.db'"],
    ['another text', 'order failed', 'user failed'],
  ])('finds %s', (_, one, two) => expect(newTexts([error(one)], error(two))).toEqual([error(two)]));

  it('accepts a word that differs between two runs of the original', () => {
    const [ada, bob, eve] = ['ada', 'bob', 'eve'].map((name) => error(`unknown user ${name}, sorry`)) as [string, string, string];
    expect(newTexts([ada, bob], eve)).toEqual([]);
    expect(newTexts([ada], eve)).toEqual([eve]);
    expect(newTexts([ada, bob], error('unknown item eve, sorry'))).toHaveLength(1);
    expect(newTexts([raised('KeyError: a'), raised('ValueError: a')], raised('ImportError: a')), 'the class counts').toHaveLength(1);
  });

  it('accepts what one run of the original has, and says which', () => {
    const [bad, good] = [error('no table'), 'ready'];
    expect(newTexts([bad, good], bad)).toEqual([]);
    expect(newTexts([good, bad], bad)).toEqual([]);
    expect(newTexts([good, good], bad)).toEqual([bad]);
    expect(compareLogs([good, bad], bad).varied).toEqual([{ what: 'error line', text: bad, had: [false, true] }]);
    expect(compareLogs([bad, bad], bad).varied).toEqual([]);
  });

  it('gives each problem once', () => {
    const log = `${error('a')}\n${error('a')}\n${raised('KeyError: 1')}${raised('KeyError: 1')}`;
    expect(newTexts([''], log)).toEqual(['KeyError: 1', error('a')]);
  });

  it('knows an exception in another format', () => {
    const json = JSON.stringify({ level: 'error', event: 'x', exception: raised("ImportError: No module named 'a'") });
    expect(newLogProblems(['ready'], json)).toContainEqual({ what: 'exception', text: "ImportError: No module named 'a'" });
    expect(newLogProblems([`${raised("ImportError: No module named 'a'")}ERROR:x:x\n{"level":"error","event":"x"}`], json)).toEqual([]);
  });
});

describe('any log', () => {
  const PIECES = [
    'Traceback (most recent call last):',
    '  File "a"',
    'KeyError: 1',
    '╭── Traceback (most recent call last) ──╮',
    '│ x',
    '{"level":"error"}',
  ];
  const piece = fc.oneof(
    fc.constantFrom(...PIECES, '\n', '\\n', '"', '\u001b[31m', '\u001b]8;', 'ERROR ', '| ', '  + ', '\r'),
    fc.string(),
  );
  const log = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''));

  it('is read, and has nothing new beside itself', () => {
    fc.assert(
      fc.property(log, log, (one, two) => {
        expect(newLogProblems([one], one)).toEqual([]);
        expect(newLogProblems([one, two], one)).toEqual([]);
        expect(newLogProblems([two, one], one)).toEqual([]);
        expect(newLogProblems([''], one)).toEqual(logProblems(one));
      }),
      { numRuns: 500 },
    );
  });

  it('may be bytes that are no text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Array.isArray(logProblems(Buffer.from(bytes).toString('latin1')))).toBe(true);
      }),
    );
  });

  // A pattern that goes back and forth needs hours for these, and the test ends by its time limit.
  it.each([
    '1',
    '1.',
    ' ',
    'a',
    'aB1-',
    '│ ',
    '{"a":',
    '[',
    '\u001b[',
    '\u001b]',
    '\\',
    '/tmp/',
    'ERROR ',
    'Traceback (most recent call last):',
    'Traceback (most recent call last):\\n',
    'Traceback (most recent call last):\n',
    'ERROR a\n',
    '\n',
    '─',
  ])('is read in linear time: 1 MB of %j', (unit) => {
    const long = unit.repeat(1e6 / unit.length);
    expect(newLogProblems([''], `${long}\n{"message":"${long.replace(/[^\w ]/g, '')}"}\nERROR:x:y`).length).toBeGreaterThan(0);
  });

  it('is read in linear time: 5 MB in one line', () => {
    const long = 'Aa1-│ [{"\\ 12.5 ms /tmp/x 0x1f Mon '.repeat(2e5);
    expect(newLogProblems([long], `ERROR ${long}\n${long}`)).toHaveLength(1);
    expect(texts(`{"level":"error","message":${JSON.stringify(long)}}`, 'error line')).toHaveLength(1);
  });

  it('may be a deep document', () => {
    expect(logProblems(`{"a":{"level":"error"},"b":${'['.repeat(1e5)}${']'.repeat(1e5)}}`)).toEqual([]);
  });

  it('is compared in linear time: many different lines', () => {
    const lines = (word: string) => Array.from({ length: 20000 }, (_, index) => `ERROR a${index.toString(36)}z${word}`).join('\n');
    expect(newLogProblems([lines('x'), lines('y')], lines('x'))).toEqual([]);
  });
});
