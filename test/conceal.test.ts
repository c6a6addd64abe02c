import { afterEach, describe, expect, it } from 'vitest';
import { conceal, concealed, concealedIn, concealedStart, forgetSecrets, showName } from '../src/conceal.js';
import { printable, printableJson } from '../src/printable.js';

describe('conceal', () => {
  afterEach(forgetSecrets);

  it('keeps a secret out of all that is printed, in each form that it may have', () => {
    conceal(['a "b" c', 's.cret+1']);
    expect(printable('x a "b" c y s.cret+1 sxcret+1')).toBe('x *** y *** sxcret+1');
    expect(printable('/?q=a%20%22b%22%20c')).toBe('/?q=***');
    expect(JSON.parse(printableJson({ 's.cret+1': ['say a "b" c', 7, null] }))).toEqual({ 's.cret+1': ['say ***', 7, null] });
  });

  it('takes the longest of secrets that begin alike', () => {
    conceal(['secret', 'secret-and-more']);
    expect(printable('secret-and-more secret')).toBe('*** ***');
  });

  it('keeps each part of a secret out of a text that is cut', () => {
    conceal(['a-secret-of-24-characters']);
    for (let before = 0; before < 60; before++) {
      const shown = concealedStart(`${'-'.repeat(before)}a-secret-of-24-characters${'-'.repeat(60)}`, 40);
      expect(shown).toMatch(/^-*\*{0,3}-*\.{3}$/);
    }
    expect([concealedStart('x'.repeat(40), 40), concealedStart('x'.repeat(41), 40)]).toEqual(['x'.repeat(40), `${'x'.repeat(40)}...`]);
  });

  it('leaves short values alone, as they are part of other words', () => {
    conceal(['ada', '  x   ']);
    expect(printable('adapter ada')).toBe('adapter ada');
  });

  it('leaves data as it is where nothing is secret', () => {
    const data = { a: [1, 'x'] };
    expect(concealedIn(data)).toBe(data);
  });
});

it('conceals a short word only where it stands alone, and in no name of an image', () => {
  forgetSecrets();
  conceal(['postgres', 'hunter22']);
  expect(concealed('user=postgres:postgres /usr/lib/postgresql/15 %20postgres')).toBe('user=***:*** /usr/lib/postgresql/15 %20***');
  expect(concealed(JSON.stringify('a\npostgres'))).toBe('"a\\n***"');
  showName('postgres-app:latest');
  expect(concealed('postgres-app:latest postgres hunter22')).toBe('postgres-app:latest postgres ***');
  forgetSecrets();
});
