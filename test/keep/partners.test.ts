import { expect, it } from 'vitest';
import { computeKeepSet } from '../../src/keep/compute.js';
import { analystOver, LAYOUT } from '../support/analyst.js';
import { makeElf } from '../support/elf.js';
import { makeTrace } from '../support/keep.js';
import { makeTree } from '../support/tree.js';

const program = (...strings: string[]) => ({
  text: makeElf({ interpreter: '/lib64/ld.so', sections: { '.rodata': Buffer.from(strings.map((text) => `${text}\0`).join('')) } }),
  mode: 0o755,
});
const paragraph = (fields: Record<string, string>) =>
  `${Object.entries({ Status: 'install ok installed', Priority: 'optional', ...fields })
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')}\n`;

/** Kept programs of an image where git ran, beside ssh. @param automatic the package of ssh came with another one */
async function kept(recommends: string, strings: string[], automatic = false) {
  const fs = makeTree({
    '/usr/bin/python3': { text: '', mode: 0o755 },
    '/usr/lib/python3.13/os.py': '',
    '/app/app.py': '',
    '/usr/bin/git': program(...strings),
    '/usr/bin/ssh': program(),
    '/usr/bin/scp': program(),
    '/var/lib/dpkg/info/git.list': '/usr/bin/git\n',
    '/var/lib/dpkg/info/openssh-client.list': '/usr/bin/scp\n/usr/bin/ssh\n',
    '/var/lib/dpkg/status':
      paragraph({ Package: 'git', Recommends: recommends }) + paragraph({ Package: 'openssh-client', Provides: 'rsh-client, ssh-client' }),
    '/var/lib/apt/extended_states': automatic ? 'Package: openssh-client\nAuto-Installed: 1\n' : '',
  });
  const { keep } = await computeKeepSet({
    fs,
    trace: makeTrace(['open /app/app.py', 'exec /usr/bin/git'], { python: LAYOUT, modules: { __main__: '/app/app.py' } }),
    config: { WorkingDir: '/app' },
    env: [],
    commands: [['/usr/bin/python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level: 'reachable',
    analyst: analystOver(fs),
  });
  return ['ssh', 'scp'].filter((name) => keep.reasons.has(`/usr/bin/${name}`));
}

it('a program that a native program may run is kept where its package was installed by name, and the other one works with it', async () => {
  expect(await kept('less (>= 1), patch | ssh-client', ['git', 'ssh'])).toEqual(['ssh']);
  expect(await kept('openssh-client (>= 1:9)', ['git', 'autossh', 'scp of'])).toEqual(['ssh']);
});

it('is left out where nobody installed it by name, no package asks for it, or no string names it', async () => {
  expect(await kept('ssh-client', ['ssh'], true)).toEqual([]);
  expect(await kept('less', ['ssh'])).toEqual([]);
  expect(await kept('ssh-client', ['sshd'])).toEqual([]);
});
