import { describe, expect, it } from 'vitest';
import { behindLink, isAdded } from '../../src/os/places.js';
import { makeTree } from '../support/tree.js';

describe('isAdded', () => {
  it.each([
    '/app/main.py',
    '/srv/x',
    '/opt/venv/bin/python',
    '/home/ada/x',
    '/usr/src/app/x',
    '/usr/app/x',
    '/',
    '/var/www/index.py',
    '/var/task/x',
  ])('%s is in a place for the app', (path) => expect(isAdded(path)).toBe(true));

  it.each([
    '/usr/bin/git',
    '/etc/passwd',
    '/usr/local/lib/python3.13/os.py',
    '/usr/local/bin/python',
    '/var/lib/dpkg/status',
    '/usr/src/linux',
  ])('%s is in a place for the operating system', (path) => expect(isAdded(path)).toBe(false));
});

describe('behindLink', () => {
  const fs = makeTree({
    '/usr/share/python-x/data/a': 'a',
    '/usr/lib/python3/dist-packages/x/data': { link: '/usr/share/python-x/data' },
    '/usr/lib/python3/dist-packages/x/all': { link: '/usr/share' },
    '/usr/lib/python3/dist-packages/x/file': { link: '/usr/share/python-x/data/a' },
  });
  const package_ = '/usr/lib/python3/dist-packages/x';

  it('lists the files of a package in /usr/share', () => {
    expect(behindLink(fs, `${package_}/data`)).toEqual(['/usr/share/python-x/data/a']);
  });

  it('lists nothing for /usr/share as a whole, a link to a file, or a path that is not a link', () => {
    expect([`${package_}/all`, `${package_}/file`, package_, '/gone'].flatMap((path) => behindLink(fs, path))).toEqual([]);
  });
});
