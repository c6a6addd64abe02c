import { expect, it } from 'vitest';
import { openPackages } from '../../src/os/packages.js';
import { makeTree } from '../support/tree.js';

it("reads Debian's lists, also with a merged /usr", async () => {
  const packages = openPackages(
    makeTree({
      '/bin': { link: 'usr/bin' },
      '/usr/bin/dash': '',
      '/usr/bin/sh': { link: 'dash' },
      '/var/lib/dpkg/info/dash.list': '/.\n/bin\n/bin/dash\n/bin/sh\n/usr/share/man/gone.1\n',
      '/var/lib/dpkg/info/dash.md5sums': 'x',
    }),
  );
  expect(packages.names()).toEqual(['dash']);
  expect(await packages.files('dash')).toEqual(['/bin', '/usr/bin/dash', '/usr/bin/sh']);
  expect(await packages.ownerOf('/usr/bin/dash')).toBe('dash');
  expect(await packages.ownerOf('/usr/bin/other')).toBeUndefined();
});

it("reads Alpine's database", async () => {
  const packages = openPackages(
    makeTree({
      '/bin/busybox': '',
      '/etc/os-release': '',
      '/top': '',
      '/lib/apk/db/installed':
        'C:Q1x=\nP:busybox\nV:1\nF:bin\nR:busybox\na:0:0:755\nF:etc\nR:gone\n\nP:base\nF:\nR:top\nF:etc\nR:os-release\n\nno name\n',
    }),
  );
  expect(await packages.files('busybox')).toEqual(['/bin/busybox']);
  expect(await packages.ownerOf('/etc/os-release')).toBe('base');
  expect(await packages.ownerOf('/top')).toBe('base');
});

it('finds out which packages somebody installed by name', async () => {
  const debian = openPackages(
    makeTree({
      '/var/lib/dpkg/info/x.list': '',
      '/var/lib/dpkg/status':
        'Package: git\nStatus: install ok installed\nPriority: optional\n\nPackage: dash\nEssential: yes\nPriority: optional\n\nPackage: tar\nPriority: required\n\nPackage: libx\nPriority: optional\nDescription: Package: y\n',
      '/var/lib/apt/extended_states': 'Package: libx\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: git\nAuto-Installed: 0\n',
    }),
  );
  const asked = (packages: typeof debian, names: string[]) => Promise.all(names.map((name) => packages.isOnPurpose(name)));
  expect(await asked(debian, ['git', 'git:amd64', 'dash', 'tar', 'libx', 'y'])).toEqual([true, true, false, false, false, false]);
  const alpine = openPackages(makeTree({ '/etc/apk/world': 'alpine-baselayout\nbusybox\ngit\ncurl>8\npython3@edge\n' }));
  expect(await asked(alpine, ['git', 'curl', 'python3', 'busybox', 'musl'])).toEqual([true, true, true, false, false]);
});

it.each([
  ['compiled', {}, ['tool', 'cron']],
  ['of a package', { '/var/lib/dpkg/info/python3.list': { text: '/usr/lib/python3/os.py\n', mtime: 5000 } }, ['git', 'old', 'tool']],
])('an interpreter that is %s tells the packages of the app from those of its base image', async (_, owner, expected) => {
  const packages = openPackages(
    makeTree({
      '/usr/lib/python3/os.py': { text: '', mtime: 5000 },
      '/var/lib/dpkg/info/git.list': { text: '', mtime: 4900 },
      '/var/lib/dpkg/info/old.list': { text: '', mtime: 1000 },
      '/var/lib/dpkg/info/tool.list': { text: '', mtime: 6000 },
      '/var/lib/dpkg/info/cron.list': { text: '', mtime: 6000 },
      '/var/lib/dpkg/status': ['git', 'old', 'tool', 'cron']
        .map((name) => `Package: ${name}\nPriority: ${name === 'cron' ? 'important' : 'optional'}\n`)
        .join('\n'),
      ...owner,
    }),
    '/usr/lib/python3/os.py',
  );
  const found = await Promise.all(['git', 'old', 'tool', 'cron'].map(async (name) => ((await packages.isOnPurpose(name)) ? [name] : [])));
  expect(found.flat()).toEqual(expected);
});

