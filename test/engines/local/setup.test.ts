import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type MountPlan, quote, setupScript } from '../../../src/engines/local/setup.js';

describe('setupScript', () => {
  let folder: string;
  let root: string;

  /** Runs the script without namespaces: mount, chroot and hostname are programs that write down what they are asked. */
  function run(plan: Partial<MountPlan>, command: readonly string[] = ['app']) {
    const tools = join(folder, 'tools');
    mkdirSync(tools, { recursive: true });
    const log = join(folder, 'log');
    for (const name of ['mount', 'chroot', 'hostname', 'fuse-overlayfs']) {
      const path = join(tools, name);
      const environment = name === 'chroot' ? `env >>'${log}.environment'; ` : '';
      writeFileSync(path, `#!/bin/sh\n${environment}{ printf '%s' ${name}; printf ' <%s>' "$@"; echo; } >>'${log}'\n`);
      chmodSync(path, 0o755);
    }
    const script = setupScript(
      { root, rootfs: { kind: 'copy' }, readOnly: false, binds: [], tmpfs: [], shmSize: 99, hostname: undefined, environment: {}, ...plan },
      command,
    );
    const report = openSync(join(folder, 'report'), 'w');
    const { status, stderr } = spawnSync('/bin/sh', ['-c', script], {
      env: { PATH: `${tools}:/usr/bin:/bin`, OURS: '1' },
      stdio: ['ignore', 'pipe', 'pipe', report],
    });
    const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
    return {
      status,
      stderr: String(stderr),
      report: read(join(folder, 'report')),
      environment: read(`${log}.environment`),
      /** Calls, with the root written as ROOT. */
      calls: read(log).replaceAll(root, 'ROOT').split('\n').filter(Boolean),
    };
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pyshrink-setup-'));
    root = join(folder, "it's a root");
    mkdirSync(root);
  });

  it('reports its process id, and becomes the command with the environment of the container', () => {
    const { status, report, environment, calls } = run({ environment: { A: "it's", B: '$HOME `x` "y"\nz' } }, [
      '/bin/app',
      'a b',
      '*',
      "'",
    ]);
    expect(status).toBe(0);
    expect(report).toMatch(/^\d+\n$/);
    expect(calls.at(-1)).toBe("chroot <ROOT> </bin/app> <a b> <*> <'>");
    expect(environment).toContain("A=it's\n");
    expect(environment).toContain('B=$HOME `x` "y"\nz\n');
    expect(environment).not.toContain('OURS');
  });

  it('mounts what a runtime mounts, and makes the usual devices', () => {
    const { calls } = run({});
    expect(calls[0]).toBe('mount <--bind> <ROOT> <ROOT>');
    expect(calls).toContain('mount <-t> <proc> <proc> <ROOT/proc>');
    expect(calls).toContain('mount <-o> <remount,bind,ro,nosuid,nodev,noexec> <ROOT/sys>');
    expect(calls).toContain('mount <--bind> </dev/urandom> <ROOT/dev/urandom>');
    expect(calls).toContain('mount <-t> <tmpfs> <-o> <nosuid,nodev,noexec,mode=1777,size=99> <shm> <ROOT/dev/shm>');
    expect(readlinkSync(join(root, 'dev/stdout'))).toBe('/proc/self/fd/1');
    expect(readlinkSync(join(root, 'dev/ptmx'))).toBe('pts/ptmx');
  });

  it.each([
    [
      'the kernel, as root',
      { fuse: false, userNamespace: false },
      'mount <-t> <overlay> <overlay> <-o> <lowerdir=/l1:/l2,upperdir=/u,workdir=/w> <ROOT>',
    ],
    [
      'the kernel, as a user',
      { fuse: false, userNamespace: true },
      'mount <-t> <overlay> <overlay> <-o> <lowerdir=/l1:/l2,upperdir=/u,workdir=/w,userxattr> <ROOT>',
    ],
    ['FUSE', { fuse: true, userNamespace: true }, 'fuse-overlayfs <-o> <lowerdir=/l1:/l2,upperdir=/u,workdir=/w> <ROOT>'],
  ])('overlays the layers by %s', (_, how, call) => {
    const { calls } = run({ rootfs: { kind: 'overlay', lower: ['/l1', '/l2'], upper: '/u', work: '/w', ...how } });
    expect(calls[0]).toBe(call);
  });

  it('makes mount points, for directories and for files', () => {
    const { calls } = run({
      binds: [
        { source: '/a b', target: '/data/in', readOnly: true, type: 'directory' },
        { source: '/hosts', target: '/etc/hosts', readOnly: false, type: 'file' },
      ],
      tmpfs: [
        { target: '/scratch', options: 'size=1m' },
        { target: '/plain', options: '' },
      ],
    });
    expect(calls).toEqual(
      expect.arrayContaining([
        'mount <--rbind> </a b> <ROOT/data/in>',
        'mount <-o> <remount,bind,ro> <ROOT/data/in>',
        'mount <--bind> </hosts> <ROOT/etc/hosts>',
        'mount <-t> <tmpfs> <-o> <nosuid,nodev,noexec,size=1m> <tmpfs> <ROOT/scratch>',
        'mount <-t> <tmpfs> <-o> <nosuid,nodev,noexec> <tmpfs> <ROOT/plain>',
      ]),
    );
    expect(calls).not.toContain('mount <-o> <remount,bind,ro> <ROOT/etc/hosts>');
    expect(statSync(join(root, 'etc/hosts')).isFile()).toBe(true);
    expect(statSync(join(root, 'data/in')).isDirectory()).toBe(true);
  });

  it('makes the root read-only after all mounts, and only where it should be', () => {
    const { calls } = run({ readOnly: true, binds: [{ source: '/x', target: '/x', readOnly: false, type: 'directory' }], hostname: 'box' });
    expect(calls.slice(-3)).toEqual(['hostname <box>', 'mount <-o> <remount,bind,ro> <ROOT>', 'chroot <ROOT> <app>']);
    expect(run({}).calls.filter((call) => call === 'mount <-o> <remount,bind,ro> <ROOT>')).toHaveLength(1); // that of the run before
  });

  it('mounts no directory through a symbolic link, which may lead out of the root', () => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    symlinkSync(outside, join(root, 'data'));
    const { status, stderr, calls } = run({ binds: [{ source: '/x', target: '/data/in', readOnly: false, type: 'directory' }] });
    expect(status).toBe(125);
    expect(stderr).toContain('/data/in is a symbolic link in the image');
    expect(calls.some((call) => call.startsWith('chroot'))).toBe(false);
    expect(existsSync(join(outside, 'in'))).toBe(false);
  });

  it('leaves a file alone that the image has as a symbolic link', () => {
    mkdirSync(join(root, 'etc'));
    symlinkSync('/run/resolv.conf', join(root, 'etc/resolv.conf'));
    const { status, calls } = run({ binds: [{ source: '/r', target: '/etc/resolv.conf', readOnly: false, type: 'file' }] });
    expect(status).toBe(0);
    expect(calls.some((call) => call.includes('resolv.conf'))).toBe(false);
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
