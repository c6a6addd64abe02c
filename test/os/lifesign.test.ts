import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { giveLifeSign, hasStopped, LifeSign } from '../../src/os/lifesign.js';

describe('a sign of life', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    path = join(folder, 'x.alive');
  });

  it('is there as long as its process lives, also where that does nothing, and until it is killed', async () => {
    const script = `import { giveLifeSign } from './src/os/lifesign.ts';
      console.log(JSON.stringify((await giveLifeSign(${JSON.stringify(path)})).sign));
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: new URL('../..', import.meta.url),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    const sign = LifeSign.parse(JSON.parse(text.toString()));
    expect(await hasStopped(path, sign)).toBe(false);
    child.kill('SIGSTOP');
    expect(await hasStopped(path, sign)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'close');
    expect(await hasStopped(path, sign)).toBe(true);
    // Another inode, another device, another file, none at all: all these prove nothing.
    expect(await hasStopped(path, { ...sign, inode: '1' })).toBe(false);
    expect(await hasStopped(path, { ...sign, device: '1' })).toBe(false);
    expect(await hasStopped(join(folder, 'y.alive'), sign)).toBe(false);
    writeFileSync(join(folder, 'y.alive'), '');
    expect(await hasStopped(join(folder, 'y.alive'), sign)).toBe(false);
  });

  it('shows the end of a process that has exited, too', async () => {
    const script = `import { giveLifeSign } from './src/os/lifesign.ts';
      console.log(JSON.stringify((await giveLifeSign(${JSON.stringify(path)})).sign));`;
    const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: new URL('../..', import.meta.url),
    });
    expect(await hasStopped(path, LifeSign.parse(JSON.parse(stdout.toString())))).toBe(true);
  });

  it.runIf(process.platform === 'linux')('is given in a folder whose path is longer than the address of a socket', async () => {
    const deep = join(folder, 'x'.repeat(120));
    mkdirSync(deep);
    const { sign, remove } = await giveLifeSign(join(deep, 'x.alive'));
    expect(await hasStopped(join(deep, 'x.alive'), LifeSign.parse(sign))).toBe(false);
    await remove();
    expect(readdirSync(deep)).toEqual([]);
  });

  it('is taken away without a trace', async () => {
    const { sign, remove } = await giveLifeSign(path);
    expect([sign?.name, existsSync(path)]).toEqual(['x.alive', true]);
    await remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['the name is too long for a socket', () => join(folder, `${'x'.repeat(100)}.alive`)],
    ['there is no such folder', () => join(folder, 'none', 'x.alive')],
  ])('is not given where %s', async (_, where) => {
    expect((await giveLifeSign(where())).sign).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each(['../x.alive', 'a/b.alive', 'x', '..'])('is only a file beside its marker: %s', (name) => {
    expect(LifeSign.safeParse({ name, device: '1', inode: '1' }).success).toBe(false);
  });
});
