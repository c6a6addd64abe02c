import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { becoming } from '../../../src/engines/local/firstprocess.js';
import { identityMap } from '../../../src/engines/local/mappings.js';

/** Runs the script as the engine does, and says at once that the root file system is ready. */
async function become(command: readonly string[], environment: Record<string, string>, keep = false) {
  const script = join(mkdtempSync(join(tmpdir(), 'pyshrink-first-')), 'first-process.sh');
  writeFileSync(script, becoming(command, environment, keep));
  const child = spawn('/bin/sh', [script], { env: { PATH: '/nowhere', OURS: '1' }, stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] });
  (child.stdio[3] as Duplex).on('error', () => {}); // a command that does not read it
  (child.stdio[3] as Duplex).end('sent');
  (child.stdio[4] as Duplex).end('go\n');
  const exit = new Promise((resolve) => child.on('exit', resolve));
  const [stdout, stderr, control] = await Promise.all(
    [child.stdout, child.stderr, child.stdio[4]].map((stream) => text(stream as Readable)),
  );
  return { exit: await exit, stdout, stderr, control };
}

describe('becoming', () => {
  it('says that it is ready, and becomes the command', async () => {
    const { exit, stdout, stderr, control } = await become(['printf', '<%s>', 'a b', '*', "'", '$HOME'], { PATH: '/usr/bin:/bin' });
    expect([exit, stdout, stderr, control]).toEqual([0, "<a b><*><'><$HOME>", '', 'ready\n']);
  });

  it("gives the command the image's variables", async () => {
    const variables = { A: "it's", B: '$HOME `x` "y"\nz', PATH: '/usr/bin:/bin', IFS: ':', UID: '7' };
    const { stdout } = await become(['env', '-0'], variables);
    const given = (stdout as string).split('\0');
    expect(given).toEqual(expect.arrayContaining(["A=it's", 'B=$HOME `x` "y"\nz', 'PATH=/usr/bin:/bin']));
  });

  it("finds a program by the image's path alone, and says where there is none", async () => {
    const { exit, stderr } = await become(['env'], { PATH: '/nowhere' });
    expect([exit, stderr]).toEqual([127, 'first-process.sh: env: no such program in the image\n']);
  });

  it('leaves the descriptors that the command has a use for, and no others', async () => {
    const list = ['/bin/sh', '-c', 'for fd in 3 4 5 10; do [ -e /proc/$$/fd/$fd ] && echo $fd; done'];
    expect((await become(list, {})).stdout).toBe('');
    expect((await become(list, {}, true)).stdout).toBe('3\n');
    expect((await become(['/bin/sh', '-c', 'read -r line <&3; echo "$line"'], {}, true)).stdout).toBe('sent\n');
  });
});

it('identityMap maps each id of a namespace onto itself', () => {
  expect(identityMap('         0          0 4294967295\n')).toBe('0 0 4294967295\n');
  expect(identityMap('         0       1000          1\n         1     100000      65536\n')).toBe('0 0 1\n1 1 65536\n');
});
