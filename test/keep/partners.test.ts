import { expect, it } from 'vitest';
import { makeElf } from '../support/elf.js';
import { kept as keptApp, STANDARD } from '../support/keptapp.js';
import type { Node } from '../support/tree.js';

const program = (...strings: string[]) => ({
  text: makeElf({ interpreter: '/lib64/ld.so', sections: { '.rodata': Buffer.from(strings.map((text) => `${text}\0`).join('')) } }),
  mode: 0o755,
});
const paragraph = (fields: Record<string, string>) =>
  `${Object.entries({ Status: 'install ok installed', Priority: 'optional', ...fields })
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')}\n`;

/** What is kept of an image whose Python is no younger than its packages, so that they count as installed by name, and where these ran. */
const keptOf = (nodes: Record<string, Node>, ran = 'aspell') =>
  keptApp({ [`${STANDARD}/os.py`]: '', '/app/app.py': '', ...nodes }, { observations: [`exec /usr/bin/${ran}`] });

/** Kept programs of an image where git ran, beside rsh. @param automatic the package of rsh came with another one */
async function kept(recommends: string, strings: string[], automatic = false) {
  const nodes = {
    '/usr/bin/git': program(...strings),
    '/usr/bin/rsh': program(),
    '/usr/bin/rcp': program(),
    '/var/lib/dpkg/info/git.list': '/usr/bin/git\n',
    '/var/lib/dpkg/info/rsh-redone-client.list': '/usr/bin/rcp\n/usr/bin/rsh\n',
    '/var/lib/dpkg/status':
      paragraph({ Package: 'git', Recommends: recommends }) + paragraph({ Package: 'rsh-redone-client', Provides: 'rsh-client' }),
    '/var/lib/apt/extended_states': automatic ? 'Package: rsh-redone-client\nAuto-Installed: 1\n' : '',
  };
  const { has } = await keptOf(nodes, 'git');
  return ['rsh', 'rcp'].filter((name) => has(`/usr/bin/${name}`));
}

it('a program that a native program may run is kept where its package was installed by name, and the other one works with it', async () => {
  expect(await kept('less (>= 1), patch | rsh-client', ['git', 'rsh'])).toEqual(['rsh']);
  expect(await kept('rsh-redone-client (>= 1:9)', ['git', 'autorsh', 'rcp of'])).toEqual(['rsh']);
});

it('is left out where nobody installed it by name, no package asks for it, or no string names it', async () => {
  expect(await kept('rsh-client', ['rsh'], true)).toEqual([]);
  expect(await kept('less', ['rsh'])).toEqual([]);
  expect(await kept('rsh-client', ['rshd'])).toEqual([]);
});

it('a subcommand in a package of its own is kept with the program', async () => {
  const keptOnes = async (name: string) => {
    const { has } = await keptOf(
      {
        '/usr/bin/git': program('git'),
        '/usr/bin/git-lfs': program(),
        '/usr/bin/gitk': program(),
        '/var/lib/dpkg/info/git.list': '/usr/bin/git\n',
        '/var/lib/dpkg/info/git-lfs.list': '/usr/bin/git-lfs\n/usr/bin/gitk\n',
        '/var/lib/dpkg/status': paragraph({ Package: 'git' }) + paragraph({ Package: 'git-lfs', Depends: 'git (>= 1.8), libc6' }),
        '/var/lib/apt/extended_states': `Package: ${name}\nAuto-Installed: 1\n`,
      },
      'git',
    );
    return ['git-lfs', 'gitk'].filter((one) => has(`/usr/bin/${one}`));
  };
  expect(await keptOnes('none')).toEqual(['git-lfs']);
  expect(await keptOnes('git-lfs')).toEqual([]);
});

it('data of a package without programs comes with the program that it is for, where both were installed by name', async () => {
  const DATA = ['/usr/lib/words/en.multi', '/var/lib/aspell/en.rws'];
  const keptData = async (automatic: string) => {
    const { has } = await keptOf({
      '/usr/bin/aspell': program('aspell.conf'),
      '/usr/share/doc/aspell-en/copyright': '',
      '/etc/aspell.conf': '',
      ...Object.fromEntries(DATA.map((path) => [path, ''])),
      '/var/lib/dpkg/info/aspell.list': '/usr/bin/aspell\n/etc/aspell.conf\n',
      '/var/lib/dpkg/info/aspell-en:amd64.list': `${DATA.join('\n')}\n/usr/share/doc/aspell-en/copyright\n`,
      '/var/lib/dpkg/status': paragraph({ Package: 'aspell' }) + paragraph({ Package: 'aspell-en', Depends: 'aspell (>= 0.60)' }),
      '/var/lib/apt/extended_states': `Package: ${automatic}\nAuto-Installed: 1\n`,
    });
    return ['/etc/aspell.conf', ...DATA, '/usr/share/doc/aspell-en/copyright'].filter(has);
  };
  expect(await keptData('none')).toEqual(['/etc/aspell.conf', ...DATA]);
  expect(await keptData('aspell-en')).toEqual(['/etc/aspell.conf']);
  expect(await keptData('aspell')).toEqual([]);
});
