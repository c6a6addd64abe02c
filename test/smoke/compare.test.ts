import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withBounds } from '../../src/bounds.js';
import type { Answers, StepAnswer } from '../../src/exercise/answers.js';
import { decodedBody } from '../../src/exercise/decoded.js';
import { compareAnswers } from '../../src/smoke/compare.js';

const START = Date.UTC(2026, 10, 28, 14, 30, 0);
/** Each run begins a minute after the one before. */
const timeOf = (run: number) => ({ start: START + run * 60_000, end: START + run * 60_000 + 5000 });
const base64 = (content: string | Buffer) => Buffer.from(content).toString('base64');
const step = (answer: StepAnswer, name = 'GET /'): Answers => ({
  time: timeOf(0),
  steps: [{ step: name, label: name, answer }],
  app: { stdout: '', stderr: '', cut: false, exit: null },
});
const http = (body: string | Buffer, status = 200, headers: Record<string, string> = {}): Answers =>
  step({ kind: 'http', status, headers, body: base64(body) });
const command = (exit: number, stdout = '') => step({ kind: 'exec', exit, stdout: base64(stdout), stderr: '', cut: false }, 'exec x');
const program = (stdout: string, exit: number | null = 0, stderr = ''): Answers => ({
  time: timeOf(0),
  steps: [{ step: 'until exit', label: 'until exit', answer: { kind: 'until-exit' } }],
  app: { stdout: base64(stdout), stderr: base64(stderr), cut: false, exit },
});
/** Gives the runs their times: the originals first. */
const compare = (originals: Answers[], shrunk: Answers) =>
  compareAnswers(
    originals.map((one, run) => ({ ...one, time: timeOf(run) })),
    { ...shrunk, time: timeOf(originals.length) },
  );
const found = (originals: Answers[], shrunk: Answers) => compare(originals, shrunk).differences.map(({ what }) => what);
/** Whether the comparison accepts the last of these bodies beside the others. */
const same = (...bodies: (string | Buffer)[]) => {
  const runs = bodies.map((body) => http(body));
  return found(runs.slice(0, -1), runs.at(-1) as Answers).length === 0;
};
const iso = (run: number, more = 0) => new Date(timeOf(run).start + 1000 + more).toISOString();

describe('steps of other kinds', () => {
  const talk = (closed: number | null, ...messages: string[]) =>
    step(
      { kind: 'websocket', protocol: '', closed, messages: messages.map((data) => ({ data: base64(data), binary: false })) },
      'websocket /',
    );
  const script = (exit: number, stdout: string) =>
    step({ kind: 'script', exit, stdout: base64(stdout), stderr: '', cut: false }, 'script pytest');
  const ready = (line?: string) => step({ kind: 'ready', ...(line !== undefined && { line }) }, 'until it is ready');

  it.each([
    ['the same messages', [talk(null, 'a', '{"n": 1}')], talk(null, 'a', '{"n": 1}'), []],
    ['another message', [talk(null, 'a', 'b')], talk(null, 'a', 'c'), ['message 2']],
    ['a missing message', [talk(null, 'a', 'b')], talk(null, 'a'), ['message 2']],
    ['another close', [talk(1000)], talk(1011), ['outcome']],
    ['a message that varies', [talk(null, iso(0)), talk(null, iso(1))], talk(null, iso(2)), []],
    ['another output of a script that agrees', [script(0, '3 passed in 0.21s')], script(0, '3 passed in 4.5s and more'), []],
    ['a script that disagrees', [script(0, '3 passed')], script(1, '1 failed'), ['outcome', 'stdout', 'stderr']],
    ['the same ready line', [ready('worker@a1 waits')], ready('worker@a1 waits'), []],
    ['another ready line', [ready('waits for work')], ready('waits for its broker'), ['last line']],
    [
      'an app that is not ready',
      [ready('waits')],
      step({ kind: 'failed', reason: 'it ended' }, 'until it is ready'),
      ['outcome', 'last line', 'reason'],
    ],
  ])('%s', (_, originals, shrunk, differences) => {
    expect(found(originals, shrunk).sort()).toEqual([...differences].sort());
    expect(compare(originals, originals[0] as Answers)).toMatchObject({ compared: 1, differences: [] });
  });
});

