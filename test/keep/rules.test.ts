import { describe, expect, it } from 'vitest';
import { findProgram } from '../../src/keep/scripts.js';
import { parseShebang } from '../../src/os/shebang.js';
import { makeElf } from '../support/elf.js';
import { keptOf, makeTrace } from '../support/keep.js';
import { makeTree } from '../support/tree.js';

const program = (text: string | Buffer) => ({ text, mode: 0o755 });

describe('observed', () => {
  it.each(['open', 'write', 'map', 'exec', 'ldd', 'lookup', 'change', 'remove', 'chdir'])('%s keeps the path', async (kind) => {
    const { rules } = await keptOf(makeTree({ '/srv/a': 'x', '/srv/b': 'x' }), makeTrace([`${kind} /srv/a`]));
    expect(rules['/srv/a']).toEqual(['observed']);
    expect(rules).not.toHaveProperty('/srv/b');
  });

  it('a listing keeps the directory without its entries', async () => {
    const { rules } = await keptOf(makeTree({ '/srv/a': 'x' }), makeTrace(['list /srv']));
    expect(rules).toHaveProperty('/srv');
    expect(rules).not.toHaveProperty('/srv/a');
  });

  it.each(['create', 'connect', 'write', 'remove'])('%s keeps the directory of a file that the image does not have', async (kind) => {
    const { rules } = await keptOf(makeTree({ '/srv/run': { directory: true } }), makeTrace([`${kind} /srv/run/new.sock`]));
    expect(rules).toHaveProperty('/srv/run');
  });

  it('keeps nothing for a failed look-up', async () => {
    const fs = makeTree({ '/srv/a': 'x' });
    expect((await keptOf(fs, makeTrace(['lookup /srv/gone', 'open /nowhere/x']))).rules).toEqual((await keptOf(fs, makeTrace([]))).rules);
  });
});

describe('walks', () => {
  const note = (where: string, count = 10) => `a walk over ${where} was not kept (${count} entries looked up)`;
  const names = Array.from({ length: 10 }, (_, index) => `/pkg/m${index}.py`);
  const fs = makeTree(Object.fromEntries([...names, '/pkg/__pycache__/m0.cpython-313.pyc'].map((path) => [path, 'x'])));

  it('look-ups of listed entries keep nothing and give a note', async () => {
    const { rules, notes } = await keptOf(fs, makeTrace(['list /pkg', ...names.map((path) => `lookup ${path}`)]));
    expect(Object.keys(rules).filter((path) => path.startsWith('/pkg/'))).toEqual([]);
    expect(notes).toEqual([note('/pkg')]);
  });

  it('notes name the directory above where many are in it, and the top of a tree', async () => {
    const many = Array.from({ length: 4 }, (_, folder) => names.map((path) => `/data/d${folder}${path.slice(4)}`));
    const tree = [names, names.map((path) => `/pkg/deep/er${path.slice(4)}`)];
    const all = makeTree(Object.fromEntries([...many, ...tree].flat().map((path) => [path, 'x'])));
    const folders = ['/data/d0', '/data/d1', '/data/d2', '/data/d3', '/pkg', '/pkg/deep/er'];
    const walk = (folder: string) => [`list ${folder}`, ...all.list(folder).map((path) => `lookup ${path}`)];
    const { notes } = await keptOf(all, makeTrace(folders.flatMap(walk)));
    expect(notes).toEqual(
      ['4 directories in /data', '/pkg and directories in it'].map((where, index) => note(where, index === 0 ? 40 : 20)),
    );
  });

  it('keeps entries that were opened, and the source of an opened .pyc', async () => {
    const { rules } = await keptOf(
      fs,
      makeTrace(['list /pkg', ...names.map((path) => `lookup ${path}`), 'open /pkg/m3.py', 'open /pkg/__pycache__/m0.cpython-313.pyc']),
    );
    expect(
      Object.keys(rules)
        .filter((path) => /m\d/.test(path))
        .sort(),
    ).toEqual(['/pkg/__pycache__/m0.cpython-313.pyc', '/pkg/m0.py', '/pkg/m3.py']);
  });

  it('a process with many walks also walks over small directories; a note names many together', async () => {
    const many = Object.fromEntries(Array.from({ length: 7 }, (_, folder) => names.map((path) => [`/d${folder}${path}`, 'x'])).flat());
    const everything = makeTree({ ...many, '/small/one': 'x', '/small/two': 'x', '/other/three': 'x' });
    const walk = (folder: string) => [`list ${folder}`, ...everything.list(folder).map((path) => `lookup ${path}`)];
    const folders = Array.from({ length: 7 }, (_, folder) => `/d${folder}/pkg`);
    const { rules, notes } = await keptOf(everything, makeTrace([...folders, '/small'].flatMap(walk)));
    expect(Object.keys(rules).filter((path) => /^\/(d\d\/pkg|small)\/./.test(path))).toEqual([]);
    expect(notes).toEqual(
      ['/d0/pkg', '/d1/pkg', '/d2/pkg', '/d3/pkg', '/d4/pkg']
        .map((where) => note(where))
        .concat('3 more walks were not kept (22 entries looked up)'),
    );
    const two = await keptOf(everything, makeTrace([...folders.slice(0, 2), '/small'].flatMap(walk)));
    expect(two.rules).toHaveProperty('/small/one');
  });

  it('few look-ups, or look-ups by another process, are no walk', async () => {
    const few = await keptOf(fs, makeTrace(['list /pkg', ...names.slice(0, 3).map((path) => `lookup ${path}`)]));
    expect(few.rules).toHaveProperty('/pkg/m2.py');
    const other = await keptOf(fs, makeTrace(['list /pkg 1', ...names.map((path) => `lookup ${path} 0`)]));
    expect(other.rules).toHaveProperty('/pkg/m9.py');
  });

  it('look-ups before the listing are no walk', async () => {
    const { rules } = await keptOf(fs, makeTrace([...names.map((path) => `lookup ${path}`), 'list /pkg']));
    expect(rules).toHaveProperty('/pkg/m9.py');
  });
});

