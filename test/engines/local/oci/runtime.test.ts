import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { outerScript } from '../../../../src/engines/local/oci/outer.js';
import { probeRuntimes } from '../../../../src/engines/local/oci/probe.js';
import { runtimeLine, runtimesToTry } from '../../../../src/engines/local/oci/runtime.js';
import { quote } from '../../../../src/engines/local/quote.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pyshrink-runtime-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Installs programs that do nothing but fail. */
function install(...names: string[]) {
  vi.stubEnv('PATH', folder);
  for (const name of names) {
    writeFileSync(join(folder, name), '#!/bin/sh\necho broken >&2\nexit 1\n');
    chmodSync(join(folder, name), 0o755);
  }
}

it('crun comes before runc and youki, whatever is installed first', async () => {
  install('youki', 'runc', 'crun');
  expect(await runtimesToTry(undefined)).toEqual(['crun', 'runc', 'youki']);
});

it('PYSHRINK_RUNTIME chooses one, or none', async () => {
  install('runc', 'youki');
  expect(await runtimesToTry('youki')).toEqual(['youki']);
  expect(await runtimesToTry('none')).toEqual([]);
});

it('an unknown name is a usage error', async () => {
  await expect(runtimesToTry('lxc')).rejects.toThrowError(
    expect.objectContaining({ exitCode: 2, message: expect.stringContaining('lxc'), remedy: expect.stringContaining('crun') }),
  );
});

it('crun is not used without a user namespace, where an app could make device files', async () => {
  install('crun');
  const { runtime, unusable } = await probeRuntimes({ user: 'root', overlay: 'kernel' }, folder);
  expect([runtime, unusable[0]]).toEqual([undefined, { runtime: 'crun', reason: 'it needs a user namespace here' }]);
  vi.stubEnv('PYSHRINK_RUNTIME', 'crun');
  await expect(probeRuntimes({ user: 'root', overlay: 'kernel', cgroups: true }, folder)).rejects.toThrowError(/needs a user namespace/);
});

it('a runtime that is named is an error where only bubblewrap can make namespaces, and none is used otherwise', async () => {
  install('crun');
  expect(await probeRuntimes({ user: 'bubblewrap', overlay: 'copy' }, folder)).not.toHaveProperty('runtime');
  vi.stubEnv('PYSHRINK_RUNTIME', 'none');
  expect(await probeRuntimes({ user: 'bubblewrap', overlay: 'copy' }, folder)).toEqual({ unusable: [] });
  vi.stubEnv('PYSHRINK_RUNTIME', 'crun');
  await expect(probeRuntimes({ user: 'bubblewrap', overlay: 'copy' }, folder)).rejects.toThrowError(/names crun.*only bubblewrap/);
});

it('a runtime keeps its state in the folder of the container, and never has rights that an ordinary user lacks', () => {
  expect(runtimeLine('runc', 'ranges', '/s', ['state', 'x'])).toEqual([
    'runc',
    ...['--log', '/dev/null', '--rootless=true', '--root', '/s', 'state', 'x'],
  ]);
  expect(runtimeLine('runc', 'identity', '/s', ['state'])).not.toContain('--rootless=true');
});

it('the script around a runtime quotes paths and ends with the runtime', () => {
  const plan = {
    root: "/it's",
    rootfs: { kind: 'ready' },
    sys: undefined,
    isolated: false,
    doors: ['/a b/cgroup.procs'],
    hideCgroups: true,
  } as const;
  const lines = outerScript({ ...plan, runtime: ['crun', 'run', 'x y'] })
    .trim()
    .split('\n');
  expect(lines).toContain("echo 0 >'/a b/cgroup.procs'");
  expect(lines).toContain(`ROOT=${quote("/it's")}`);
  expect(lines.at(-1)).toBe("exec crun run 'x y'");
  const hidden = lines.findIndex((line) => line.includes('tmpfs /sys/fs/cgroup'));
  expect(hidden).toBeGreaterThan(lines.findIndex((line) => line.includes('cgroup.procs')));
});