describe('what all runs of the original agree on', () => {
  it('is the same in the shrunk image', () => {
    expect(found([http('x')], http('x'))).toEqual([]);
    expect(found([program('x'), program('x')], program('x'))).toEqual([]);
  });

  it.each([
    ['a status', http('x'), http('x', 500), 'outcome'],
    ['a body', http('x'), http('y'), 'body'],
    ['an empty body', http('x'), http(''), 'body'],
    ['a content type', http('x', 200, { 'content-type': 'a' }), http('x', 200, { 'content-type': 'b' }), 'header content-type'],
    [
      'a policy',
      http('x', 200, { 'content-security-policy': "default-src 'self'" }),
      http('x', 200, { 'content-security-policy': 'default-src *' }),
      'header content-security-policy',
    ],
    ['a missing header', http('x', 200, { server: 'a' }), http('x'), 'header server'],
    ['a new header', http('x'), http('x', 200, { server: 'a' }), 'header server'],
    ['output', program('x'), program('y'), 'stdout'],
    ['errors', program('x', 0, 'e'), program('x'), 'stderr'],
    ['an exit status', program('x'), program('x', 1), 'exit'],
    ['an end', program('x'), program('x', null), 'exit'],
    ['the exit status of a command', command(0), command(139), 'outcome'],
    ['a banner', step({ kind: 'tcp', banner: base64('220 hi') }), step({ kind: 'tcp', banner: '' }), 'banner'],
    ['no answer', http('x'), step({ kind: 'failed', reason: 'socket hang up' }), 'outcome'],
  ])('is compared: %s', (_, original, shrunk, what) => {
    expect(found([original], shrunk)).toContain(what);
    expect(found([original, original], shrunk)).toContain(what);
  });

  it('finds steps that were not done, and that were done in addition', () => {
    expect(found([http('x')], { ...http('x'), steps: [] })).toEqual(['outcome']);
    expect(found([{ ...http('x'), steps: [] }], http('x'))).toEqual(['outcome']);
  });

  it('is compared by cookie and attribute', () => {
    const cookies = (...values: string[]) => http('x', 200, { 'set-cookie': values.join('\n') });
    const [one, two] = ['sid=1; Path=/; Secure; HttpOnly', 'theme=dark; Domain=a.org'];
    expect(found([cookies(one, two)], cookies('sid=1; Path=/; HttpOnly', two))).toEqual(['cookie sid secure']);
    expect(found([cookies(one, two)], cookies('sid=1; Path=/x; Secure; HttpOnly', two))).toEqual(['cookie sid path']);
    expect(found([cookies(one, two)], cookies(one))).toEqual(['cookie theme', 'cookie theme domain']);
    expect(found([cookies(one, two)], cookies(two, one)), 'their order is the server’s own').toEqual([]);
    expect(found([cookies('sid=1; SameSite=Lax')], cookies('sid=1; SameSite=None'))).toEqual(['cookie sid samesite']);
    const until = (run: number, days: number) => `sid=1; Expires=${new Date(timeOf(run).start + days * 86_400_000).toUTCString()}`;
    expect(found([cookies(until(0, 14)), cookies(until(1, 14))], cookies(until(2, 14)))).toEqual([]);
    expect(found([cookies(until(0, 14)), cookies(until(1, 14))], cookies(until(2, 1)))).toEqual(['cookie sid expires']);
  });

  it('takes a header that is a set in any order', () => {
    const allows = (value: string) => http('', 405, { allow: value });
    expect(found([allows('HEAD, GET')], allows('GET,HEAD'))).toEqual([]);
    expect(found([allows('HEAD, GET')], allows('GET'))).toEqual(['header allow']);
  });

  it('has a length that follows from the body', () => {
    const sized = (body: string, length = body.length) => http(body, 200, { 'content-length': String(length) });
    expect(found([sized('took 9.5 ms'), sized('took 12.5 ms')], sized('took 101.5 ms'))).toEqual([]);
    expect(found([sized('abc')], http('abc'))).toEqual(['header content-length']);
    expect(found([sized('', 12)], sized('', 13)), 'of HEAD').toEqual(['header content-length']);
  });
});

describe('the current time', () => {
  it('may differ where all originals have the same one, if it is near its run', () => {
    const day = http;
    expect(same('2026-11-28', '2026-11-28', '2026-11-28')).toBe(true);
    expect(same('2026-11-28', '2026-11-28', '2026-11-30'), 'the day of no time zone').toBe(false);
    const late = (run: number) => ({ start: Date.UTC(2026, 10, 28, 23, 58 + run), end: Date.UTC(2026, 10, 28, 23, 58 + run, 30) });
    const runs = [day('on 2026-11-28'), day('on 2026-11-28'), day('on 2026-11-29')].map((one, run) => ({ ...one, time: late(run) }));
    expect(compareAnswers(runs.slice(0, 2), runs[2] as Answers).differences, 'after midnight').toEqual([]);
    expect(same(`at ${iso(0)}`, `at ${iso(1)}`)).toBe(true);
  });

  it.each([
    ['2024-03-01T00:00:00+01:00', '1970-01-01T00:00:00'],
    ['2024-03-01T00:00:00+01:00', '1970-01-01T00:00:00+01:00'],
    ['Fri, 01 Mar 2024 00:00:00 GMT', 'Sat, 28 Nov 2026 14:31:00 GMT'],
    ['12:34:56', '12:34:57.5 and more'],
    ['1709247600', '1709247601'],
  ])('is not: %s', (original, shrunk) => {
    expect(same(original, shrunk)).toBe(false);
    expect(same(original, original, shrunk)).toBe(false);
  });

  it('has the same format, and the same distance from its run', () => {
    expect(same(iso(0), iso(1), iso(2))).toBe(true);
    expect(same(iso(0), iso(1), '1970-01-01T00:00:00.000Z')).toBe(false);
    expect(same(iso(0), iso(1), iso(2).replace('Z', '+00:00'))).toBe(false);
    expect(same(iso(0), iso(1), iso(2).replace('T', ' '))).toBe(false);
    const local = (run: number, hours: number) => iso(run, hours * 3_600_000).replace('Z', '');
    expect(same(local(0, 1), local(1, 1), local(2, 1)), 'in the same time zone').toBe(true);
    expect(same(local(0, 1), local(1, 1), local(2, 0)), 'the time zones are gone').toBe(false);
    expect(same(local(0, 1), local(1, 0)), 'with one run').toBe(false);
    const epoch = (run: number) => String(timeOf(run).start / 1000 + 1);
    expect(same(epoch(0), epoch(1), epoch(2))).toBe(true);
    expect(same(epoch(0), epoch(1), '0')).toBe(false);
    expect(same(epoch(0), epoch(1), '1000000000')).toBe(false);
  });

  it.each([
    ['HTTP', (date: Date) => date.toUTCString()],
    ['asctime', (date: Date) => date.toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, '$1 $3 $2 $5 $4')],
    ['the Common Log Format', (date: Date) => date.toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) (\S+) GMT$/, '[$1/$2/$3:$4 +0000]')],
    ['Django', (date: Date) => date.toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) (\d\d:\d\d):.*$/, '$2. $1, $3, $4')],
    ['seconds', (date: Date) => (date.getTime() / 1000).toFixed(3)],
    ['milliseconds', (date: Date) => String(date.getTime())],
    ['a time alone', (date: Date) => date.toISOString().slice(11, 19)],
  ])('is known as %s writes it', (_, write) => {
    const at = (run: number, hours = 0) => `x ${write(new Date(timeOf(run).start + hours * 3_600_000))} y`;
    expect(same(at(0), at(1)), 'with one run').toBe(true);
    expect(same(at(0), at(1), at(2))).toBe(true);
    expect(same(at(0), at(1), at(2, 7)), 'seven hours later').toBe(false);
  });
});

