import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type StartOptions, sendSignal, startProcess, toolEnvironment } from '../../src/engines/processes.js';

const sh = (script: string, options: Partial<StartOptions> = {}) =>
  startProcess(['/bin/sh', '-c', script], { environment: { PATH: '/usr/bin:/bin' }, input: false, ...options });

describe('startProcess', () => {
  it('loses nothing that is printed before somebody reads', async () => {
    const process = sh('echo early; echo complaint >&2');
    await sleep(100);
    expect([await text(process.stdout), await text(process.stderr), await process.exit]).toEqual(['early\n', 'complaint\n', 0]);
  });

  it('gives a process exactly its environment, and a directory', async () => {
    const process = startProcess(['/usr/bin/env'], { environment: { A: 'b' }, input: false });
    expect([await text(process.stdout), await process.exit]).toEqual(['A=b\n', 0]);
    expect(await text(sh('pwd', { cwd: '/usr' }).stdout)).toBe('/usr\n');
  });

  it('keeps the error message of a process that has ended', async () => {
    const process = sh('echo err >&2; exit 3');
    process.stdout.resume();
    expect(await process.exit).toBe(3);
    expect(await text(process.stderr)).toBe('err\n');
  });

  it('counts a signal as 128 and its number', async () => {
    const process = sh('kill -TERM $$');
    process.stdout.resume();
    expect(await process.exit).toBe(143);
  });

  it('has standard input only where it is wanted', async () => {
    expect(await text(sh('cat; echo end').stdout)).toBe('end\n');
    const process = sh('cat', { input: true });
    process.stdin.end('hello');
    expect(await text(process.stdout)).toBe('hello');
  });

  it('has further descriptors only where they are wanted, and both ends read and write', async () => {
    const process = sh('read -r line <&3; echo "$line too" >&4', { channels: 2 });
    process.channels[0]?.write('told\n');
    expect(await text(process.channels[1] as Readable)).toBe('told too\n');
    const without = sh('(echo told >&3) 2>/dev/null || echo none');
    expect([without.channels, await text(without.stdout)]).toEqual([[], 'none\n']);
  });

  it('has a session of its own only where it is wanted', async () => {
    const sessionOf = async (options: Partial<StartOptions>) =>
      Number((await text(sh('read -r line </proc/self/stat; echo "$line"', options).stdout)).split(' ')[5]);
    const ours = await sessionOf({});
    expect(await sessionOf({})).toBe(ours);
    expect(await sessionOf({ newSession: true })).not.toBe(ours);
  });

  it('kills, and takes signals by name and number', async () => {
    const killed = sh('exec sleep 60');
    killed.stdout.resume();
    killed.kill();
    expect(await killed.exit).toBe(137);
    for (const name of ['SIGTERM', '15']) {
      const process = sh('exec sleep 60');
      process.stdout.resume();
      sendSignal(process.pid as number, name);
      expect(await process.exit).toBe(143);
      sendSignal(process.pid as number, name); // it has ended: no error
    }
  });
});

it('toolEnvironment has the path of this process and nothing else', () => {
  expect(toolEnvironment()).toEqual({ PATH: `${process.env.PATH}:/usr/sbin:/sbin` });
});
