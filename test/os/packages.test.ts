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

it('finds no packages in an image without a package manager', async () => {
  const packages = openPackages(makeTree({ '/x': '' }));
  expect([packages.names(), await packages.files('x'), await packages.ownerOf('/x')]).toEqual([[], [], undefined]);
});
