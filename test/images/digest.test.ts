import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { algorithmOf, checked, requireDigest, sha256 } from '../../src/images/digest.js';

const data = Buffer.from('hello');
const SHA256 = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const SHA512 = `sha512:${createHash('sha512').update(data).digest('hex')}`;

async function* chunks(): AsyncGenerator<Buffer> {
  yield data.subarray(0, 2);
  yield data.subarray(2);
}

describe('digests', () => {
  it('computes sha256 as `sha256:...`', () => {
    expect(sha256(data)).toBe(SHA256);
  });

  it.each([SHA256, SHA512])('passes on bytes that match %s', async (digest) => {
    expect(await buffer(checked(chunks(), digest, 'The layer'))).toEqual(data);
  });

  it('names what is damaged after the last chunk', async () => {
    const other = sha256('other');
    await expect(buffer(checked(chunks(), other, 'The layer'))).rejects.toMatchObject({
      name: 'UserError',
      message: `The layer is damaged: its digest is ${SHA256}, and should be ${other}.`,
    });
    expect(() => requireDigest(SHA256, other, 'The layer')).toThrowError(/is damaged/);
  });

  it.each(['md5:d41d8cd98f00b204e9800998ecf8427e', 'sha256:abc', '', `sha256:${'../'.repeat(21)}x`, SHA256.toUpperCase()])(
    'refuses the digest %j',
    (digest) => {
      expect(() => algorithmOf(digest, 'The layer')).toThrowError(/neither sha256 nor sha512/);
    },
  );
});
