import { expect, it } from 'vitest';
import { makeElf } from '../support/elf.js';
import { distribution, kept, SITE } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

const SUFFIX = '.cpython-313-x86_64-linux-gnu.so';
const extension = (...strings: string[]) => makeElf({ needed: [], sections: { '.rodata': Buffer.from(['', ...strings, ''].join('\0')) } });

describeWithPython('the compiled part of a distribution, beside its packages', () => {
  const foreign = {
    ...distribution('foreign', {
      [`_foreign_backend${SUFFIX}`]: extension('foreign', '_foreign_more'),
      [`_foreign_more${SUFFIX}`]: extension(),
      'foreign/__init__.py': 'import parser_of_c',
      'foreign/api.py': '',
    }),
    ...distribution('parser', { 'parser_of_c.py': '' }),
    ...distribution('cipher', { 'cipher/__init__.py': 'import cipher._rust', [`cipher/_rust${SUFFIX}`]: extension('_foreign_backend') }),
  };
  const names = [
    `_foreign_backend${SUFFIX}`,
    `_foreign_more${SUFFIX}`,
    'foreign-1.dist-info/METADATA',
    'foreign/__init__.py',
    'foreign/api.py',
    'parser_of_c.py',
  ];

  it.each([
    ['alone where other code imports only it', 'import cipher', names.slice(0, 3)],
    ['with all of it where the app imports the package', 'import cipher, foreign', names],
    ['with all of it where the app imports the compiled part', 'import _foreign_backend', names],
  ])('is kept %s', async (_, app, expected) => {
    const { has } = await kept({ '/app/app.py': app, ...foreign });
    expect(names.filter((name) => has(`${SITE}/${name}`))).toEqual(expected);
  });
});