describe('what varies between runs of the original', () => {
  it.each<[string, string[], string[], string[]]>([
    [
      'a token',
      ['v="abcdef0123456789"', 'v="0f0f0f0f1a1a1a1a"'],
      ['v="99aabbccddeeff00"'],
      ['v=""', 'v="None"', 'v="null"', 'v="zzzzzzzzzzzzzzzz"', 'v="99aa"'],
    ],
    [
      'a UUID',
      ['123e4567-e89b-42d3-a456-426614174000', '550e8400-e29b-41d4-a716-446655440000'],
      ['9b2f3c1e-8d47-4f6a-b0a1-77c9e3d2f510'],
      ['00000000-0000-0000-0000-000000000000', 'x'],
    ],
    [
      'a duration',
      ['in 12.5 ms', 'in 13.1 ms'],
      ['in 40.2 ms', 'in 0.9 ms', 'in 1.1 s'],
      ['in 99999.5 s', 'in None', 'in -3.0 ms', 'in  ms'],
    ],
    ['a port', [':40001 ok', ':40003 ok'], [':58123 ok'], [':0 ok', ':9999999 ok', ': ok', ':-1 ok']],
    ['a count', ['523 rows', '561 rows'], ['540 rows', '600 rows'], ['0 rows', '523000 rows', 'no rows', '540.5 rows']],
    ['a small counter', ['n 1', 'n 2'], ['n 3'], ['n 3000', 'n x']],
    [
      'a temporary path',
      ['/tmp/tmpab12cd_9/x', '/tmp/tmpq8zz_1ab/x'],
      ['/tmp/tmp00aa11bb/x'],
      ['/tmp//x', '/var/tmpab12cd_9/x', '/tmp/tmp00aa11bb/y'],
    ],
    ['a name with a number', ['order-17.txt', 'order-22.txt'], ['order-19.txt'], ['total-19.txt', 'order-.txt', 'order-19.csv']],
    ['an address', ['<A at 0x7f12ab34cd10>', '<A at 0x7f99ab34cd20>'], ['<A at 0x7faaaaaaaa10>'], ['<A at 0x0>', '<B at 0x7faaaaaaaa10>']],
    ['base64', ['k ab/cd+efghijklmnopqr==', 'k ABCDEFGHIJKL/NOPQRSTU=='], ['k 0123456789+/zyxwvu/a=='], ['k ', 'k null', 'k 012345']],
    ['a number that hardly varies', ['40 plugins', '41 plugins'], ['43 plugins'], ['5 plugins', '82 plugins', '20 plugins']],
    ['a larger one', ['120 rows', '125 rows'], ['110 rows', '131 rows'], ['13 rows', '60 rows', '250 rows']],
    ['a score', ['score 0.91234567', 'score 0.91234569'], ['score 0.91234571'], ['score 0.0123', 'score 0.45', 'score 1.9']],
    ['a random number', ['x 0.4967141', 'x 1.5230298'], ['x -1.9132802', 'x 0.0136'], ['x None', 'x 4e+20', 'x 99999.5']],
    ['a named duration', ['elapsed=0.01234', 'elapsed=0.01235'], ['elapsed=0.21'], ['elapsed=-0.01', 'elapsed=']],
    ['a memory size', ['980 KB used', '1.1 MB used'], ['1.4 MB used'], ['0 B used', '900 GB used', '1.1 s used']],
  ])('is of the same kind: %s', (_, originals, accepted, refused) => {
    for (const text of accepted) expect(same(...originals, text), text).toBe(true);
    for (const text of refused) expect(same(...originals, text), text).toBe(false);
  });

  it.each<[string, string[], string[], string[]]>([
    ['a state', ['mode fast', 'mode slow'], ['mode slow'], ['mode none_', 'mode other', 'mode x']],
    ['a hash', ['k 9f86d081884c7d65', 'k 2c26b46b68ffc68f'], ['k fcde2b2edba56bf4'], ['k 0000000000000000']],
    ['whole seconds', ['done in 3 s', 'done in 3 s'], ['done in 4 s'], ['done in 9 s', 'done in 3 ms']],
    ['a setting', ['limit 3 s', 'limit 3 s'], [], ['limit 4 s']],
    ['a coarse duration', ['{"elapsed": 0.01}', '{"elapsed": 0.01}'], ['{"elapsed": 0.02}'], ['{"elapsed": -1.0}', '{"elapsed": null}']],
    ['a number after a place', ['in the US: 2.5', 'in the US: 2.5'], [], ['in the US: 0.1']],
    ['a number after a time', ['for the first time 3.8', 'for the first time 3.8'], [], ['for the first time 0.1']],
    ['a timeout', ['{"timeout_seconds": 0.5}', '{"timeout_seconds": 0.5}'], [], ['{"timeout_seconds": 5.0}']],
    ['an attribute', ['<td class="time">1.5</td>', '<td class="time">1.5</td>'], [], ['<td class="time">4.5</td>']],
    ['a time to wait', ['retry in 3 s', 'retry in 3 s'], [], ['retry in 1 s']],
    ['a count after a duration', ['took=0.5 rows=1000', 'took=0.7 rows=1001'], ['took=9.1 rows=1003'], ['took=0.6 rows=12']],
    ['a total', ['{"total": 1234.567891}', '{"total": 1434.123456}'], ['{"total": 1300.5}'], ['{"total": -99999.9}', '{"total": -1.0}']],
    ['a large count', ['{"rows": 50000}', '{"rows": 50003}'], ['{"rows": 50010}'], ['{"rows": 33000}']],
    ['a named port', ['{"port": 50000}', '{"port": 50003}'], ['{"port": 33000}'], ['{"port": 80}']],
    ['a long number', ['{"id":"123456789012"}', '{"id":"987654321098"}'], ['{"id":"555666777888"}'], ['{"id":"000000000000"}']],
    ['a longer state', ['{"s":"pending"}', '{"s":"complete"}'], ['{"s":"pending"}'], ['{"s":"degraded"}', '{"s":"crashing"}']],
    ['random letters', ['k abcdef', 'k qwerty', 'k zxcvbn'], ['k poiuyt'], ['k failed', 'k abcdefghijkl', 'k ABCDEF']],
    ['random letters of both cases', ['k kQzXbw', 'k PlmNrt'], ['k ZsdFgh'], ['k ', 'k null']],
    ['a coarse number', ['{"rate": 0.01}', '{"rate": 0.01}'], [], ['{"rate": 0.02}']],
    ['a short time', ['up in 0.12 s', 'up in 0.13 s'], ['up in 0.4 s'], ['up in 55.5 s']],
  ])('is of the same kind, and no coincidence: %s', (_, originals, accepted, refused) => {
    for (const text of accepted) expect(same(...originals, text), text).toBe(true);
    for (const text of refused) expect(same(...originals, text), text).toBe(false);
  });

  it('is an outcome that the original gave, but no failure of a later run alone', () => {
    expect(found([http('', 201), http('', 409)], http('', 500))).toContain('outcome');
    expect(found([http('', 201), http('', 409)], http('', 409))).toEqual([]);
    expect(found([http('', 200), http('', 503)], http('', 503))).toContain('outcome');
    expect(found([http('', 503), http('', 200)], http('', 503))).toEqual([]);
    expect(found([command(0), command(1)], command(139))).toContain('outcome');
    expect(found([command(0), command(1)], command(1))).toContain('outcome');
    expect(found([program('', 0), program('', 1)], program('', 139))).toContain('exit');
    expect(found([program('', 1), program('', 0)], program('', 0))).toEqual([]);
    expect(found([http('a', 201), http('b', 409)], http('b', 201)), 'a body belongs to its status').toEqual(['body']);
  });

  it('is never a traceback or an error page', () => {
    const trace = 'Traceback (most recent call last):\n  File "a.py"\nKeyError: 1';
    expect(same('token abc', 'token xyz', trace)).toBe(false);
    expect(same('token abc', 'token xyz', `token def ${trace}`)).toBe(false);
    expect(same('<p>abc</p>', '<p>xyz</p>', '<title>500 Internal Server Error</title>')).toBe(false);
  });

  it('leaves the words around it as they are', () => {
    const page = (token: string, id: string, tail = 'end') =>
      `<form><input name="csrf" value="${token}"><a href="/items/${id}">${id}</a>${tail}`;
    const [one, two] = [page('a1-b2_c3', '9'), page('Zx.y-99', '10')];
    expect(same(one, two, page('q-w-e-r-t', '11'))).toBe(true);
    expect(same('one aa1 bb2', 'one bb2 cc3', 'one dd4 ee5'), 'by chance the same elsewhere').toBe(true);
    expect(same(one, two, page('q-w-e-r-t', '12', 'END'))).toBe(false);
    expect(same(one, two, page(`q${' more'.repeat(40)}`, '12'))).toBe(false);
  });

  it('is a set in another order, and of the same items', () => {
    expect(same("{'a', 'b', 'c'}", "{'b', 'c', 'a'}", "{'c', 'a', 'b'}")).toBe(true);
    expect(same("{'a', 'b', 'c'}", "{'b', 'c', 'a'}", "{'c', 'a', 'd'}")).toBe(false);
    expect(same("{'a', 'b', 'c'}", "{'b', 'c', 'a'}", "{'c', 'a'}")).toBe(false);
    expect(same('x a\nx b\nx c', 'x b\nx a\nx c', 'x c\nx b\nx a')).toBe(true);
    expect(same('x a\nx b\nx c', 'x b\nx a\nx c', 'x c\nx b\nx d')).toBe(false);
    const pool = (score: number, ...done: number[]) => [`score 0.${score}`, ...done.map((one) => `done ${one}`), 'end'].join('\n');
    expect(same(pool(92, 3, 4, 0, 1), pool(95, 1, 0, 4, 3), pool(98, 0, 1, 3, 4)), 'beside a line that varies').toBe(true);
    expect(same(pool(92, 3, 4, 0, 1), pool(95, 1, 0, 4, 3), pool(98, 0, 1, 3, 3)), 'each of them').toBe(false);
  });

  it('is a header that only some runs have', () => {
    const cached = http('x', 200, { 'x-cache': 'HIT' });
    expect(found([http('x'), cached], cached)).toEqual([]);
    expect(found([cached, http('x')], http('x'))).toEqual([]);
    expect(found([http('x'), cached], http('x', 200, { 'x-cache': 'ERROR' }))).toEqual(['header x-cache']);
  });

  it('is reported with its place and what was accepted', () => {
    const { varied } = compare([http('fixed\nid 17'), http('fixed\nid 22')], http('fixed\nid 19'));
    expect(varied).toEqual([{ where: 'GET /', what: 'body', place: 'line 2', originals: ['17', '22'], shrunk: '19' }]);
    const json = compare([http('{"a": [{"b": 17}]}'), http('{"a": [{"b": 22}]}')], http('{"a": [{"b": 19}]}'));
    expect(json.varied).toEqual([{ where: 'GET /', what: 'body', place: '$.a[0].b', originals: ['17', '22'], shrunk: '19' }]);
    const outcome = compare([http('', 201), http('', 409)], http('', 409));
    expect(outcome.varied).toEqual([
      { where: 'GET /', what: 'outcome', place: '', originals: ['status 201', 'status 409'], shrunk: 'status 409' },
    ]);
    expect(compare([http('x'), http('x')], http('x')).varied).toEqual([]);
    const long = compare([http(`a${'0'.repeat(500)}`), http(`b${'0'.repeat(500)}`)], http(`a${'0'.repeat(500)}`)).varied[0];
    expect(long?.shrunk.length).toBeLessThan(210);
  });
});

