import { expect, it } from 'vitest';
import { homesIn } from '../../src/os/homes.js';
import { kept } from '../support/keptapp.js';
import { makeTree } from '../support/tree.js';

const PASSWD =
  'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:\napp:x:1000:1000::/home/app:/bin/sh\nweb:x:1001:1001::/srv/web:\nbad\nnone:x:2:2::/:\n';

it('has the home of a user by name or number, and those in places for people', async () => {
  const fs = makeTree({ '/etc/passwd': PASSWD });
  const added = ['/home/app', '/srv/web'];
  expect(await homesIn(fs, 'app:app')).toEqual({ user: '/home/app', added });
  expect(await homesIn(fs, '1')).toEqual({ user: '/usr/sbin', added });
  expect(await homesIn(fs, undefined)).toEqual({ user: '/root', added });
  expect(await homesIn(fs, '4711')).toEqual({ user: undefined, added });
  expect(await homesIn(makeTree({}), 'app')).toEqual({ user: undefined, added: [] });
});

// A library that writes to the cache of its user fails without the folder.
it.each(['observed', 'reachable'] as const)('homes are there at %s, without what nobody used', async (level) => {
  const { has } = await kept({ '/etc/passwd': PASSWD, '/home/app/.profile': '', '/srv/web/x': '', '/app/app.py': '' }, { level });
  expect(['/home/app', '/srv/web', '/home/app/.profile', '/srv/web/x'].map(has)).toEqual([true, true, false, false]);
});

it('homes of a computer that serves other apps are left out', async () => {
  const { has } = await kept({ '/etc/passwd': PASSWD, '/srv/web/x': '', '/app/app.py': '' }, { isShared: true });
  expect(has('/srv/web')).toBe(false);
});
