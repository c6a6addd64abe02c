import { describe, expect, it } from 'vitest';
import { installationOf, isSameInstallation, layoutOf } from '../../src/python/installation.js';
import { makeTree } from '../support/tree.js';

const fs = makeTree({
  '/usr/bin/python3.11': '',
  '/usr/bin/python3': { link: 'python3.11' },
  '/usr/lib/python3.11/os.py': '',
  '/usr/lib/python3.11/lib-dynload/_json.cpython-311-x86_64-linux-gnu.so': '',
  '/usr/lib/python3/dist-packages/six.py': '',
  '/usr/local/lib/python3.11/dist-packages/more.py': '',
  '/usr/local/bin/python3.13': '',
  '/usr/local/bin/python3': { link: 'python3.13' },
  '/usr/local/lib/python3.13/os.py': '',
  '/usr/local/lib/python3.13/site-packages/app.py': '',
  '/opt/tools/pyvenv.cfg': 'home = /usr/local/bin',
  '/opt/tools/bin/python': { link: '/usr/local/bin/python3' },
  '/opt/tools/bin/python3': { link: 'python' },
  '/opt/tools/lib/python3.13/site-packages/tool.py': '',
  '/opt/one/bin/pypy': '',
  '/opt/one/lib/python3.9/os.py': '',
  '/opt/bare/bin/python3.9': '',
});
const layoutAt = (path: string) => {
  const installation = installationOf(path, fs);
  return installation && layoutOf(installation, fs);
};

describe('installationOf', () => {
  it('tells a virtual environment from the interpreter that it uses', () => {
    const [base, tools, again] = ['/usr/local/bin/python3', '/opt/tools/bin/python', '/opt/tools/bin/python3'].map((path) =>
      installationOf(path, fs),
    );
    expect([base, tools]).toEqual([
      { executable: '/usr/local/bin/python3.13' },
      { executable: '/usr/local/bin/python3.13', environment: '/opt/tools' },
    ]);
    expect(isSameInstallation(tools as never, again as never)).toBe(true);
    expect(isSameInstallation(tools as never, base as never)).toBe(false);
    expect(installationOf('/nowhere/python', fs)).toBeUndefined();
  });
});

describe('layoutOf', () => {
  it("finds Debian's folders", () => {
    expect(layoutAt('/usr/bin/python3')).toMatchObject({
      version: '3.11',
      executable: '/usr/bin/python3.11',
      standardLibrary: ['/usr/lib/python3.11', '/usr/lib/python3.11/lib-dynload'],
      sitePackages: ['/usr/local/lib/python3.11/dist-packages', '/usr/lib/python3/dist-packages'],
      suffixes: ['.cpython-311-x86_64-linux-gnu.so', '.abi3.so', '.so'],
    });
  });

  it('finds the modules of a virtual environment, and not those beside its interpreter', () => {
    expect(layoutAt('/opt/tools/bin/python')).toMatchObject({
      version: '3.13',
      sitePackages: ['/opt/tools/lib/python3.13/site-packages'],
      searchPath: ['/usr/local/lib/python3.13', '/opt/tools/lib/python3.13/site-packages'],
    });
  });

  it('takes the version from the folder where the name does not say it, and needs a standard library', () => {
    expect(layoutAt('/opt/one/bin/pypy')?.version).toBe('3.9');
    expect(layoutAt('/opt/bare/bin/python3.9')).toBeUndefined();
  });
});
