import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { environmentEntries } from '../src/commands/exercise.js';
import { decodedBody } from '../src/exercise/decoded.js';
import { anyRecord, own } from '../src/records.js';
import { quantityOf } from '../src/smoke/numbers.js';
import { INHERITED } from './support/inherited.js';

const all = JSON.parse(`{${INHERITED.map((name) => `"${name}": "x"`).join(', ')}}`) as Record<string, string>;

describe.each(INHERITED)('%s, which every object inherits,', (name) => {
  it('is a key of a record where the record has it', () => {
    const read = anyRecord(z.string()).parse(JSON.parse(JSON.stringify(all)));
    expect(Object.keys(read)).toEqual(INHERITED);
    expect([own(read, name), own({}, name)]).toEqual(['x', undefined]);
  });

  it('is no variable of this shell', async () => {
    expect(await environmentEntries({ envFile: [], env: [name, `${name}=1`] })).toEqual([`${name}=1`]);
  });

  it('is no unit of a number', () => expect(quantityOf(`5 ${name}`)).toBeUndefined());

  it('is no coding of a body', () => expect(decodedBody(Buffer.from('x'), name)).toBeUndefined());
});

it('anyRecord rejects what is no object, and other values', () => {
  for (const wrong of [null, [], 'x', { a: 1 }]) expect(anyRecord(z.string()).safeParse(wrong).success).toBe(false);
});
