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
