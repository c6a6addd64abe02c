import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../src/nearest.js';

describe('nearest', () => {
  it.each([
    ['htp', 'http'],
    ['HTTP', 'http'],
    ['exce', 'exec'],
    ['untilexit', 'until-exit'],
    ['jump', undefined],
    ['ht', undefined],
    ['', undefined],
  ])('%j is %j', (word, found) => {
    expect(nearest(word, ['tcp', 'http', 'exec', 'until-exit'])).toBe(found);
  });

  it('takes the nearest, and the first of several', () => {
    expect(nearest('DATABASE_URLL', ['DATABASE_URI', 'DATABASE_URL'])).toBe('DATABASE_URL');
    expect(nearest('aab', ['aac', 'aad'])).toBe('aac');
  });

  it('finds a word with one typing mistake', () => {
    const word = fc.string({ minLength: 4, maxLength: 12, unit: fc.constantFrom(...'abcdefgh') });
    const mistake = (text: string, at: number, kind: number) => {
      const [before, one, after] = [text.slice(0, at), text[at] as string, text.slice(at + 1)];
      return [before + after, `${before}x${one}${after}`, `${before}x${after}`, before + (after[0] ?? '') + one + after.slice(1)][
        kind
      ] as string;
    };
    fc.assert(
      fc.property(word, fc.nat(), fc.nat(3), (text, place, kind) => {
        const wrong = mistake(text, place % text.length, kind);
        expect(editDistance(wrong, text)).toBeLessThanOrEqual(1);
        expect(nearest(wrong, ['zzzzzzzz', text])).toBe(text);
      }),
    );
  });
});

it('editDistance is symmetric, zero only for equal words, and at most the longer length', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      expect([distance, distance === 0]).toEqual([editDistance(b, a), a === b]);
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(distance).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
});
