import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { folderName, parseReference, shrunkName } from '../../src/images/reference.js';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('shrunkName', () => {
  it.each([
    ['app', 'app:latest-shrunk'],
    ['app:1.2', 'app:1.2-shrunk'],
    ['docker-daemon:app:1.2', 'app:1.2-shrunk'],
    ['host:5000/x', 'host:5000/x:latest-shrunk'],
    ['host:5000/team/x:v1', 'host:5000/team/x:v1-shrunk'],
    ['localhost/x', 'localhost/x:latest-shrunk'],
    [`app@${DIGEST}`, 'app:0123456789ab-shrunk'],
    [`app:1.2@${DIGEST}`, 'app:1.2-shrunk'],
    [DIGEST, 'pyshrink/0123456789ab:shrunk'],
    ['0123456789ab', 'pyshrink/0123456789ab:shrunk'],
  ])('of %s is %s', (reference, name) => {
    expect(shrunkName(parseReference(reference))).toBe(name);
    expect(parseReference(name).tag).toBeDefined();
  });
});

describe('parseReference', () => {
  it.each(['', 'App', 'a b', 'app:', 'app:x y', 'app@sha256:12', '/app', 'app/', 'a//b', '-x'])('refuses %j with exit code 2', (text) => {
    expect(() => parseReference(text)).toThrowError(UserError);
    expect(() => parseReference(text)).toThrowError(expect.objectContaining({ exitCode: 2 }));
  });

  it.each(['oci:dir', 'host:', 'docker-archive:x.tar', 'rootfs:/x'])('says that %s is not supported yet', (text) => {
    expect(() => parseReference(text)).toThrowError(/not supported yet/);
  });

  it('gives every image a folder of its own below the working directory', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{1,8}(\/[a-z0-9]{1,8})?(:[A-Za-z0-9_.-]{1,8})?$/), (text) => {
        fc.pre(!/:[.-]/.test(text));
        expect(folderName(parseReference(text))).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
      }),
    );
  });
});
