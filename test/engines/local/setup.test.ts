import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { quote } from '../../../src/engines/local/quote.js';
import { type MountPlan, setupScript } from '../../../src/engines/local/setup.js';

describe('setupScript', () => {
  let folder: string;
  let root: string;

  /**
   * Runs the script without namespaces: mount, pivot_root and hostname are programs that write down what they are asked.
   * @param failing part of the arguments of calls that fail
   * @param mounted paths in the root that are mounts by the kernel's list
   */
  function run(plan: Partial<MountPlan>, failing = 'no such call', mounted = ['sys']) {
    const tools = join(folder, 'tools');
    mkdirSync(tools, { recursive: true });
    const log = join(folder, 'log');
    writeFileSync(log, '');
    for (const name of ['mount', 'pivot_root', 'hostname']) {
      const path = join(tools, name);
      writeFileSync(
        path,
        `#!/bin/sh\n{ printf '%s' ${name}; printf ' <%s>' "$@"; echo; } >>'${log}'\ncase "$*" in *'${failing}'*) exit 32 ;; esac\n`,
      );
      chmodSync(path, 0o755);
    }
    // The calls mount nothing, so the kernel would list nothing. Octal numbers stand for some bytes (proc(5)).
    const mountinfo = join(folder, 'mountinfo');
    const octal = (path: string) => path.replace(/[\s\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
    const line = (path: string) => `1 1 0:1 / ${octal(path)} rw,relatime - sysfs sysfs rw\n`;
    writeFileSync(mountinfo, mounted.map((path) => line(join(root, path))).join(''));
    const script = setupScript({
      root,
      rootfs: { kind: 'ready' },
      readOnly: false,
      binds: [],
      tmpfs: [],
      shmSize: 99,
      hostname: undefined,
      isolated: false,
      ...plan,
    }).replaceAll('/proc/self/mountinfo', quote(mountinfo));
    rmSync(join(root, 'dev'), { recursive: true, force: true });
    const { status, stderr } = spawnSync('/bin/sh', ['-c', script], { env: { PATH: `${tools}:/usr/bin:/bin` } });
    /** Calls, with the root written as ROOT. */
    const calls = readFileSync(log, 'utf8').replaceAll(root, 'ROOT').split('\n').filter(Boolean);
    return { status, stderr: String(stderr), calls };
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pyshrink-setup-'));
    root = join(folder, "it's a root");
    mkdirSync(root);
  });

  it('makes the root file system the root directory last', () => {
    const { status, stderr, calls } = run({});
    expect([status, stderr]).toEqual([0, '']);
    expect(calls.at(-1)).toBe('pivot_root <.> <./dev/.computer>');
    expect(statSync(join(root, 'dev/.computer')).isDirectory()).toBe(true);
  });

  it('covers what must not be read, and protects what must not be written', () => {
    for (const path of ['proc/sys', 'proc/asound', 'sys/firmware']) mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, 'proc/kcore'), '');
    const { calls } = run({});
    expect(calls).toContain('mount <--bind> </dev/null> <ROOT/proc/kcore>');
    expect(calls).toContain('mount <-t> <tmpfs> <-o> <ro,nosuid,nodev,noexec,size=0k> <tmpfs> <ROOT/proc/asound>');
    expect(calls).toContain('mount <-t> <tmpfs> <-o> <ro,nosuid,nodev,noexec,size=0k> <tmpfs> <ROOT/sys/firmware>');
    expect(calls).toEqual(
      expect.arrayContaining(['mount <--bind> <ROOT/proc/sys> <ROOT/proc/sys>', 'mount <-o> <remount,bind,ro> <ROOT/proc/sys>']),
    );
    expect(
      calls.some((call) => call.includes('/proc/scsi')),
      'what this kernel does not have',
    ).toBe(false);
  });

  it('protects /sys and each mount below it, with the options that it has', () => {
    const { status, calls } = run({}, undefined, ['', 'sys', 'sys/fs/cgroup', 'sys/with \\ blank', 'system']);
    expect(status).toBe(0);
    const protectedMounts = calls.filter((call) => call.startsWith('mount <-o> <remount,bind,rw,relatime,'));
    expect(protectedMounts).toEqual(
      ['sys', 'sys/fs/cgroup', 'sys/with \\ blank'].map(
        (path) => `mount <-o> <remount,bind,rw,relatime,ro,nosuid,nodev,noexec> <ROOT/${path}>`,
      ),
    );
  });

  it('fails where nothing is found that it could protect, since all of it is open then', () => {
    const { status, stderr, calls } = run({}, undefined, ['', 'system']);
    expect(status).toBe(125);
    expect(stderr).toMatch(/sys is no mount, so it can not be protected/);
    expect(calls.some((call) => call.startsWith('pivot_root'))).toBe(false);
  });

  it('shows the devices of its own network only', () => {
    expect(run({ isolated: true }).calls).toContain('mount <-t> <sysfs> <-o> <ro,nosuid,nodev,noexec> <sysfs> <ROOT/sys>');
    expect(run({}).calls).toContain('mount <--rbind> </sys> <ROOT/sys>');
  });

  it('mounts what a runtime mounts, and makes the usual devices', () => {
    const { calls } = run({});
    expect(calls[0]).toBe('mount <--bind> <ROOT> <ROOT>');
    expect(calls[1]).toBe('mount <-o> <remount,bind,nosuid,nodev> <ROOT>');
    expect(calls).toContain('mount <-t> <proc> <-o> <nosuid,nodev,noexec> <proc> <ROOT/proc>');
    expect(calls).toContain('mount <--bind> </dev/urandom> <ROOT/dev/urandom>');
    expect(calls).toContain('mount <-t> <tmpfs> <-o> <nosuid,nodev,noexec,mode=1777,size=99> <shm> <ROOT/dev/shm>');
    expect(readlinkSync(join(root, 'dev/stdout'))).toBe('/proc/self/fd/1');
    expect(readlinkSync(join(root, 'dev/ptmx'))).toBe('pts/ptmx');
  });

  it.each([
    [
      'the kernel, as root',
      { userNamespace: false },
      'mount <-t> <overlay> <overlay> <-o> <lowerdir=/l1:/l2,upperdir=/u,workdir=/w> <ROOT>',
    ],
    [
      'the kernel, as a user',
      { userNamespace: true },
      'mount <-t> <overlay> <overlay> <-o> <lowerdir=/l1:/l2,upperdir=/u,workdir=/w,userxattr> <ROOT>',
    ],
  ])('overlays the layers by %s', (_, how, call) => {
    const { calls } = run({ rootfs: { kind: 'overlay', lower: ['/l1', '/l2'], upper: '/u', work: '/w', ...how } });
    expect(calls[0]).toBe(call);
  });

  it('makes mount points, for directories and for files', () => {
    const { calls } = run({
      binds: [
        { source: '/a b', target: '/data/in', readOnly: true, type: 'directory' },
        { source: '/hosts', target: '/etc/hosts', readOnly: false, type: 'file' },
        { source: '/dev/kvm', target: '/dev/kvm', readOnly: false, type: 'file', devices: true },
      ],
      tmpfs: [
        { target: '/scratch', options: 'size=1m' },
        { target: '/plain', options: '' },
      ],
    });
    expect(calls).toEqual(
      expect.arrayContaining([
        'mount <--rbind> </a b> <ROOT/data/in>',
        'mount <-o> <remount,bind,ro,nosuid,nodev> <ROOT/data/in>',
        'mount <--bind> </hosts> <ROOT/etc/hosts>',
        'mount <-o> <remount,bind,nosuid,nodev> <ROOT/etc/hosts>',
        'mount <--bind> </dev/kvm> <ROOT/dev/kvm>',
        'mount <-o> <remount,bind,nosuid> <ROOT/dev/kvm>',
        'mount <-t> <tmpfs> <-o> <nosuid,nodev,noexec,size=1m> <tmpfs> <ROOT/scratch>',
        'mount <-t> <tmpfs> <-o> <nosuid,nodev,noexec> <tmpfs> <ROOT/plain>',
      ]),
    );
    expect(statSync(join(root, 'etc/hosts')).isFile()).toBe(true);
    expect(statSync(join(root, 'data/in')).isDirectory()).toBe(true);
  });

  it('makes the root read-only after all mounts, and only where it should be', () => {
    const { calls } = run({ readOnly: true, binds: [{ source: '/x', target: '/x', readOnly: false, type: 'directory' }], hostname: 'box' });
    expect(calls.slice(-3)).toEqual(['hostname <box>', 'mount <-o> <remount,bind,ro> <ROOT>', 'pivot_root <.> <./dev/.computer>']);
    expect(run({}).calls).not.toContain('mount <-o> <remount,bind,ro> <ROOT>');
  });

  it('mounts no directory through a symbolic link, which may lead out of the root', () => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    symlinkSync(outside, join(root, 'data'));
    const { status, stderr, calls } = run({ binds: [{ source: '/x', target: '/data/in', readOnly: false, type: 'directory' }] });
    expect(status).toBe(125);
    expect(stderr).toContain('/data/in is a symbolic link in the image');
    expect(calls.some((call) => call.startsWith('pivot_root'))).toBe(false);
    expect(existsSync(join(outside, 'in'))).toBe(false);
  });

  it('mounts nothing at a path that leaves the root', () => {
    const { status } = run({ binds: [{ source: '/x', target: '/../outside', readOnly: false, type: 'directory' }] });
    expect(status).toBe(125);
    expect(existsSync(join(folder, 'outside'))).toBe(false);
  });

  it.each(['/proc', '/dev/null', '/proc/sys', '/srv/data', '/srv/file'])('ends with an error where a mount of %s fails', (path) => {
    mkdirSync(join(root, 'proc/sys'), { recursive: true });
    const binds = [
      { source: '/data', target: '/srv/data', readOnly: true, type: 'directory' },
      { source: '/file', target: '/srv/file', readOnly: true, type: 'file' },
    ] as const;
    const { status, calls } = run({ binds }, path);
    expect(status).toBe(32);
    expect(calls.at(-1)).toContain(path);
  });

  it.each([
    ['is a symbolic link', '/srv/link', /^pyshrink: \/srv\/link is a symbolic link in the image/],
    ['is below a symbolic link', '/srv/link/file', /^pyshrink: \/srv\/link\/file is a symbolic link in the image/],
    ['leaves the root', '/srv/../../outside', /^pyshrink: /],
    ['is below a file', '/srv/given/file', /given/],
  ])('mounts no file at a path that %s', (_, target, message) => {
    mkdirSync(join(root, 'srv'));
    symlinkSync(folder, join(root, 'srv/link'));
    writeFileSync(join(root, 'srv/given'), '');
    const { status, stderr, calls } = run({ binds: [{ source: '/f', target, readOnly: false, type: 'file' }] });
    expect(status).not.toBe(0);
    expect(stderr).toMatch(message);
    expect(calls.some((call) => call.startsWith('pivot_root') || call.includes('</f>'))).toBe(false);
  });
});

describe('quote', () => {
  const printed = (word: string) => execFileSync('/bin/sh', ['-c', `printf %s ${quote(word)}`]).toString();

  it.each(['', '~', '#x', '!', "it's", '"', '\\', '$(x)', '`x`', 'a\nb', '{a,b}', '*', 'A=b', "'!", "\\'", 'C:\\x', '\u2028', '\u0001'])(
    '%j',
    (word) => expect(printed(word)).toBe(word),
  );

  it('makes any text one word for sh', () => {
    const unit = fc.oneof(
      fc.constantFrom(...'\'"\\$`!*?[]{}()<>|&;#~=%^ \t\n\r'),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    );
    fc.assert(
      fc.property(
        fc
          .array(unit, { maxLength: 30 })
          .map((parts) => parts.join(''))
          .filter((word) => !word.includes('\0')),
        (word) => {
          expect(printed(word)).toBe(word);
        },
      ),
      { numRuns: 100 },
    );
  });
});
