import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { computeKeepSet, type KeepInput } from '../../src/keep/compute.js';

import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeTrace } from '../support/keep.js';
import { describeWithPython } from '../support/probes.js';
import { makeTree, type Node } from '../support/tree.js';

const CONF = '/etc/server/server.conf';
const PAGES = ['/var/www/pages/a.html', '/usr/share/server/html/b.css', '/srv/files/deep/c.txt', '/usr/bin/alpha', '/usr/bin/bravo'];

/** What is kept because of a configuration that some run opened. */
async function kept(
  text: string,
  more: Record<string, Node> = {},
  observations = [`open ${CONF}`],
  level: KeepInput['level'] = 'reachable',
) {
  const fs = makeTree({
    ...Object.fromEntries(['python3', 'supervisord', 'alpha', 'bravo'].map((name) => [`/usr/bin/${name}`, { text: '', mode: 0o755 }])),
    ...Object.fromEntries(PAGES.slice(0, 3).map((path) => [path, 'text'])),
    '/app/app.py': '',
    [CONF]: text,
    ...more,
  });
  const { keep } = await computeKeepSet({
    fs,
    trace: makeTrace(observations, { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: [],
    commands: [['python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level,
    mostBytes: { call: -1, name: -1 },
    analyst: analystOver(fs),
  });
  return PAGES.filter((path) => keep.has(path));
}

/** A package that brought the configuration with a text. */
const packaged = (text: string): Record<string, Node> => ({
  '/var/lib/dpkg/info/server.list': CONF,
  '/var/lib/dpkg/status': `Package: server\nStatus: install ok installed\nConffiles:\n ${CONF} ${createHash('md5').update(text).digest('hex')}\nVersion: 1\n`,
});

describeWithPython('configurations', () => {
  const served = 'location /x { alias /var/www/pages/; }\nroot "/usr/share/server/html";\nstatic-map = /files=/srv/files\n';

  it('keeps the folders that one names, and what is in them', async () => {
    expect(await kept(served)).toEqual(PAGES.slice(0, 3));
  });

  it('only where a run opened it, and from the level reachable on', async () => {
    expect(await kept(served, {}, [])).toEqual([]);
    expect(await kept(served, {}, [`open ${CONF}`], 'observed')).toEqual([]);
  });

  it('one that a package brought counts where somebody changed it', async () => {
    expect(await kept(served, packaged(served))).toEqual([]);
    expect(await kept(served, packaged('# default\n'))).toEqual(PAGES.slice(0, 3));
  });

  it.each([
    ['a comment', '# root /var/www/pages;\n  ; root /var/www/pages\n'],
    ['an address', 'proxy_pass http://host/var/www/pages;\n'],
    ['a part of a longer path', 'root data/var/www/pages;\nhome ~/var/www/pages\n'],
    ['bytes', '\0 /var/www/pages'],
  ])('%s names nothing', async (_, text) => {
    expect(await kept(text)).toEqual([]);
  });

  it('keeps the programs that a supervisor may start later', async () => {
    const jobs = '[program:x]\ncommand=/bin/sh -c "sleep 1 && alpha | bravo"\nautostart=false\n';
    expect(await kept(jobs, {}, [`open ${CONF}`, 'exec /usr/bin/supervisord'])).toEqual(['/usr/bin/alpha', '/usr/bin/bravo']);
    expect(await kept(jobs)).toEqual([]);
  });
});
