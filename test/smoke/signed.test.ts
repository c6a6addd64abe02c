import { afterEach, describe, expect, it } from 'vitest';
import { conceal, concealedIn, forgetSecrets } from '../../src/conceal.js';
import type { Answers } from '../../src/exercise/answers.js';
import { answerSecrets } from '../../src/exercise/secrets.js';
import { verdictLines } from '../../src/report/verdict.js';
import { compareAnswers } from '../../src/smoke/compare.js';
import { session, signed, token } from '../support/signed.js';
import { SAME } from '../support/verdict.js';

const NOW = 1_764_447_000;

/** An answer that sets a cookie, at a time in seconds since 1970. */
function answered(cookie: string, seconds: number, name = 'session'): Answers {
  const headers = { 'set-cookie': `${name}=${cookie}; HttpOnly; Path=/` };
  return {
    time: { start: seconds * 1000, end: (seconds + 2) * 1000 },
    steps: [{ step: 'GET /', label: 'GET /', answer: { kind: 'http', status: 200, headers, body: '' } }],
    app: { stdout: '', stderr: '', cut: false, exit: null },
  };
}

describe('a signed cookie', () => {
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

/** Characters of a secret that nobody guesses. */
const PART = 8;

/** The parts of secrets that a text holds. */
function partsIn(text: string, secrets: readonly string[]): string[] {
  const parts = secrets.flatMap((secret) => Array.from({ length: secret.length - PART + 1 }, (_, at) => secret.slice(at, at + PART)));
  return parts.filter((part) => text.includes(part));
}

describe('of the secrets in a signed cookie', () => {
  afterEach(forgetSecrets);

  // A long field moves the secrets around what is cut.
  const fillings = Array.from({ length: 40 }, (_, index) => '-'.repeat(index * 8));
  const cases = [true, false].flatMap((compressed) => ['session', 'messages'].map((name) => ({ compressed, name })));

  it.each(cases)('neither the whole nor a part gets out ($name, compressed: $compressed)', ({ compressed, name }) => {
    for (const filling of fillings) {
      const at = { a: NOW, b: NOW + 1, c: NOW + 2, d: NOW + 2 };
      const cookieOf = (seed: keyof typeof at, more = {}) => signed(session(seed, { filling, ...more }), at[seed], compressed);
      const [a, b, c, d] = [cookieOf('a'), cookieOf('b'), cookieOf('c'), cookieOf('d', { name: 'eve' })];
      const signatures = [a, b, c, d].map((cookie) => cookie.slice(cookie.lastIndexOf('.') + 1));
      const originals = [answered(a, at.a, name), answered(b, at.b, name)];
      // It varies in its parts, as a whole, and differs.
      for (const [cookie, count] of [
        [c, 0],
        [b, 0],
        [d, 1],
      ] as const) {
        const shrunk = answered(cookie, at.c, name);
        conceal(answerSecrets([...originals, shrunk]));
        const { differences, varied } = compareAnswers(originals, shrunk);
        expect([differences.length, differences.length + varied.length > 0]).toEqual([count, true]);
        const shown = [JSON.stringify(concealedIn({ differences, varied })), ...verdictLines({ ...SAME, differences, varied })];
        expect(partsIn(shown.join('\n'), [...signatures, ...Object.keys(at).map(token)])).toEqual([]);
      }
    }
  });
});