it.each(['compiled', 'of a package'])('what the base system depends on was not installed by name (Python is %s)', async (python) => {
  const paragraph = (name: string, fields: string) => `Package: ${name}\nStatus: install ok installed\n${fields}\n\n`;
  const packages = openPackages(
    makeTree({
      '/usr/lib/python3/os.py': { text: '', mtime: 5000 },
      ...(python === 'compiled' ? {} : { '/var/lib/dpkg/info/python3.list': { text: '/usr/lib/python3/os.py\n', mtime: 5000 } }),
      // An upgrade writes them again.
      ...Object.fromEntries(
        ['dpkg', 'libc6', 'libpcre', 'tool', 'tzdata'].flatMap((name) => [
          [`/usr/lib/${name}`, ''],
          [`/var/lib/dpkg/info/${name}.list`, { text: `/usr/lib/${name}\n`, mtime: 6000 }],
        ]),
      ),
      '/var/lib/dpkg/status':
        paragraph('dpkg', 'Essential: yes\nPriority: required\nPre-Depends: libpcre (>= 10)') +
        paragraph('libpcre', 'Priority: optional\nDepends: libc6') +
        paragraph('libc6', 'Priority: optional') +
        paragraph('tool', 'Priority: optional\nDepends: libc6') +
        paragraph('tzdata', 'Priority: required'),
    }),
    '/usr/lib/python3/os.py',
  );
  const names = ['dpkg', 'libc6', 'libpcre', 'tool', 'tzdata'];
  const found = await Promise.all(names.map(async (name) => ((await packages.isOnPurpose(name)) ? [name] : [])));
  expect(found.flat()).toEqual(python === 'compiled' ? ['tool', 'tzdata'] : ['tool']);
});

it('finds no packages in an image without a package manager', async () => {
  const packages = openPackages(makeTree({ '/x': '' }));
  expect([packages.names(), await packages.files('x'), await packages.ownerOf('/x')]).toEqual([[], [], undefined]);
});

it('a package without files of its own stands for those that it depends on, unless it is for building', async () => {
  const paragraph = (name: string, depends: string, section = 'net') =>
    `Package: ${name}\nStatus: install ok installed\nPriority: optional\nSection: ${section}\nDepends: ${depends}\n\n`;
  const packages = openPackages(
    makeTree({
      '/usr/bin/dig': '',
      '/usr/bin/gcc': '',
      '/usr/share/doc/dnsutils/copyright': '',
      '/usr/share/doc/essential/list': '',
      '/var/lib/dpkg/info/dnsutils.list': '/usr/share/doc/dnsutils/copyright\n',
      '/var/lib/dpkg/info/bind9-dnsutils.list': '/usr/bin/dig\n',
      '/var/lib/dpkg/info/libx:amd64.list': '',
      '/var/lib/dpkg/info/essential.list': '/usr/share/doc/essential/list\n',
      '/var/lib/dpkg/info/gcc.list': '/usr/bin/gcc\n',
      '/var/lib/dpkg/status':
        paragraph('dnsutils', 'bind9-dnsutils (>= 9) | knot, absent') +
        paragraph('bind9-dnsutils', 'libx') +
        paragraph('libx', '') +
        paragraph('essential', 'gcc', 'devel') +
        paragraph('gcc', ''),
      '/var/lib/apt/extended_states': ['bind9-dnsutils', 'libx', 'gcc'].map((name) => `Package: ${name}\nAuto-Installed: 1\n`).join('\n'),
    }),
  );
  const names = ['dnsutils', 'bind9-dnsutils', 'libx', 'essential', 'gcc'];
  expect(await Promise.all(names.map((name) => packages.isOnPurpose(name)))).toEqual([true, true, false, true, false]);
  expect(await packages.worksWith('dnsutils:amd64')).toEqual(['bind9-dnsutils']);
  expect([await packages.hasFolder('/usr/share/doc'), await packages.hasFolder('/usr/bin')]).toEqual([false, false]);
});
