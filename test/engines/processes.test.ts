import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { ownEnvironment, type StartOptions, sendSignal, startProcess } from '../../src/engines/processes.js';

const sh = (script: string, options: Partial<StartOptions> = {}) =>
  startProcess(['/bin/sh', '-c', script], { environment: { PATH: '/usr/bin:/bin' }, input: false, ...options });

describe('startProcess', () => {
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

  it('has descriptor 3 only where a report is wanted', async () => {
    const process = sh('echo told >&3', { report: true });
    expect(process.report && (await text(process.report))).toBe('told\n');
    const without = sh('(echo told >&3) 2>/dev/null || echo none');
    expect([without.report, await text(without.stdout)]).toEqual([null, 'none\n']);
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

it('ownEnvironment has no undefined values', () => {
  expect(Object.values(ownEnvironment()).every((value) => typeof value === 'string')).toBe(true);
  expect(ownEnvironment().PATH).toBe(process.env.PATH);
});
