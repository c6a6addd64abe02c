import { describe, expect, it } from 'vitest';
import { machineRoots, type Surroundings, withoutSecrets } from '../../src/engines/host/surroundings.js';
import { isSecret } from '../../src/os/secrets.js';
import type { Entry } from '../../src/rootfs.js';

const HOME = '/home/ada';
const PYTHON = ['/home/ada/.pyenv/versions/3.12', '/home/ada/.local/lib/python3.12/site-packages'];

describe('isSecret', () => {
  it.each([
    '/home/ada/.ssh/id_ed25519',
    '/home/ada/.ssh/config',
    '/home/ada/.bash_history',
    '/home/ada/.python_history',
    '/home/ada/.aws/credentials',
    '/home/ada/.config/gcloud/x.db',
    '/home/ada/.kube/config',
    '/home/ada/.docker/config.json',
    '/home/ada/.netrc',
    '/home/ada/.anything',
    '/home/bob/.profile',
    '/root/.cache/x',
    '/srv/app/.env',
    '/srv/app/.env.production',
    '/srv/app/deploy/id_rsa',
    '/srv/app/service-account-prod.json',
    '/srv/app/application_default_credentials.json',
    '/etc/shadow',
    '/etc/ssh/ssh_host_rsa_key',
    '/etc/ssl/private/key.pem',
  ])('%s may contain secrets', (path) => {
    expect(isSecret(path, HOME, PYTHON)).toBe(true);
  });

  it.each([
    '/home/ada/app/main.py',
    '/home/ada/.pyenv',
    '/home/ada/.pyenv/versions/3.12/lib/libpython3.12.so',
    '/home/ada/.local/lib/python3.12/site-packages/flask/app.py',
    '/srv/app/.env.example',
    '/srv/app/environment.py',
    '/etc/ssl/certs/ca-certificates.crt',
    '/etc/passwd',
    '/usr/lib/python3/dist-packages/certifi/cacert.pem',
    '/srv/app/.venv/lib/python3.12/site-packages/x.py',
  ])('%s contains no secrets', (path) => {
    expect(isSecret(path, HOME, PYTHON)).toBe(false);
  });

  it('finds keys below the interpreter too', () => {
    expect(isSecret(`${PYTHON[0]}/lib/.ssh/id_rsa`, HOME, PYTHON)).toBe(true);
  });
});

describe('withoutSecrets', () => {
  const around: Surroundings = { workdir: '/srv/app', home: HOME, python: PYTHON };
  const entries = () =>
    new Map(
      ['/srv/app/.env', '/srv/app/.env.local', '/srv/app/main.py', '/home/ada/.netrc', '/home/ada/.vimrc'].map((path) => [
        path,
        { path, type: 'f', mode: 0o600, uid: 0, gid: 0, size: 1, mtime: 0 } as Entry,
      ]),
    );

  it('takes them out, and tells of those that were used or lie with the app', () => {
    const all = entries();
    const { refused, taken } = withoutSecrets(all, around, new Set(['/home/ada/.netrc']), []);
    expect([...all.keys()]).toEqual(['/srv/app/main.py']);
    expect(refused).toEqual(['/home/ada/.netrc', '/srv/app/.env', '/srv/app/.env.local']);
    expect(taken).toEqual([]);
  });

  it('takes in what is named, letter by letter: no glob does', () => {
    const all = entries();
    const { refused, taken } = withoutSecrets(all, around, new Set(), ['/srv/app/.env', '/srv/**']);
    expect(taken).toEqual(['/srv/app/.env']);
    expect(refused).toEqual(['/srv/app/.env.local']);
    expect(all.has('/srv/app/.env')).toBe(true);
  });
});

describe('machineRoots', () => {
  it('looks at the system, the interpreter and the folder of the app', () => {
    const { roots, pruned } = machineRoots({ workdir: '/srv/app', home: HOME, python: PYTHON });
    expect(roots).toEqual(expect.arrayContaining(['/usr', '/etc', '/srv/app', ...PYTHON]));
    expect(pruned).toContain('/srv/app/.git');
  });

  it.each(['/', '/home', HOME])('never takes %s for the folder of an app', (workdir) => {
    expect(machineRoots({ workdir, home: HOME, python: ['/', HOME] }).roots).not.toContain(workdir);
  });
});