describe('links and parents', () => {
  const fs = makeTree({
    '/usr/lib/v1/data': 'x',
    '/usr/lib/current': { link: 'v1' },
    '/lib': { link: 'usr/lib' },
    '/etc/x': { link: '/usr/lib/current/data' },
  });

  it('keeps every link on the way and every parent', async () => {
    const { rules } = await keptOf(fs, makeTrace(['open /lib/current/data']));
    expect(rules).toMatchObject({
      '/lib': ['links'],
      '/usr/lib/current': ['links'],
      '/usr/lib/v1': expect.arrayContaining(['parents']),
      '/usr': ['parents'],
    });
    expect(rules).not.toHaveProperty('/etc/x');
  });

  it('keeps the target of a link that was only read', async () => {
    expect((await keptOf(fs, makeTrace(['lookup /etc/x']))).rules).toHaveProperty('/usr/lib/v1/data');
  });
});

describe('runtime', () => {
  it('keeps mount points, temporary directories, the working directory, volumes, home and the user database', async () => {
    const paths = ['/tmp', '/proc', '/sys', '/dev', '/var/tmp', '/srv/app', '/data/volume', '/home/me'];
    const fs = makeTree({
      ...Object.fromEntries(paths.map((path) => [path, { directory: true }])),
      '/etc/passwd': 'x',
      '/etc/group': 'x',
      '/etc/shadow': 'x',
    });
    const { rules } = await keptOf(fs, makeTrace([]), {
      config: { WorkingDir: '/srv/app', Volumes: { '/data/volume': {} }, Env: ['HOME=/home/me'] },
    });
    for (const path of [...paths, '/etc/passwd', '/etc/group']) expect(rules[path]).toContain('runtime');
    expect(rules).not.toHaveProperty('/etc/shadow');
  });
});

describe('scripts and entrypoint', () => {
  const fs = makeTree({
    '/usr/bin/env': program('e'),
    '/usr/bin/python3': program('p'),
    '/bin/sh': program('s'),
    '/app/run.sh': program('#!/bin/sh\nexec x'),
    '/usr/bin/tool': program('#!/usr/bin/env -S python3 -u\n'),
    '/usr/lib/mod.py': program('#!/usr/bin/env python3\n'),
  });

  it('keeps the interpreter of the entrypoint, found by its relative path', async () => {
    const { rules } = await keptOf(fs, makeTrace([]), { config: { WorkingDir: '/app' }, commands: [['./run.sh']] });
    expect(rules).toMatchObject({ '/app/run.sh': ['entrypoint'], '/bin/sh': ['scripts'] });
  });

  it('keeps env and the program that it runs', async () => {
    const { rules } = await keptOf(fs, makeTrace(['exec /usr/bin/tool']));
    expect(rules).toMatchObject({ '/usr/bin/env': ['scripts'], '/usr/bin/python3': expect.arrayContaining(['scripts']) });
  });

  it('does not keep the interpreter of a module that is no program', async () => {
    expect((await keptOf(fs, makeTrace(['open /usr/lib/mod.py'], { processes: [] }))).rules).not.toHaveProperty('/usr/bin/env');
  });

  it('keeps what the health check runs', async () => {
    expect(
      (await keptOf(fs, makeTrace([]), { config: { Healthcheck: { Test: ['CMD', 'tool'] }, Env: ['PATH=/usr/bin'] } })).rules[
        '/usr/bin/tool'
      ],
    ).toEqual(['entrypoint']);
  });

  it.each([
    ['#!/bin/sh', { interpreter: '/bin/sh' }],
    ['#! /usr/bin/env  python3 -u \n', { interpreter: '/usr/bin/env', argument: 'python3 -u' }],
    ['#!\n', undefined],
    ['\x7fELF', undefined],
  ])('parses %j', (text, expected) => {
    expect(parseShebang(Buffer.from(text))).toEqual(expected);
  });

  it('looks up programs in PATH, executable files only', () => {
    const places = { fs: makeTree({ '/a/x': 'no', '/b/x': program('yes') }), config: {}, environment: { PATH: '/a:/b' } };
    expect(findProgram('x', places)).toBe('/b/x');
    expect(findProgram('y', places)).toBeUndefined();
  });
});

