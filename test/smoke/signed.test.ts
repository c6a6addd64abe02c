import { createHmac } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answers } from '../../src/exercise/answers.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import { readableSigned } from '../../src/smoke/signed.js';

/** As itsdangerous signs: with a time in base64url. */
function signed(payload: string, seconds: number, compressed: boolean): string {
  const body = compressed ? `.${deflateSync(payload).toString('base64url')}` : Buffer.from(payload).toString('base64url');
  const time = Buffer.from(seconds.toString(16).padStart(8, '0'), 'hex').toString('base64url');
  return `${body}.${time}.${createHmac('sha1', 'key').update(`${body}.${time}`).digest('base64url')}`;
}

const NOW = 1_764_447_000;

/** An answer that sets a cookie, at a time in seconds since 1970. */
function answered(cookie: string, seconds: number): Answers {
  const headers = { 'set-cookie': `session=${cookie}; HttpOnly; Path=/` };
  return {
    time: { start: seconds * 1000, end: (seconds + 2) * 1000 },
    steps: [{ step: 'GET /', label: 'GET /', answer: { kind: 'http', status: 200, headers, body: '' } }],
    app: { stdout: '', stderr: '', cut: false, exit: null },
  };
}

const token = (seed: string) => createHmac('sha1', 'token').update(seed).digest('hex');
const session = (seed: string, more = {}) =>
  JSON.stringify({
    _flashes: [{ ' t': ['message', 'Welcome!'] }, { ' t': ['message', 'It hangs.'] }],
    csrf_token: token(seed),
    name: 'ada',
    ...more,
  });

describe('a signed value', () => {
  it('is read: a session of Flask, also a compressed one, and one of Django', () => {
    expect(readableSigned(signed('{"name":"ada"}', NOW, false))).toMatch(/^\{"name":"ada"\} 1764447000 [\w-]{27}$/);
    expect(readableSigned(signed(session('a'), NOW, true))).toContain(`${session('a')} 1764447000 `);
    // In the form of django.core.signing.
    expect(readableSigned('eyJhIjoxfQ:1vPQzA:0123456789abcdefghijklmnopqrstuvwxyzABCDEFG')).toMatch(/^\{"a":1\} 17\d{8} 0123/);
  });

  it('of another form is left as it is', () => {
    for (const value of ['', 'abc', 'a.b.c', `.eJx.aaaaaa.${'x'.repeat(27)}`, `abcd.aaaaaa.${'x'.repeat(27)}`])
      expect(readableSigned(value)).toBe(value);
    fc.assert(fc.property(fc.string(), (value) => typeof readableSigned(value) === 'string'));
  });

  it.each([true, false])(
    'may vary where its parts do, whatever the bytes of the originals have in common (compressed: %s)',
    (compressed) => {
      const of = (seed: string, at: number, more = {}) => answered(signed(session(seed, more), at + 1, compressed), at);
      for (let round = 0; round < 200; round++) {
        const originals = [of(`a${round}`, NOW), of(`b${round}`, NOW + 4)];
        expect(compareAnswers(originals, of(`c${round}`, NOW + 100)).differences).toEqual([]);
      }
      const originals = [of('a', NOW), of('b', NOW + 4)];
      expect(compareAnswers(originals, of('c', NOW + 100, { name: 'eve' })).differences).toMatchObject([{ what: 'cookie session' }]);
      expect(compareAnswers(originals, of('c', NOW + 100, { more: 1 })).differences).toMatchObject([{ what: 'cookie session' }]);
      expect(compareAnswers(originals, of('c', NOW + 9000, {})).differences).toEqual([]);
      const late = answered(signed(session('c'), NOW + 9000, compressed), NOW + 100);
      expect(compareAnswers(originals, late).differences).toMatchObject([{ what: 'cookie session' }]);
    },
  );
});
