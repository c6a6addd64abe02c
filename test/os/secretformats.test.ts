import { describe, expect, it } from 'vitest';
import { secretFormat } from '../../src/os/secretformats.js';

describe('secretFormat', () => {
  it.each([
    ['private key', '-----BEGIN PRIVATE KEY-----\nMIIE'],
    ['private key', 'x\n-----BEGIN OPENSSH PRIVATE KEY-----\n'],
    ['private key', '-----BEGIN PGP PRIVATE KEY BLOCK-----\n'],
    ['AWS', 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n'],
    ['GitHub', `token: ghp_${'a1'.repeat(18)}\n`],
    ['Google service account', '{"type": "service_account", "project_id": "x"}'],
    ['JSON Web Token', `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.${'c'.repeat(43)}`],
    ['Slack webhook', `https://hooks.slack.com/services/${'T0/'.repeat(15)}`],
    ['Java keystore', Buffer.from('feedfeed00000002', 'hex')],
    ['KeePass', Buffer.from('03d9a29a67fb4bb5', 'hex')],
    ['PKCS #12', Buffer.from('308209d00201033082099606092a864886f70d010701a08209', 'hex')],
    ['PKCS #12', Buffer.from('3080020103308006092a864886f70d010701a080', 'hex')],
    ['Ansible', '$ANSIBLE_VAULT;1.1;AES256\n'],
  ])('finds: %s', (what, content) => {
    expect(secretFormat(Buffer.from(content as string))).toContain(what);
  });

  it.each(['-----BEGIN CERTIFICATE-----\nMIIE', '-----BEGIN PUBLIC KEY-----\n', 'print("hello")', 'sk-learn and AKIA', ''])(
    'finds nothing in %j',
    (content) => {
      expect(secretFormat(Buffer.from(content))).toBeUndefined();
    },
  );

  it('finds nothing in certificates and signed data in DER', () => {
    expect(secretFormat(Buffer.from('308203753082025da003020102020b04', 'hex'))).toBeUndefined();
  });
});
