import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlGroup, canMakeGroups, enteringGroup, UNLIMITED } from '../../../src/engines/local/cgroups.js';

const LIMITS = { memory: 1 << 26, pids: 30, cpus: 1.5 };
/** Directories of a tree that looks like that of the kernel. */
const MOUNTS = { 1: ['memory', 'pids', 'cpu', 'devices'], 2: [''] };

describe.each([1, 2] as const)('control groups of version %i', (version) => {
  let mount: string;
  const read = (...path: string[]) => readFileSync(join(mount, ...path), 'utf8');
  beforeEach(() => {
    mount = mkdtempSync(join(tmpdir(), 'pyshrink-cgroups-'));
    for (const name of MOUNTS[version]) mkdirSync(join(mount, name), { recursive: true });
    if (version === 2) writeFileSync(join(mount, 'cgroup.controllers'), 'cpu memory pids');
  });
  afterEach(() => rmSync(mount, { recursive: true }));

  it('have the limits', async () => {
    await ControlGroup.make('session', 'one', LIMITS, { mount });
    const at = (controller: string) => (version === 1 ? [controller, 'pyshrink/session/one'] : ['pyshrink/session/one']);
    const written =
      version === 1
        ? [
            [...at('memory'), 'memory.limit_in_bytes', '67108864'],
            [...at('memory'), 'memory.memsw.limit_in_bytes', '134217728'],
            [...at('pids'), 'pids.max', '30'],
            [...at('cpu'), 'cpu.cfs_period_us', '100000'],
            [...at('cpu'), 'cpu.cfs_quota_us', '150000'],
          ]
        : [
            [...at(''), 'memory.max', '67108864'],
            [...at(''), 'memory.swap.max', '67108864'],
            [...at(''), 'pids.max', '30'],
            [...at(''), 'cpu.max', '150000 100000'],
            ['cgroup.subtree_control', '+memory +pids +cpu'],
            ['pyshrink/session', 'cgroup.subtree_control', '+memory +pids +cpu'],
          ];
    for (const row of written) expect(read(...row.slice(0, -1)), row.join(' ')).toBe(row.at(-1));
  });

  it('are entered by a process and its children', async () => {
    const group = await ControlGroup.make('session', 'one', UNLIMITED, { mount });
    expect(group.doors()).toHaveLength(version === 1 ? 3 : 1);
    await group.add(123);
    for (const door of group.doors()) expect(readFileSync(door, 'utf8')).toBe('123');
    const line = enteringGroup(group, ['echo', 'a b']);
    expect(line.slice(-2)).toEqual(['echo', 'a b']);
    for (const door of group.doors()) expect(line.join(' ')).toContain(door);
    expect(enteringGroup(undefined, ['echo'])).toEqual(['echo']);
  });

  it('have no process of their own where a runtime makes a group in them, which version 2 forbids', async () => {
    const group = await ControlGroup.make('session', 'one', LIMITS, { nested: true, mount });
    const base = 'pyshrink/session/one';
    await group.add(123);
    if (version === 1) expect(read('pids', base, 'cgroup.procs')).toBe('123');
    else {
      expect(existsSync(join(mount, base, 'cgroup.procs'))).toBe(false);
      expect(read(base, 'beside', 'cgroup.procs')).toBe('123');
      expect(read(base, 'cgroup.subtree_control')).toBe('+memory +pids +cpu');
      expect(read(base, 'memory.max'), 'the limit is for both').toBe('67108864');
    }
  });

  it('know whether memory ran out, also in a group of the runtime', async () => {
    const group = await ControlGroup.make('session', 'one', LIMITS, { mount });
    const directory = join(mount, version === 1 ? 'memory' : '', 'pyshrink/session/one');
    const file = version === 1 ? 'memory.oom_control' : 'memory.events';
    const text = (kills: number) => `oom_kill_disable 0\nunder_oom 0\noom_kill ${kills}\n`;
    writeFileSync(join(directory, file), text(0));
    expect(await group.outOfMemory()).toBe(false);
    mkdirSync(join(directory, 'runtime'));
    writeFileSync(join(directory, 'runtime', file), text(2));
    expect(await group.outOfMemory()).toBe(true);
  });

  it('are removed with those of the runtime, for all controllers', async () => {
    // Directories of the kernel are removed although they have files. Here there are none.
    const [one, two] = [await ControlGroup.make('session', 'one', UNLIMITED, { mount }), join(mount, MOUNTS[version].at(-1) as string)];
    if (version === 2) for (const path of ['', 'session/']) rmSync(join(mount, 'pyshrink', path, 'cgroup.subtree_control'));
    mkdirSync(join(two, 'pyshrink/session/one/runtime'), { recursive: true });
    await one.remove();
    for (const name of MOUNTS[version]) expect(existsSync(join(mount, name, 'pyshrink/session/one'))).toBe(false);
  });
});

it('are not used where they can not be made', async () => {
  const mount = mkdtempSync(join(tmpdir(), 'pyshrink-cgroups-'));
  writeFileSync(join(mount, 'memory'), '');
  expect(await canMakeGroups('session', mount)).toBe(false);
  rmSync(mount, { recursive: true });
});
