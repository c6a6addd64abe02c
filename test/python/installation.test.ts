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
const layoutAt = async (path: string, image = fs) => {
  const installation = installationOf(path, image);
  return installation && (await layoutOf(installation, image));
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
  it("finds Debian's folders", async () => {
    expect(await layoutAt('/usr/bin/python3')).toMatchObject({
      version: '3.11',
      executable: '/usr/bin/python3.11',
      standardLibrary: ['/usr/lib/python3.11', '/usr/lib/python3.11/lib-dynload'],
      sitePackages: ['/usr/local/lib/python3.11/dist-packages', '/usr/lib/python3/dist-packages'],
      suffixes: ['.cpython-311-x86_64-linux-gnu.so', '.abi3.so', '.so'],
    });
  });

  it('finds the modules of a virtual environment, and not those beside its interpreter', async () => {
    expect(await layoutAt('/opt/tools/bin/python')).toMatchObject({
      version: '3.13',
      sitePackages: ['/opt/tools/lib/python3.13/site-packages'],
      searchPath: ['/usr/local/lib/python3.13', '/opt/tools/lib/python3.13/site-packages'],
    });
  });

  it('takes the version from the folder where the name does not say it, and needs a standard library', async () => {
    expect((await layoutAt('/opt/one/bin/pypy'))?.version).toBe('3.9');
    expect(await layoutAt('/opt/bare/bin/python3.9')).toBeUndefined();
  });

  it('keeps two Pythons of one version apart', async () => {
    const image = makeTree({
      '/usr/bin/python3.13': '',
      '/usr/lib/python3.13/os.py': '',
      '/usr/lib/python3/dist-packages/six.py': '',
      '/usr/local/bin/python3.13': '',
      '/usr/local/lib/python3.13/os.py': '',
      '/usr/local/lib/python3.13/site-packages/six.py': '',
      '/usr/local/lib/python3.13/dist-packages/x.py': '',
    });
    expect((await layoutAt('/usr/bin/python3.13', image))?.sitePackages).toEqual([
      '/usr/local/lib/python3.13/dist-packages',
      '/usr/lib/python3/dist-packages',
    ]);
    expect((await layoutAt('/usr/local/bin/python3.13', image))?.sitePackages).toEqual(['/usr/local/lib/python3.13/site-packages']);
    const { '/usr/lib/python3/dist-packages/six.py': _, ...fedora } = Object.fromEntries(
      [...image.entries.values()].filter(({ type }) => type === 'f').map(({ path }) => [path, '']),
    );
    expect(
      (await layoutAt('/usr/bin/python3.13', makeTree({ ...fedora, '/usr/lib/python3.13/site-packages/dnf.py': '' })))?.sitePackages,
    ).toEqual(['/usr/lib/python3.13/site-packages']);
  });

  it('reads the settings of a virtual environment with copies, and folders in .pth files', async () => {
    const image = makeTree({
      '/usr/local/bin/python3.13': '',
      '/usr/local/lib/python3.13/os.py': '',
      '/usr/local/lib/python3.13/site-packages/yaml.py': '',
      '/srv/tool/src/tool.py': '',
      '/opt/tools/pyvenv.cfg': 'home = /usr/local/bin\ninclude-system-site-packages = true\nversion = 3.13.1\n',
      '/opt/tools/bin/python': '',
      '/opt/tools/bin/python3': '',
      '/opt/tools/lib/python3.13/site-packages/_tool.pth': 'import os\n/srv/tool/src\n/srv/nowhere\n',
    });
    expect(await layoutAt('/opt/tools/bin/python', image)).toMatchObject({
      version: '3.13',
      standardLibrary: ['/usr/local/lib/python3.13'],
      sitePackages: ['/opt/tools/lib/python3.13/site-packages', '/usr/local/lib/python3.13/site-packages'],
      searchPath: expect.arrayContaining(['/srv/tool/src']),
    });
    const [one, other] = ['/opt/tools/bin/python', '/opt/tools/bin/python3'].map((path) => installationOf(path, image));
    expect(isSameInstallation(one as never, other as never)).toBe(true);
  });
});