describe('elf', () => {
  const fs = makeTree({
    '/usr/bin/python3': program(makeElf({ interpreter: '/lib64/ld.so', needed: ['libc.so.6', 'libz.so'] })),
    '/usr/lib/ld.so': makeElf({ soname: 'ld.so' }),
    '/lib64': { link: 'usr/lib' },
    '/lib': { link: 'usr/lib' },
    '/usr/lib/libc.so.6': makeElf({ soname: 'libc.so.6' }),
    '/usr/lib/libgcc_s.so.1': makeElf({ soname: 'libgcc_s.so.1' }),
    '/usr/lib/libz.so': makeElf({ soname: 'libz.so' }),
    '/usr/lib/glibc-hwcaps/x86-64-v3/libz.so': makeElf({ soname: 'libz.so' }),
    '/etc/ld.so.cache': '',
    '/usr/lib/libunused.so': makeElf({ soname: 'libunused.so' }),
    '/usr/lib/libpre.so': makeElf({ soname: 'libpre.so' }),
  });

  it('has a note on a program of another architecture', async () => {
    const both = makeTree({
      '/usr/bin/python3': program(makeElf({})),
      '/opt/near': program(makeElf({})),
      '/opt/old': program(makeElf({ bits: 32, machine: 3 })),
    });
    const { notes } = await keptOf(both, makeTrace(['exec /usr/bin/python3', 'lookup /opt/near', 'lookup /opt/old']));
    expect(notes).toEqual(['/opt/old is built for another architecture (32-bit, e_machine 3): pyshrink cannot watch what it opens']);
  });

  it('keeps loader, closure, hwcaps variants, the cache, and what libc opens by name', async () => {
    const { rules } = await keptOf(fs, makeTrace(['exec /usr/bin/python3']));
    for (const path of [
      '/usr/lib/ld.so',
      '/usr/lib/libc.so.6',
      '/usr/lib/libz.so',
      '/usr/lib/glibc-hwcaps/x86-64-v3/libz.so',
      '/usr/lib/libgcc_s.so.1',
      '/etc/ld.so.cache',
    ]) {
      expect(rules[path]).toContain('elf');
    }
    expect(rules['/lib64']).toEqual(['links']);
    expect(rules).not.toHaveProperty('/usr/lib/libunused.so');
  });

  it('keeps what is preloaded', async () => {
    expect(
      (await keptOf(fs, makeTrace(['exec /usr/bin/python3']), { env: ['LD_PRELOAD=/usr/lib/libpre.so'] })).rules['/usr/lib/libpre.so'],
    ).toEqual(['elf']);
  });
});

