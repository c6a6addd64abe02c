import { expect, it } from 'vitest';
import { distribution, kept } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

/** Whether bash is kept where a library that the app imports has these modules. */
async function keepsBash(settings: string, runner: string): Promise<boolean> {
  const program = { text: '', mode: 0o755 };
  const { has } = await kept({
    ...distribution('lib', { 'lib/__init__.py': 'from .settings import SETTINGS', 'lib/settings.py': settings, 'lib/runner.py': runner }),
    '/app/app.py': 'import lib',
    '/usr/bin/bash': program,
    '/bin/sh': program,
  });
  return has('/usr/bin/bash');
}

const SETTINGS = 'from .runner import run\nSETTINGS = {"shell": "bash"}\n';

describeWithPython('a shell whose name is a setting of a library', () => {
  it('is kept where the library gives it command lines', async () => {
    const runner = 'import subprocess\ndef run(line, shell):\n    subprocess.Popen(line, shell=True, executable=shell)\n';
    expect(await keepsBash(SETTINGS, runner)).toBe(true);
    expect(await keepsBash('SETTINGS = {"shell": "bash"}\n', runner)).toBe(false);
  });

  it('is left out where it runs programs without a shell', async () => {
    expect(await keepsBash(SETTINGS, 'import subprocess\ndef run(line):\n    subprocess.run(["tool", line])\n')).toBe(false);
  });
});
