import { expect, it } from 'vitest';
import { kept, SITE } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

/** A distribution with a module and a console script. @param more names of more files of its metadata */
const distribution = (name: string, code: string, requires: string, more: readonly string[] = []) => ({
  [`${SITE}/${name}.py`]: code,
  [`${SITE}/${name}-1.dist-info/METADATA`]: `Name: ${name}\nVersion: 1\nRequires-Dist: ${requires}\n`,
  [`${SITE}/${name}-1.dist-info/RECORD`]: [`${name}.py`, `../../../bin/${name}`, ...more.map((file) => `${name}-1.dist-info/${file}`)]
    .map((file) => `${file},,\n`)
    .join(''),
  ...Object.fromEntries(more.map((file) => [`${SITE}/${name}-1.dist-info/${file}`, ''])),
  [`/usr/bin/${name}`]: { text: `#!/usr/bin/python3\nimport ${name}\n`, mode: 0o755 },
});

describeWithPython('a console script of a distribution that another one requires', () => {
  it('is kept where somebody installed it by its name', async () => {
    const { has } = await kept({
      '/app/app.py': 'import top\n',
      ...distribution('top', 'import wanted, further\n', 'wanted'),
      ...distribution('wanted', '', 'further', ['REQUESTED']),
      ...distribution('further', '', 'unused', []),
      ...distribution('unused', '', 'top', ['REQUESTED']),
    });
    expect(['wanted', 'further', 'unused'].filter((name) => has(`/usr/bin/${name}`))).toEqual(['wanted']);
  });
});
