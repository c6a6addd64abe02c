import { expect, it } from 'vitest';
import { LAYOUT } from '../support/analyst.js';
import { makeElf } from '../support/elf.js';
import { distribution, kept, SITE } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

const SUFFIX = LAYOUT.suffixes[0] as string;
const extension = (strings: string) => makeElf({ symbols: ['PyInit_part'], sections: { '.rodata': Buffer.from(`\0${strings}\0`) } });

/** Which of the two files of `fast.part` is kept where a library that the app imports does so. @param more files of the distribution */
async function keptParts(strings: string, more: Record<string, string> = {}, app = 'import library'): Promise<string[]> {
  const files = { 'fast/__init__.py': '', 'fast/part.py': 'import missing', [`fast/part${SUFFIX}`]: extension(strings) };
  const { has } = await kept({
    ...distribution('fast', { ...files, ...more }),
    ...distribution('library', { 'library/__init__.py': 'import fast.part' }),
    '/app/app.py': app,
  });
  return ['part.py', `part${SUFFIX}`].filter((name) => has(`${SITE}/fast/${name}`));
}

describeWithPython('a module in Python beside an extension module of its name', () => {
  it('replaces it where the extension module was compiled from it', async () => {
    expect(await keptParts('src/fast/part.py')).toEqual(['part.py']);
    expect(await keptParts('part.py')).toEqual(['part.py']);
    expect(await keptParts('', { [`81d243bd__mypyc${SUFFIX}`]: '' })).toEqual(['part.py']);
  });

  it('does not where it is another one, for other interpreters', async () => {
    for (const strings of ['', 'src/fast/part.c', 'other_part.py', 'src/fast/part.pyx'])
      expect(await keptParts(strings)).toContain(`part${SUFFIX}`);
  });

  it('does not where the Python module is a source for Cython', async () => {
    for (const source of ['import cython\nif not cython.compiled:\n    raise ImportError()\n', 'from cython.cimports.libc import math\n'])
      expect(await keptParts('src/fast/part.py', { 'fast/part.py': source })).toContain(`part${SUFFIX}`);
  });

  it('does not where the app imports the distribution', async () => {
    expect(await keptParts('src/fast/part.py', {}, 'import library, fast')).toContain(`part${SUFFIX}`);
  });
});
