import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { expect, it } from 'vitest';
import { folderArchive, writeMembers } from '../../src/engines/members.js';

const folder = () => mkdtempSync(join(tmpdir(), 'pyshrink-members-'));

it('a folder survives its archive, without links and special files', async () => {
  const from = join(folder(), 'from');
  mkdirSync(join(from, 'below/empty'), { recursive: true });
  writeFileSync(join(from, 'one'), 'one');
  writeFileSync(join(from, 'below/empty file'), '');
  writeFileSync(join(from, 'below/large'), Buffer.alloc(200_000, 'x'));
  symlinkSync('one', join(from, 'link'));
  const to = folder();
  const names: string[] = [];
  await writeMembers(folderArchive(from), async (name) => {
    names.push(name);
    return join(to, name);
  });
  expect(names[0]).toMatch(/^from\/?$/);
  expect(statSync(join(to, 'from/below/empty')).isDirectory()).toBe(true);
  expect(readFileSync(join(to, 'from/one'), 'utf8')).toBe('one');
  expect(statSync(join(to, 'from/below/large')).size).toBe(200_000);
  expect(statSync(join(to, 'from/below/empty file')).size).toBe(0);
  expect(() => statSync(join(to, 'from/link'))).toThrow('ENOENT');
});

it('members get their mode and their directories, from a buffer too', async () => {
  const archive = pack();
  archive.entry({ name: 'tools', type: 'directory', mode: 0o700 });
  archive.entry({ name: 'tools/deep/run', mode: 0o755 }, '#!/bin/sh');
  archive.entry({ name: 'tools', type: 'directory', mode: 0o750 });
  archive.finalize();
  const to = folder();
  const places: string[] = [];
  await writeMembers(await buffer(archive), async (name) => {
    places.push(name);
    return join(to, name);
  });
  expect(places).toEqual(['tools', 'tools/deep/run', 'tools']);
  expect(statSync(join(to, 'tools/deep/run')).mode & 0o777).toBe(0o755);
  expect(statSync(join(to, 'tools')).mode & 0o777).toBe(0o750);
});

it('names that vanish meanwhile are left out', async () => {
  const from = join(folder(), 'from');
  mkdirSync(from);
  writeFileSync(join(from, 'stays'), 'x');
  // A process of its own: files that come and go in this one would wait for each other.
  const script = `
    const { mkdirSync, rmdirSync, unlinkSync, writeFileSync } = require('node:fs');
    console.log('begins');
    for (;;) {
      for (let name = 0; name < 20; name++) writeFileSync('file' + name, 'x');
      mkdirSync('folder');
      for (let name = 0; name < 20; name++) unlinkSync('file' + name);
      rmdirSync('folder');
    }`;
  const busy = spawn(process.execPath, ['-e', script], { cwd: from, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(busy.stdout, 'data');
    for (let times = 0; times < 100; times++) expect((await buffer(folderArchive(from))).includes('stays')).toBe(true);
  } finally {
    busy.kill();
    await once(busy, 'exit');
  }
});

it('a folder that is not there breaks the archive', async () => {
  await expect(buffer(folderArchive('/nowhere/at/all'))).rejects.toThrow('ENOENT');
});

it.skipIf(process.getuid?.() === 0)('a file that can not be read breaks the archive', async () => {
  const from = folder();
  writeFileSync(join(from, 'secret'), 'x');
  chmodSync(join(from, 'secret'), 0);
  await expect(buffer(folderArchive(from))).rejects.toThrow('EACCES');
});
