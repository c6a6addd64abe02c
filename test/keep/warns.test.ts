import { expect, it } from 'vitest';
import { distribution, kept, SITE } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

describeWithPython('the .pyc of a module that no run used', () => {
  it('stays where Python prints a warning when it compiles the source', async () => {
    const { has } = await kept({
      '/app/app.py': 'def later(): import odd, plain\n',
      ...distribution('odd', {
        'odd.py': 'x = 1\nif x is "a": pass\n',
        'plain.py': 'x = 1\n',
        '__pycache__/odd.cpython-313.pyc': '',
        '__pycache__/plain.cpython-313.pyc': '',
      }),
    });
    expect(['odd', 'plain'].map((name) => has(`${SITE}/__pycache__/${name}.cpython-313.pyc`))).toEqual([true, false]);
  });
});
