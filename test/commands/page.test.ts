import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { savePage } from '../../src/commands/page.js';

const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));

it('writes a page that only its owner can read, in place of an older one', async () => {
  const file = join(folder, 'report.html');
  writeFileSync(file, 'old');
  const [line] = await savePage(file, '<p>é</p>');
  expect(readFileSync(file, 'utf8')).toBe('<p>é</p>');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(line).toContain(file);
});

it('says what to do where the page can not be written', async () => {
  await expect(savePage(join(folder, 'missing', 'report.html'), '')).rejects.toMatchObject({
    message: expect.stringContaining(join(folder, 'missing', 'report.html')),
    remedy: 'Name a file in a folder that you can write to.',
  });
  await expect(savePage(folder, '')).rejects.toMatchObject({ remedy: expect.any(String) });
});
