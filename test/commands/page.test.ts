import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { savePage } from '../../src/commands/page.js';

const PAGE = readFileSync(new URL('../../src/report/page/page.html', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));

it('writes a page that only its owner can read, in place of an older one', async () => {
  const file = join(folder, 'report.html');
  await savePage(file, `${PAGE}<p>old</p>`);
  const [line] = await savePage(file, `${PAGE}<p>é</p>`);
  expect(readFileSync(file, 'utf8')).toBe(`${PAGE}<p>é</p>`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(line).toContain(file);
});

it('leaves alone what is no page', async () => {
  const file = join(folder, 'notes.txt');
  writeFileSync(file, 'mine');
  await expect(savePage(file, PAGE)).rejects.toMatchObject({ remedy: 'Choose another name, or remove the file.' });
  expect(readFileSync(file, 'utf8')).toBe('mine');
});

it('says what to do where the page can not be written', async () => {
  await expect(savePage(join(folder, 'missing', 'report.html'), '')).rejects.toMatchObject({
    message: expect.stringContaining(join(folder, 'missing', 'report.html')),
    remedy: 'Name a file in a folder that you can write to.',
  });
  await expect(savePage(folder, '')).rejects.toMatchObject({ remedy: expect.any(String) });
});
