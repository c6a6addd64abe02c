import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readableSigned, signatureOf } from '../../src/exercise/signed.js';
import { session, signed } from '../support/signed.js';

const NOW = 1_764_447_000;

describe('a signed value', () => {
  it('is read: a session of Flask, also a compressed one, and one of Django', () => {
    expect(readableSigned(signed('{"name":"ada"}', NOW, false))).toMatch(/^\{"name":"ada"\} 1764447000 [\w-]{27}$/);
    expect(readableSigned(signed(session('a'), NOW, true))).toContain(`${session('a')} 1764447000 `);
    // In the form of django.core.signing.
    const signature = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFG';
    expect(readableSigned(`eyJhIjoxfQ:1vPQzA:${signature}`)).toMatch(/^\{"a":1\} 17\d{8} 0123/);
    expect(signatureOf(`eyJhIjoxfQ:1vPQzA:${signature}`)).toBe(signature);
  });

  it('of another form is left as it is', () => {
    for (const value of ['', 'abc', 'a.b.c', `.eJx.aaaaaa.${'x'.repeat(27)}`, `abcd.aaaaaa.${'x'.repeat(27)}`]) {
      expect(readableSigned(value)).toBe(value);
      expect(signatureOf(value)).toBeUndefined();
    }
    fc.assert(fc.property(fc.string(), (value) => typeof readableSigned(value) === 'string'));
  });
});