describe('JSON', () => {
  const id = (run: number) => ['a1b2c3d4e5f60718', 'ffee00aa11223344', '0123456789abcdef'][run];
  const varying = (run: number, rest: string) => `{"id": "${id(run)}", ${rest}}`;
  const alike = (original: string, shrunk: string) => same(varying(0, original), varying(1, original), varying(2, shrunk));

  it.each([
    ['a value', '"a": 1', '"a": 2'],
    ['a type', '"a": 1', '"a": "1"'],
    ['the form of a number', '"a": 1.0', '"a": 1'],
    ['a long integer', '"a": 12345678901234567890', '"a": 12345678901234567891'],
    ['null', '"a": "x"', '"a": null'],
    ['a missing key', '"a": 1, "b": 2', '"a": 1'],
    ['a new key', '"a": 1', '"a": 1, "b": 2'],
    ['the order of keys', '"a": 1, "b": 2', '"b": 2, "a": 1'],
    ['a longer list', '"a": [1]', '"a": [1, 1]'],
    ['the layout', '"a": [1, 2]', '"a": [1,\n2]'],
    ['false', '"a": true', '"a": false'],
    ['an old time', '"a": "2024-03-01T00:00:00Z"', '"a": "1970-01-01T00:00:00Z"'],
  ])('is compared by its structure: %s', (_, original, shrunk) => {
    expect(alike(original, original)).toBe(true);
    expect(alike(original, shrunk)).toBe(false);
  });

  it('is compared by how much its numbers vary', () => {
    const some = (key: string, ...values: string[]) => same(...values.map((value) => `{"${key}": ${value}}`));
    expect(some('score', '0.91234567', '0.91234569', '0.0123')).toBe(false);
    expect(some('plugins', '40', '41', '5')).toBe(false);
    expect(some('rows', '120', '125', '13')).toBe(false);
    expect(some('rows', '120', '125', '122')).toBe(true);
    expect(some('process_seconds', '0.0120', '0.0121', '0.0412'), 'on a busy computer').toBe(true);
    expect(some('rows', '120', '170', '90')).toBe(true);
  });

  it('must be JSON in the shrunk image too', () => {
    expect(same(varying(0, '"a": 1'), varying(1, '"a": 1'), varying(2, '"a": 1').slice(0, -1))).toBe(false);
  });

  it('may have lists of varying length and maps with varying keys', () => {
    const list = (...numbers: number[]) => JSON.stringify({ list: numbers.map((pid) => ({ pid, name: 'worker' })) });
    expect(same(list(10, 11), list(12, 13, 14), list(15))).toBe(true);
    expect(same(list(10, 11), list(10, 11, 14), list())).toBe(false);
    expect(same(list(10, 11), list(10, 11, 14), list(10, 11).replace('worker', 'error'))).toBe(false);
    const names = (count: number) => list(...Array.from({ length: count }, (_, index) => 10 + index));
    expect(same(names(10), names(11), names(5)), 'half of the items').toBe(false);
    expect(same(names(10), names(11), names(12))).toBe(true);
    expect(same(list(10, 11, 12), list(10, 11, 12, 13), list(11, 12, 13)), 'an item that all have').toBe(false);
    const states = (text: string) => JSON.stringify([...text]);
    expect(same(states('SSR'), states('SSSR'), states('SRR')), 'items that come more than once').toBe(true);
    const map = (...keys: string[]) => JSON.stringify(Object.fromEntries(keys.map((key) => [key, { n: 1 }])));
    expect(same(map('a1b2c3d4'), map('0f9e8d7c'), map('77665544'))).toBe(true);
    expect(same(map('a1b2c3d4'), map('0f9e8d7c'), map('error'))).toBe(false);
  });

  it('may have items in varying order that vary themselves', () => {
    const jobs = (run: number, ...names: string[]) =>
      JSON.stringify(names.map((name, index) => ({ name, started: iso(run), id: index + 4 * run })));
    expect(same(jobs(0, 'a', 'b', 'c'), jobs(1, 'c', 'a', 'b'), jobs(2, 'b', 'c', 'a'))).toBe(true);
    expect(same(jobs(0, 'a', 'b', 'c'), jobs(1, 'c', 'a', 'b'), jobs(2, 'b', 'c', 'd'))).toBe(false);
    expect(same(jobs(0, 'a', 'b', 'c'), jobs(1, 'c', 'a', 'b'), jobs(2, 'c', 'b', 'c')), 'a lost item').toBe(false);
    expect(same(jobs(0, 'a', 'b', 'c'), jobs(1, 'c', 'a', 'b'), jobs(2, 'b', 'c', 'a').replace(/T/, 'X'))).toBe(false);
  });

  it('is compared by its text where all originals have the same', () => {
    expect(same('{"a": 1, "b": 2}', '{"a": 1, "b": 2}', '{"a":1,"b":2}')).toBe(false);
    expect(same(`{"at": "${iso(0)}"}`, `{"at": "${iso(1)}"}`)).toBe(true);
  });

  it('may be nested deeply', () => {
    const deep = (text: string) => `${'['.repeat(20_000)}"${text}"${']'.repeat(20_000)}`;
    expect(same(deep('a1b2c3d4e5f6'), deep('00ffee112233'), deep('0123456789ab'))).toBe(true);
    expect(same(deep('a1b2c3d4e5f6'), deep('00ffee112233'), deep(''))).toBe(false);
  });
});

