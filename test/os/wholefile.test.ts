import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeWholeFile } from '../../src/os/wholefile.js';

it('a temporary name is new also where another process has the same id, as in another PID namespace', () => {
  const script = `const names = [];
    for (const copy of ['?one', '?two']) names.push((await import('./src/os/wholefile.ts' + copy)).temporaryPath('/a/b.tar'));
    console.log(JSON.stringify(names));`;
  const options = { cwd: new URL('../..', import.meta.url), encoding: 'utf8' as const };
  const names = JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], options)) as string[];
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^\/a\/\.b\.tar\..*\.new$/);
});

// test/faults.test.ts makes each of its writes fail.
describe('a file that is written whole', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    path = join(folder, 'file');
  });

  it('is replaced, and keeps its mode if none is given', async () => {
    writeFileSync(path, 'a longer text than the new one');
    chmodSync(path, 0o640);
    await writeWholeFile(path, 'new');
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['new', 0o640]);
    await writeWholeFile(path, Buffer.from('newer'), { mode: 0o600 });
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777]).toEqual(['newer', 0o600]);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('is replaced where a link leads to', async () => {
    writeFileSync(path, 'old');
    symlinkSync('file', join(folder, 'link'));
    await writeWholeFile(join(folder, 'link'), 'new');
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['new', ['file', 'link']]);
  });

  it('is written to where it is no file, such as a pipe', async () => {
    execFileSync('mkfifo', [path]);
    const reader = execFile('cat', [path]);
    const [read] = await Promise.all([text(reader.stdout as Readable), writeWholeFile(path, 'new')]);
    expect([read, statSync(path).isFIFO(), readdirSync(folder)]).toEqual(['new', true, ['file']]);
  });

  it('is left alone where it shall be new', async () => {
    await writeWholeFile(path, 'one', { isNew: true });
    await expect(writeWholeFile(path, 'two', { isNew: true })).rejects.toMatchObject({ code: 'EEXIST' });
    symlinkSync('nowhere', join(folder, 'link'));
    await expect(writeWholeFile(join(folder, 'link'), 'two', { isNew: true })).rejects.toMatchObject({ code: 'EEXIST' });
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['one', ['file', 'link']]);
  });
});
