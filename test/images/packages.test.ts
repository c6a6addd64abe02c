import { expect, it } from 'vitest';
import { openPackages } from '../../src/images/packages.js';
import { makeTree } from '../support/tree.js';

it("reads Debian's lists, of a merged /usr too", async () => {
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

it('an image without a package manager has no packages', async () => {
  const packages = openPackages(makeTree({ '/x': '' }));
  expect([packages.names(), await packages.files('x'), await packages.ownerOf('/x')]).toEqual([[], [], undefined]);
});
