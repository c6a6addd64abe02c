import { expect, it } from 'vitest';
import { distribution, kept, SITE } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

/** Which modules of a library with a folder of tests are kept. */
async function modulesOf(code: string): Promise<string[]> {
  const files = {
    'library/__init__.py': code,
    'library/test/__init__.py': '',
    'library/test/runtests.py': 'import unittest\nMODULES = ["library.test.web_test", "library.web"]\nfrom library.test import used_test\n',
    'library/test/web_test.py': 'import heavy\n',
    'library/test/used_test.py': '',
    'library/web.py': '',
  };
  const { has } = await kept({ '/app/app.py': 'import library\n', ...distribution('library', files) });
  return Object.keys(files).filter((file) => has(`${SITE}/${file}`));
}

describeWithPython('a list of tests in a folder of tests', () => {
  const HELPERS = ['library/__init__.py', 'library/test/__init__.py', 'library/test/runtests.py'];

  it('brings no tests, but what it imports', async () => {
    expect(await modulesOf('')).toEqual([...HELPERS, 'library/test/used_test.py', 'library/web.py']);
  });

  it('leaves tests that code elsewhere names', async () => {
    expect(await modulesOf('import importlib\nimportlib.import_module("library.test.web_test")\n')).toContain('library/test/web_test.py');
  });
});
