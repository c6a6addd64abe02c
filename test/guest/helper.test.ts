import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Helper } from '../../src/guest/helper.js';
import type { Entry } from '../../src/rootfs.js';
import { describeWithPython, PYTHONS } from '../support/probes.js';
import { imageWith, ProcessSession } from './processsession.js';

const PYTHON = PYTHONS[0] as string;

describeWithPython('Helper', () => {
  let folder: string;
  let engine: ProcessSession;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    engine = new ProcessSession();
  });
  afterEach(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });
  const start = () => Helper.start(engine.session, imageWith(), PYTHON);
  const script = (name: string, text: string) => {
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return join(folder, 'bin', name);
  };

  it('knows the interpreter that runs it', async () => {
    const { python, volume } = await start();
    const { stdout } = await execa(PYTHON, ['-c', 'import sys, os; print(sys.executable, os.uname().machine, *sys.version_info[:3])']);
    expect([python.executable, python.architecture, ...python.version].join(' ')).toBe(stdout);
    expect(engine.specs[0]).toMatchObject({ volume, attachInput: true, role: 'helper', run: { user: '0:0', network: 'none' } });
  });

  it('tries the interpreters of the image in order, and passes over those that do not run', async () => {
    const broken = script('python3', 'echo broken >&2; exit 1');
    const command = join(folder, 'bin', 'app');
    const helper = await Helper.start(engine.session, imageWith({ Entrypoint: [command] }));
    expect(engine.specs.map(({ command: [program] }) => program)).toEqual([broken, `${folder}/bin/python`, 'python3']);
    expect(helper.python.implementation).toBe('cpython');
  });

  it('rejects an image without Python, and one whose Python does not run', async () => {
    await expect(Helper.start(engine.session, imageWith(), '/none/python')).rejects.toThrow('app has no Python');
    const broken = script('python', 'echo no libpython >&2; exit 1');
    await expect(Helper.start(engine.session, imageWith(), broken)).rejects.toThrow(
      `The Python of app does not run: ${broken}: no libpython`,
    );
  });

  it('summarizes files', async () => {
    const helper = await start();
    const one = join(folder, 'one.py');
    writeFileSync(one, 'import json');
    const [summary] = await helper.summaries([one], [], false);
    expect(summary?.imports.map(([, , name]) => name)).toEqual(['json']);
    expect(await helper.members(one)).toEqual([]);
    const archive = join(folder, 'a.zip');
    await execa(PYTHON, ['-m', 'zipfile', '-c', archive, one]);
    expect(await helper.members(archive)).toEqual(['one.py']);
  });

  it('streams the bytes of several files', async () => {
    const helper = await start();
    const files = ['first', 'second'].map((text): Entry => {
      const path = join(folder, text);
      writeFileSync(path, text);
      return { path, type: 'f', mode: 0o644, uid: 0, gid: 0, size: text.length, mtime: 0 };
    });
    const parts: Buffer[] = [];
    await helper.contents(files, async (chunks) => {
      for await (const part of chunks) parts.push(part);
    });
    expect(Buffer.concat(parts).toString()).toBe('firstsecond');
    expect((await helper.treeOver(new Map(files.map((file) => [file.path, file]))).read(join(folder, 'second'), 2, 3)).toString()).toBe(
      'con',
    );
  });

  it('takes the entries that the engine knows', async () => {
    await engine.close();
    const entry: Entry = { path: join(folder, 'x'), type: 'f', mode: 0o644, uid: 0, gid: 0, size: 2, mtime: 0 };
    writeFileSync(entry.path, 'xy');
    engine = new ProcessSession(new Map([[entry.path, entry]]));
    const fs = await (await start()).rootFs();
    expect([fs.lstat(entry.path), (await fs.read(entry.path, 0, 2)).toString()]).toEqual([entry, 'xy']);
  });

  it("asks for the app's search path, with its environment and folder", async () => {
    const layout = await (await start()).layout({ PYTHONPATH: '/extra' }, folder);
    expect(layout.searchPath).toContain('/extra');
    expect(layout.builtins).toContain('sys');
    expect(layout.suffixes[0]).toMatch(/\.so$/);
  });

  it('makes a kit whose Python runs by itself, once', async () => {
    const helper = await start();
    const [kit, again] = await Promise.all([helper.kitFor('one'), helper.kitFor('two')]);
    expect(kit).toEqual(again);
    expect(kit.mount).toBe(helper.volume);
    const [program, ...args] = [...kit.command, `${kit.mount}/pyshrink_probes/start.py`, 'relay'];
    expect((await execa(program as string, args, { input: '' })).exitCode).toBe(0);
    const { executable } = helper.python;
    const libraries = await helper.askLoader([executable]);
    expect(Object.keys(libraries)).toEqual([executable]);
    expect(Object.keys(libraries[executable] ?? {}).join()).toMatch(/libc\./);
  });

  it('reports that its container is gone', async () => {
    const helper = await start();
    await engine.close();
    await expect(helper.members('/x')).rejects.toThrow(/helper container is gone/);
  });
});