describe('compressed bodies', () => {
  const coded = (coding: string, body: Buffer) => http(body, 200, { 'content-encoding': coding, 'content-length': String(body.length) });
  it.each<[string, (text: string) => Buffer]>([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateRawSync],
    ['br, gzip', (text) => gzipSync(brotliCompressSync(text))],
  ])('are compared after decoding: %s', (coding, encode) => {
    const page = (token: string, word = 'hello') => coded(coding, encode(`token ${token} ${word}`));
    expect(found([page('a1b2c3d4e5f6'), page('00ffee112233')], page('0123456789ab'))).toEqual([]);
    expect(found([page('a1b2c3d4e5f6'), page('00ffee112233')], page('0123456789ab', 'bye'))).toEqual(['body']);
    expect(found([page('a1b2c3d4e5f6')], coded(coding, Buffer.from('token a1b2c3d4e5f6 hello')))).toContain('content coding');
    expect(found([coded(coding, Buffer.alloc(0))], coded(coding, Buffer.alloc(0))), 'of HEAD').toEqual([]);
  });

  it('are not decoded beyond the limit `answer`', () => {
    // Frames with one block of 100 repeated bytes each (RFC 8878, 3.1.1): `RLE_Block`, last block.
    const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 100, 0x23, 0x03, 0x00, 0x61]);
    const bomb = Buffer.concat(Array.from({ length: 20_000 }, () => frame));
    expect(decodedBody(frame, 'zstd')?.toString()).toBe('a'.repeat(100));
    expect(decodedBody(bomb, 'zstd')).toHaveLength(2_000_000);
    // A window of 8 MiB and blocks of one byte; and a window of 16 MiB.
    const header = (window: number) => [0x28, 0xb5, 0x2f, 0xfd, 0, window];
    const blocks = (count: number) =>
      Buffer.concat([...Array.from({ length: count }, () => Buffer.from([0x0a, 0, 0, 0x61])), Buffer.from([0x0b, 0, 0, 0x61])]);
    const windowed = (window: number, count: number) => Buffer.concat([Buffer.from(header(window)), blocks(count)]);
    expect(decodedBody(windowed(13 << 3, 10), 'zstd')?.toString()).toBe('a'.repeat(11));
    expect(decodedBody(windowed(13 << 3, 10_000), 'zstd')).toBeUndefined();
    expect(decodedBody(windowed(14 << 3, 10), 'zstd')).toBeUndefined();
    for (const [coding, body] of Object.entries({ zstd: bomb, gzip: gzipSync('a'.repeat(2_000_000)) }))
      expect(withBounds({ answer: 1_000_000 }, () => decodedBody(body, coding))).toBeUndefined();
  });

  it('with an unknown coding are compared as they are', () => {
    expect(found([coded('x-own', Buffer.from('a'))], coded('x-own', Buffer.from('a')))).toEqual([]);
    expect(found([coded('x-own', Buffer.from('a'))], coded('x-own', Buffer.from('b')))).toContain('body');
  });

  it('of zstd are decoded', () => {
    // `zstd` of "hello 17\n" and "hello 22\n", as raw blocks: magic, frame header (one segment, size), block header, content.
    const frame = (text: string) =>
      Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, text.length, 1 | (text.length << 3), 0, 0]), Buffer.from(text)]);
    expect(found([coded('zstd', frame('hello 17\n')), coded('zstd', frame('hello 22\n'))], coded('zstd', frame('hello 19\n')))).toEqual([]);
    expect(found([coded('zstd', frame('hello 17\n')), coded('zstd', frame('hello 22\n'))], coded('zstd', frame('hallo 19\n')))).toEqual([
      'body (line 1)',
    ]);
  });
});