describe('system', () => {
  const fs = makeTree({
    '/etc/nsswitch.conf': 'passwd: files\nhosts: files mdns4 [NOTFOUND=return] dns\n',
    '/usr/lib/libc.so.6': makeElf({ soname: 'libc.so.6', symbols: ['getaddrinfo'] }),
    '/usr/lib/libcurl.so.4': makeElf({ soname: 'libcurl.so.4', symbols: ['getaddrinfo'] }),
    '/usr/lib/libnss_files.so.2': makeElf({ soname: 'f' }),
    '/usr/lib/libnss_dns.so.2': makeElf({ soname: 'd' }),
    '/usr/lib/libnss_mdns4.so.2': makeElf({ soname: 'm' }),
    '/usr/lib/libnss_hesiod.so.2': makeElf({ soname: 'h' }),
    '/etc/services': 'x',
    '/etc/ssl/certs/ca.pem': { link: '/usr/share/ca/one.crt' },
    '/usr/share/ca/one.crt': 'x',
    '/usr/lib/ssl/certs': { link: '/etc/ssl/certs' },
    '/etc/mime.types': 'x',
    '/usr/lib/os-release': 'x',
    '/etc/os-release': { link: '../usr/lib/os-release' },
    '/lib/terminfo/x/xterm': 'x',
  });

  it('keeps the modules of the services in nsswitch.conf; those for hosts only where something looks up hosts', async () => {
    const users = await keptOf(fs, makeTrace(['open /usr/lib/libc.so.6']));
    expect(users.rules).toHaveProperty(['/usr/lib/libnss_files.so.2']);
    expect(users.rules).not.toHaveProperty(['/usr/lib/libnss_dns.so.2']);
    const { rules } = await keptOf(fs, makeTrace(['open /usr/lib/libcurl.so.4', 'open /usr/lib/libc.so.6']));
    expect(rules).toMatchObject({
      '/etc/nsswitch.conf': ['system'],
      '/usr/lib/libnss_dns.so.2': ['system'],
      '/usr/lib/libnss_mdns4.so.2': ['system'],
      '/usr/lib/os-release': expect.arrayContaining(['system']),
    });
    expect(rules).not.toHaveProperty('/usr/lib/libnss_hesiod.so.2');
  });

  it.each([
    ['socket', '/etc/services'],
    ['mimetypes', '/etc/mime.types'],
    ['_curses', '/lib/terminfo/x/xterm'],
  ])('where %s is imported, keeps %s', async (module, path) => {
    expect((await keptOf(fs, makeTrace([], { modules: { [module]: null } }))).rules[path]).toEqual(['system']);
    expect((await keptOf(fs, makeTrace([]))).rules).not.toHaveProperty(path);
  });

  it('keeps certificate authorities once a context has looked for them', async () => {
    const { rules } = await keptOf(fs, makeTrace(['open /usr/lib/ssl/cert.pem']));
    expect(rules).toHaveProperty('/etc/ssl/certs/ca.pem');
    expect(rules).toHaveProperty('/usr/share/ca/one.crt');
    expect((await keptOf(fs, makeTrace(['open /usr/lib/ssl/openssl.cnf']))).rules).not.toHaveProperty('/etc/ssl/certs/ca.pem');
  });
});

describe('user', () => {
  const fs = makeTree({ '/srv/a/x.txt': 'x', '/srv/a/y.bin': 'x', '/srv/b/z.txt': 'x' });

  it('includes by glob, and all entries of a directory', async () => {
    const { rules, notes } = await keptOf(fs, makeTrace([]), { choice: { include: ['/srv/**/*.txt', 'srv/a', '/nothing*'], exclude: [] } });
    expect(Object.keys(rules).filter((path) => rules[path]?.includes('user'))).toEqual([
      '/srv/a',
      '/srv/a/x.txt',
      '/srv/a/y.bin',
      '/srv/b/z.txt',
    ]);
    expect(notes).toEqual(['--include /nothing* matches nothing in the image']);
  });

  it('reads a .pyshrinkkeep as a .dockerignore', async () => {
    const { rules } = await keptOf(fs, makeTrace([]), {
      choice: { include: [], exclude: [], keepFile: '# all of a\nsrv/a\n!srv/a/y.bin\n*.txt\n!z.txt\n' },
    });
    expect(rules).toHaveProperty('/srv/a/x.txt');
    expect(rules).not.toHaveProperty('/srv/b/z.txt');
  });

  it('has ten notes on excluded paths and counts the rest', async () => {
    const many = Object.fromEntries(Array.from({ length: 15 }, (_, index) => [`/srv/${index}.pyc`, 'x']));
    const { notes } = await keptOf(makeTree(many), makeTrace(Object.keys(many).map((path) => `open ${path}`)), {
      choice: { include: [], exclude: ['**/*.pyc'] },
    });
    expect([notes.length, notes.at(-1)]).toEqual([11, '--exclude removes 5 more paths']);
  });

  it('excludes at the end, with a note', async () => {
    const { rules, notes } = await keptOf(fs, makeTrace(['open /srv/a/x.txt']), { choice: { include: [], exclude: ['/srv/a/*.txt'] } });
    expect(rules).not.toHaveProperty('/srv/a/x.txt');
    expect(notes).toEqual(['--exclude removes /srv/a/x.txt']);
  });
});
