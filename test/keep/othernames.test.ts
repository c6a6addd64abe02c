import { expect, it } from 'vitest';
import { kept } from '../support/keptapp.js';
import type { Node } from '../support/tree.js';

const program: Node = { text: '#', mode: 0o755 };
const NODES: Record<string, Node> = {
  '/app/app.py': 'import subprocess\nsubprocess.run(["tool-python3"])\n',
  '/usr/bin/tool-python3': program,
  '/usr/bin/tool': { link: '/etc/alternatives/tool' },
  '/etc/alternatives/tool': { link: '/usr/bin/tool-python3' },
  '/usr/bin/tool3': { link: 'tool-python3' },
  '/usr/bin/elsewhere': { link: 'tool-python3' },
  '/usr/bin/unused': program,
  '/usr/bin/unused3': { link: 'unused' },
  '/usr/lib/tool3': { link: '../bin/tool-python3' },
  '/var/lib/dpkg/info/tool.list': '/usr/bin/tool-python3\n/usr/bin/tool3\n/usr/lib/tool3\n/usr/bin/unused\n/usr/bin/unused3\n',
};
const NAMES = ['/usr/bin/tool-python3', '/usr/bin/tool', '/etc/alternatives/tool', '/usr/bin/tool3'];
const OTHERS = ['/usr/bin/elsewhere', '/usr/bin/unused', '/usr/bin/unused3', '/usr/lib/tool3'];

it('other names of a kept program are kept: alternatives, and links of its package in PATH', async () => {
  const { has } = await kept(NODES);
  expect([...NAMES, ...OTHERS].filter(has)).toEqual(NAMES);
});

it('are left out at observed', async () => {
  const { has } = await kept(NODES, { level: 'observed', observations: ['exec /usr/bin/tool-python3'] });
  expect([...NAMES, ...OTHERS].filter(has)).toEqual(NAMES.slice(0, 1));
});
