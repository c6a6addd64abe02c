import { expect, it } from 'vitest';
import { manyAtOnce } from '../support/atonce.js';
import { describeWithEngine } from '../support/engine.js';

/** As many as two cores do beside other tests. bench/atonce.ts has twenty. */
const COUNT = 6;

describeWithEngine('many runs at once', () => {
  it('on one daemon, one cache, one folder and one layout all end right, while others are killed', async () => {
    expect((await manyAtOnce(COUNT)).problems).toEqual([]);
  });
});