describe('the log of a server', () => {
  it('is what another run of the original answered', () => {
    expect(same('{"note":""}', '{"note":"abc"}', '{"note":"abc"}')).toBe(true);
    expect(found([program(''), program('retry')], program('retry'))).toEqual([]);
    expect(found([program('fine'), program('failed')], program('failed'))).toEqual(['stdout']);
  });

  it('has a token of about the same length, also where those of the original are equally long', () => {
    const form = (token: string) => `<input name="csrf" value="${token}">`;
    const [one, two, three] = ['MtqtMh9gIGydbMSq3l4qRQ', 'k0FtBfaGhNRScEXf1K_PeY', '7bZq3KczWFTNh9eN0Kgi5Q'].map(form) as [
      string,
      string,
      string,
    ];
    expect(same(one, two, three, form('0FtBfaGhNRScEXf1K_PeYk_Wa4ntpkoI'))).toBe(true);
    expect(same(one, two, three, form('Mtqt9gIGydb'))).toBe(false);
    expect(same(one, two, three, form('0FtBfaGhNRScEXf1K_PeYk_Wa4ntpkoI0FtBfaGhNRSc'))).toBe(false);
  });

  it('has lines of workers in any order, but all of them', () => {
    const done = (...numbers: number[]) => numbers.map((number) => `done ${number}\n`).join('');
    expect(found([program(done(0, 1, 2)), program(done(1, 0, 2))], program(done(2, 0, 1)))).toEqual([]);
    expect(found([program(done(1, 2, 3)), program(done(2, 1, 3))], program(done(9, 9, 3)))).toEqual(['stdout']);
    expect(found([program(done(1, 2, 3)), program(done(2, 1, 3))], program(done(1, 1, 3)))).toEqual(['stdout']);
  });

  it('is without what a progress bar overwrites', () => {
    const bar = (...steps: number[]) => `${steps.map((step) => `\r${step} %`).join('')}\rdone\r\nend\n`;
    expect(found([program(bar(0, 3, 7)), program(bar(0, 4))], program(bar(0, 2, 5, 8)))).toEqual([]);
    expect(found([program(bar(0, 3, 7)), program(bar(0, 4))], program(bar(0, 4).replace('done', 'gone')))).toEqual(['stdout']);
  });

  const server = (log: string) => ({ ...http('x'), app: { stdout: '', stderr: base64(log), cut: false, exit: null } });
  const raised = (exception: string) => `Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\n${exception}\n`;
  const problems = (originals: string[], shrunk: string) =>
    compare(originals.map(server), server(shrunk)).differences.map((one) => one.shrunk);

  it('counts by new exceptions alone', () => {
    expect(problems(['started 1'], 'started 2')).toEqual([]);
    expect(problems([''], raised("KeyError: 'x'"))).toEqual(["KeyError: 'x'"]);
    expect(problems([raised('ValueError: a')], raised('ValueError: a') + raised('ImportError: b'))).toEqual(['ImportError: b']);
    expect(problems(['', raised('ValueError: a')], raised('ValueError: a')), 'the original has it in one of two runs').toEqual([]);
  });

  it('counts until the stop', () => {
    const log = 'ready\n';
    const stopped = (rest: string) => ({
      ...server(log + rest),
      app: { ...server(log + rest).app, untilStop: { stdout: 0, stderr: log.length } },
    });
    expect(found([stopped('')], stopped(raised('RuntimeError: greenlet is being finalized')))).toEqual([]);
    expect(found([stopped('')], server(raised('KeyError: 1')))).toEqual(['exception']);
  });
});

