import { expect, it } from 'vitest';
import { makeElf } from '../support/elf.js';
import { distribution, kept, STANDARD } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

/** No older than the packages, which then count as installed by name. */
const PYTHON = { [`${STANDARD}/os.py`]: '' };
const program = (symbols: string[] = []) => ({ text: makeElf({ interpreter: '/lib64/ld.so', needed: [], symbols }), mode: 0o755 });
const paragraph = (name: string, depends = '') =>
  `Package: ${name}\nStatus: install ok installed\nPriority: optional\nDepends: ${depends}\n\n`;
const automatic = (...names: string[]) => names.map((name) => `Package: ${name}\nAuto-Installed: 1\n`).join('\n');

describeWithPython('programs that somebody installed by name', () => {
  it.each([
    [['postgresql-client-15', 'postgresql-client-common'], true],
    [['postgresql-client', 'postgresql-client-15', 'postgresql-client-common'], false],
  ])('are found behind a package that stands for others, and behind a wrapper (%j came by themselves)', async (others, expected) => {
    const { has } = await kept({
      ...PYTHON,
      ...distribution('lib', {
        'lib/__init__.py': 'from lib.pg.client import Client\n',
        'lib/pg/client.py': 'from lib.base.client import Base\nclass Client(Base):\n    executable = "psql"\n',
        'lib/base/client.py':
          'import subprocess\nclass Base:\n    def run(self, args):\n        subprocess.run([self.executable, *args])\n',
      }),
      '/app/app.py': 'import lib',
      '/usr/bin/psql': { link: '../share/postgresql-common/pg_wrapper' },
      '/usr/share/postgresql-common/pg_wrapper': { text: `#!/usr/bin/perl\n${'#'.repeat(5e6)}`, mode: 0o755 },
      '/usr/lib/postgresql/15/bin/psql': program(),
      '/var/lib/dpkg/info/postgresql-client.list': '/.\n',
      '/var/lib/dpkg/info/postgresql-client-15.list': '/usr/lib/postgresql/15/bin/psql\n',
      '/var/lib/dpkg/info/postgresql-client-common.list': '/usr/bin/psql\n/usr/share/postgresql-common/pg_wrapper\n',
      '/var/lib/dpkg/status':
        paragraph('postgresql-client', 'postgresql-client-15') +
        paragraph('postgresql-client-15', 'postgresql-client-common') +
        paragraph('postgresql-client-common'),
      '/var/lib/apt/extended_states': automatic(...others),
    });
    expect([has('/usr/bin/psql'), has('/usr/lib/postgresql/15/bin/psql')]).toEqual([expected, expected]);
  });

  it.each([
    ['unrtf', [], true],
    ['unrtf', ['unrtf'], false],
  ])('have the character sets of iconv (%s; %j came by themselves)', async (name, others, expected) => {
    const { has } = await kept({
      ...PYTHON,
      '/app/app.py': `import subprocess\nsubprocess.run(["${name}"])\n`,
      [`/usr/bin/${name}`]: program(['iconv_open']),
      '/usr/lib/x86_64-linux-gnu/gconv/CP1252.so': '',
      [`/var/lib/dpkg/info/${name}.list`]: `/usr/bin/${name}\n`,
      '/var/lib/dpkg/status': paragraph(name),
      '/var/lib/apt/extended_states': automatic(...others),
    });
    expect([has(`/usr/bin/${name}`), has('/usr/lib/x86_64-linux-gnu/gconv/CP1252.so')]).toEqual([true, expected]);
  });
});
