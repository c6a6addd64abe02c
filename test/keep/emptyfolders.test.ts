import { expect, it } from 'vitest';
import { kept, SITE } from '../support/keptapp.js';

const FOLDER = { directory: true } as const;
const NODES = {
  '/app/app.py': '',
  '/srv/uploads/a/b': FOLDER,
  '/data/.gitkeep': '',
  '/var/lib/tool/spool': FOLDER,
  '/etc/tool.d': FOLDER,
  '/srv/full/notes.txt': 'x',
  '/app/.git/refs': FOLDER,
  '/app/__pycache__': FOLDER,
  '/usr/share/empty': FOLDER,
  [`${SITE}/empty`]: FOLDER,
  '/var/lib/of-package': FOLDER,
  '/var/lib/dpkg/info/package.list': '/.\n/var\n/var/lib\n/var/lib/of-package\n',
};
const MADE = ['/srv/uploads/a/b', '/data', '/var/lib/tool/spool', '/etc/tool.d'];

it('folders without files that no package brought are kept: an app may write there', async () => {
  const { has, paths } = await kept(NODES);
  expect(MADE.filter((path) => !has(path))).toEqual([]);
  expect(paths.filter((path) => /gitkeep|notes|\.git\/|pycache|empty|of-package|full/.test(path))).toEqual([]);
});

it('standard folders in which programs write are there, also where a package brought them', async () => {
  const nodes = {
    '/app/app.py': '',
    '/var/log/apt/x': '',
    '/mnt': FOLDER,
    '/var/run': { link: '/run' },
    '/run/lock': FOLDER,
    '/var/games': FOLDER,
  };
  const names = ['/var/log', '/mnt', '/var/run', '/run/lock', '/var/log/apt', '/var/spool'];
  expect(names.filter((await kept(nodes)).has)).toEqual(names.slice(0, 4));
  expect(names.filter((await kept(nodes, { level: 'observed' })).has)).toEqual([]);
});

it.each([
  ['at observed', { level: 'observed' }],
  ['of a computer that serves other apps, too', { isShared: true }],
] as const)('are left out %s', async (_, seen) => {
  const { has } = await kept(NODES, seen);
  expect(MADE.filter(has)).toEqual([]);
});