describe('the counts', () => {
  it('name what was compared, and what was not', () => {
    const all = (answers: [string, StepAnswer][], exit: number | null): Answers => ({
      ...program('', exit),
      steps: answers.map(([name, answer]) => ({ step: name, label: name, answer })),
    });
    const server = all(
      [
        ['GET /', { kind: 'http', status: 200, headers: {}, body: '' }],
        ['connect to 25', { kind: 'tcp', banner: '' }],
        ['connect to 26', { kind: 'tcp', banner: base64('220') }],
        ['wait 3 s', { kind: 'wait' }],
        ['SIGHUP', { kind: 'signal' }],
        ['HEALTHCHECK', { kind: 'exec', exit: 0, stdout: '', stderr: '', cut: false }],
        ['GET /x', { kind: 'failed', reason: 'reset' }],
      ],
      null,
    );
    expect(compare([server, server], server)).toEqual({
      differences: [],
      varied: [],
      compared: 3,
      uncompared: [
        'connect to 25: it sent nothing',
        'wait 3 s: a wait has no answer',
        'SIGHUP: a signal has no answer',
        'GET /x: the original gave no answer',
        'the log of a server varies: only new errors in it count',
      ],
    });
    expect(compare([program('x')], program('x'))).toEqual({ differences: [], varied: [], compared: 1, uncompared: [] });
  });

  describe('of outputs that were cut', () => {
    /** What a program printed, kept up to a limit in bytes. */
    const kept = (text: string, limit: number, exit: number | null = 0): Answers => {
      const run = program(text.slice(0, limit), exit);
      return { ...run, app: { ...run.app, cut: text.length > limit } };
    };
    const commandKept = (text: string, limit: number): Answers =>
      step({ kind: 'exec', exit: 0, stdout: base64(text.slice(0, limit)), stderr: '', cut: text.length > limit }, 'exec x');
    const NOTE =
      'it printed more than the limit `output`. Only the first 20 bytes of each output are compared. ' +
      'To compare more, give --limit output=SIZE to `shrink`, or to `trace` and `smoke`.';
    const LINES = Array.from({ length: 50 }, (_, index) => `line ${index}\n`).join('');

    it('compare what all of them have, whatever the limits were, and say how much that is', () => {
      for (const [mine, other] of [
        [20, 200],
        [200, 20],
        [20, 9999],
        [9999, 20],
        [20, 20],
      ] as const) {
        expect(compare([kept(LINES, mine)], kept(LINES, other))).toMatchObject({ differences: [], uncompared: [`app: ${NOTE}`] });
        const commands = compare([commandKept(LINES, mine)], commandKept(LINES, other));
        expect(commands).toMatchObject({ differences: [], uncompared: [`exec x: ${NOTE}`, expect.stringContaining('log of a server')] });
        const changed = compare([kept(LINES, mine)], kept(LINES.replace('line 1', 'LINE 1'), other));
        expect(changed.differences).toMatchObject([{ what: 'stdout' }]);
      }
      expect(compare([kept(LINES, 9999), kept(LINES, 200)], kept(LINES, 20)).differences).toEqual([]);
      expect(compare([kept(LINES, 9999)], kept(`${LINES}more`, 9999)).differences).toMatchObject([{ what: 'stdout' }]);
    });

    it('leave out the half line at the end', () => {
      const cut = (last: string) => kept(`one\ntwo\n${last} and more`, 11);
      expect(compare([cut('thr')], cut('oth')).differences).toEqual([]);
    });

    it('leave out what a server logs after the limit of the original', () => {
      const log = (limit: number, line = 1) => kept(LINES.replace(`line ${line}\n`, 'ERROR: x\n'), limit, null);
      expect(compare([kept(LINES, 20, null)], log(9999, 40))).toMatchObject({
        differences: [],
        uncompared: expect.arrayContaining([`app: ${NOTE}`]),
      });
      expect(compare([kept(LINES, 20, null)], log(9999)).differences).toMatchObject([{ what: 'error line' }]);
    });
  });
});

