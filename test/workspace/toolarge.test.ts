import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Folder } from '../../src/workspace/folder.js';

it('what no text can hold is a clear error, and nothing is written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  const large = 'x'.repeat(200 << 20);
  const check = { answers: [large, large, large] } as never;
  await expect(new Folder(folder).saveCheck(check)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('too large to be stored'),
  });
  expect(readdirSync(folder)).toEqual([]);
});
