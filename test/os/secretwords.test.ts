import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretName, secretsIn } from '../../src/os/secretwords.js';

describe('isSecretName', () => {
  it.each(['password', 'DB_PASS', 'api-key', 'X-Api-Key', 'Authorization', 'cookie', 'access_token', 'SENTRY_DSN', 'client_secret'])(
    '%s is one',
    (name) => expect(isSecretName(name)).toBe(true),
  );
  it.each([
    'author',
    'SESSION_TYPE',
    'AUTH_HOST',
    'auth_enabled',
    'passenger',
    'path',
    'content-type',
    'tokenizer',
    'keyboard',
    'page',
    'sessions',
  ])('%s is none', (name) => expect(isSecretName(name)).toBe(false));
});

describe('secretsIn', () => {
  // Made up. The second part of each line is there so that it has no telling format of its own.
  const LINES = ['MIIEvQIBADANBgkqhkiG'.repeat(3), 'abcdefghijklmnopabcdefgh'.repeat(2)];
  const key = (kind: string, end: string) => `-----BEGIN ${kind}-----${end}${LINES.join(end)}${end}-----END ${kind}-----${end}`;

  it.each([
    ['a file', key('PRIVATE KEY', '\n')],
    ['a variable', `TLS=${key('RSA PRIVATE KEY', '\n')}`],
    ['JSON', JSON.stringify({ name: 'x', pem: key('EC PRIVATE KEY', '\n') })],
    ['a text that is cut', key('PGP PRIVATE KEY BLOCK', '\r\n').slice(0, -20)],
  ])('has the lines of a private key in %s, and not its header', (_, text) => {
    const secrets = secretsIn(text);
    for (const line of LINES) expect(secrets).toContain(line);
    expect(secrets.filter((secret) => /^-+BEGIN[A-Z ]+-+$/.test(secret))).toEqual([]);
  });

  it.each(['PuTTY-User-Key-File-3: ssh-ed25519', '{"type": "service_account"}'])('has nothing that is only a marker: %s', (text) => {
    expect(secretsIn(text)).toEqual([]);
  });

  it('has long values in quotes', () => {
    const value = 'correct horse '.repeat(100);
    for (const text of [`password="${value}"`, `password: '${value}'`, `x --password "${value}"`]) expect(secretsIn(text)).toContain(value);
  });

  it.each([
    ['/a?token=s3same%20open&page=2', ['s3same%20open', 's3same open']],
    ['{"user": "ada", "password": "correct horse"}', ['correct horse']],
    ['user=ada&password=hunter2', ['hunter2']],
    ['manage.py login --password hunter2 --user ada', ['hunter2']],
    ['postgres://ada:hunter2@db/shop', ['hunter2']],
    ['the key is AKIAIOSFODNN7EXAMPLE.', ['AKIAIOSFODNN7EXAMPLE']],
    ['PUT 5f0c3a9e1b7d4c2fa8e6', ['5f0c3a9e1b7d4c2fa8e6']],
    ['GET /usr/lib/python3.13/site-packages/numpy2-1.26.4', []],
    ['report-2024-01-01-final.csv and 12345678901234567890', []],
    ['{"author": "Ada Lovelace", "title": "Notes"}', []],
    ['gunicorn oauth_server.wsgi:application', []],
    ['uvicorn auth:application', []],
    ['{"multiarch": "x86_64-linux-gnu", "wheel": "manylinux2014_x86_64", "file": "report-20240115-103000"}', []],
    ['token: 0123456789abcdef', ['0123456789abcdef']],
    ['id 123e4567-e89b-12d3-a456-426614174000', []],
  ])('of %s', (text, secrets) => {
    expect(secretsIn(text).sort()).toEqual([...secrets].sort());
  });

  it('takes any text, and returns parts of it or of its decoded form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const secret of secretsIn(`password=${text}`)) expect(secret.length).toBeGreaterThan(0);
      }),
    );
  });
});