describe('long answers', () => {
  const SIXTEEN_MEGABYTES = 16 << 20;
  const words = 'lorem ipsum dolor sit amet, consetetur sadipscing elitr ';

  it('are compared where one word varies at each end', () => {
    const body = (token: string) => `${token} ${words.repeat(SIXTEEN_MEGABYTES / words.length)} ${token}`;
    expect(same(body('a1b2c3d4'), body('0f9e8d7c'), body('11223344'))).toBe(true);
    expect(same(body('a1b2c3d4'), body('0f9e8d7c'), body('11223344').replace('amet', 'AMET'))).toBe(false);
  });

  it('differ with a reason where their words can not be aligned', () => {
    const body = (token: string) => `${token} ${words.repeat(1 << 17)} ${token}`;
    const runs = [body('a b'), body('a'), body('a')].map((text) => http(text.replace(/\n/g, ' ')));
    const [difference] = compare(runs.slice(0, 2), { ...(runs[2] as Answers), steps: http(body('c')).steps }).differences;
    expect(difference?.what).toBe('body (the text varies, and is too long to align its words)');
  });

  it('with many lines or many JSON values are compared', () => {
    const log = (token: string) => Array.from({ length: 30_000 }, (_, index) => `line ${index} ${token}${index % 10} is here`).join('\n');
    expect(same(log('a1b2c3d'), log('0f9e8d7'), log('1122334'))).toBe(true);
    const list = (token: string) =>
      JSON.stringify(Array.from({ length: 30_000 }, (_, index) => ({ index, token: `${token}${index % 10}` })));
    expect(same(list('a1b2c3d'), list('0f9e8d7'), list('1122334'))).toBe(true);
  });
});

it('a text is the same as itself and no other', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(same(a, a)).toBe(true);
      expect(same(a, a, a)).toBe(true);
      if (a !== b) expect(same(a, a, b)).toBe(false);
    }),
  );
});

it('bytes are the same as themselves and no others', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      const [one, two] = [Buffer.from(a), Buffer.from(b)];
      expect(same(one, one, one)).toBe(true);
      if (!one.equals(two)) expect(same(one, one, two)).toBe(false);
      // What the original gives in its first run is fine.
      if (two.length > 0 && one.length > 0) expect(() => same(one, two, one)).not.toThrow();
    }),
  );
});
