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

  it("is kept where the app's own metadata requires it", async () => {
    const direct = { [`${SITE}/top-1.dist-info/direct_url.json`]: '{"url": "file:///src", "dir_info": {}}' };
    const top = distribution('top', 'import wanted\n', 'wanted\nRequires-Dist: tool', ['direct_url.json']);
    const others = {
      ...distribution('wanted', '', 'further', []),
      ...distribution('further', '', '', []),
      ...distribution('tool', '', 'wanted', ['entry_points.txt']),
      [`${SITE}/tool-1.dist-info/entry_points.txt`]: '[console_scripts]\ntool = tool:main\n',
    };
    const names = ['wanted', 'further', 'tool'];
    const { has } = await kept({ '/app/app.py': 'import top\n', ...top, ...direct, ...others });
    expect(names.filter((name) => has(`/usr/bin/${name}`))).toEqual(['wanted', 'tool']);
    const without = await kept({ '/app/app.py': 'import top\n', ...top, ...others, [`${SITE}/top-1.dist-info/direct_url.json`]: '{}' });
    expect(names.filter((name) => without.has(`/usr/bin/${name}`))).toEqual([]);
  });
});
