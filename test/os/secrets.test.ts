import { describe, expect, it } from 'vitest';
import { isSecret, isSecretFolder } from '../../src/os/secrets.js';

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
    '/srv/app/.envrc',
    '/srv/app/.env.default',
    '/srv/app/default.env',
    '/srv/app/prod.env',
    '/srv/app/conf/secrets.yaml',
    '/srv/app/secrets.prod.json',
    '/srv/app/.secrets.toml',
    '/srv/app/secrets/db_password',
    '/srv/app/.secret/key.bin',
    '/srv/app/certs/server.p12',
    '/srv/app/keys.jks',
    '/srv/app/passwords.kdbx',
    '/srv/app/terraform.tfstate',
    '/srv/app/.vault_pass',
    '/srv/app/private-key.pem',
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
    '/srv/app/example.env',
    '/srv/app/secrets.py',
    '/srv/app/secrets/__init__.py',
    '/srv/app/secrets/db.example.txt',
    '/srv/app/secrets/pages/index.txt',
    '/srv/app/.venv/lib/python3.12/site-packages/secrets/data.bin',
    '/srv/app/secrets.example.yaml',
    '/srv/app/secrets.default.yaml',
    '/srv/app/tokens.py',
    '/srv/app/.venv/lib/python3.12/site-packages/x/credentials.txt',
    '/usr/lib/python3.12/secrets.py',
    '/usr/share/keyrings/debian-archive-keyring.gpg',
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

describe('isSecretFolder', () => {
  it.each(['/home/ada/.ssh', '/srv/app/.aws', '/home/bob/.config', '/etc/ssl/private'])('all of %s may be secret', (path) => {
    expect(isSecretFolder(path, HOME, PYTHON)).toBe(true);
  });

  it.each(['/srv/app/secrets', '/srv/app/secret', '/srv/app/.env', '/srv/app/prod.env', '/srv/app/token.json', '/home/ada/.pyenv'])(
    '%s may be an ordinary folder',
    (path) => {
      expect(isSecretFolder(path, HOME, PYTHON)).toBe(false);
    },
  );
});
