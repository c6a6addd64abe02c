import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { folderName, parseImageName, shrunkName } from '../../src/images/name.js';
import { parseReference, referenceText } from '../../src/images/reference.js';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('parseImageName', () => {
  it.each([
    ['docker-archive:a.tar', { transport: 'docker-archive', path: 'a.tar' }],
    ['docker-archive:/x/a.tar:team/app:1', { transport: 'docker-archive', path: '/x/a.tar', name: 'team/app:1' }],
    ['oci:dir', { transport: 'oci', path: 'dir' }],
    ['oci:dir:1.2', { transport: 'oci', path: 'dir', name: '1.2' }],
    ['oci-archive:a.tar:x', { transport: 'oci-archive', path: 'a.tar', name: 'x' }],
    ['rootfs:/a:b', { transport: 'rootfs', path: '/a:b' }],
    ['host:', { transport: 'host' }],
  ])('reads %s', (text, name) => {
    expect(parseImageName(text)).toEqual({ text, ...name });
  });

  it('takes host:5000/x for a name of the daemon, and docker:// for one of a registry', () => {
    expect(parseImageName('host:5000/x')).toMatchObject({ transport: 'docker-daemon', reference: { name: 'host:5000/x' } });
    expect(parseImageName('docker-daemon:app:1')).toMatchObject({ transport: 'docker-daemon', reference: { name: 'app', tag: '1' } });
    expect(parseImageName('docker://host:5000/x:1')).toMatchObject({ transport: 'docker', reference: { name: 'host:5000/x', tag: '1' } });
  });

  it.each(['oci:', 'docker-archive::x', 'rootfs:', 'docker://', `docker://${DIGEST}`, 'docker-archive:a.tar:Bad Name', 'oci-archive::t'])(
    'refuses %j with exit code 2',
    (text) => {
      expect(() => parseImageName(text)).toThrowError(expect.objectContaining({ exitCode: 2 }));
    },
  );
});

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
    ['docker://host:5000/x:2', 'host:5000/x:2-shrunk'],
    ['docker-archive:/x/My_App.tar.gz', 'my-app:latest-shrunk'],
    ['docker-archive:/x/a.tar:team/app:1', 'team/app:1-shrunk'],
    ['oci:/x/layout:1.2', 'layout:1.2-shrunk'],
    ['oci-archive:/x/a.tar:weird/name', 'a:latest-shrunk'],
    ['rootfs:/srv/tree/', 'tree:latest-shrunk'],
    ['rootfs:/', 'image:latest-shrunk'],
    ['host:', 'host:shrunk'],
  ])('of %s is %s', (reference, name) => {
    expect(referenceText(shrunkName(parseImageName(reference)))).toBe(name);
    expect(parseImageName(name).transport).toBe('docker-daemon');
  });
});

describe('referenceText', () => {
  it.each(['app', 'app:1', 'host:5000/x', `app@${DIGEST}`, `app:1@${DIGEST}`, DIGEST, '0123456789ab'])('gives %s back', (text) => {
    expect(referenceText(parseReference(text))).toBe(text);
  });
});

describe('folderName', () => {
  it('gives every image a folder of its own below the working directory', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', 'docker://', 'docker-archive:', 'oci:', 'rootfs:'),
        fc.stringMatching(/^[a-z0-9]{1,8}(\/[a-z0-9]{1,8})?(:[A-Za-z0-9_.-]{1,8})?$/),
        (transport, text) => {
          fc.pre(!/:[.-]/.test(text) && !(transport === 'docker-archive:' && text.includes(':')));
          expect(folderName(parseImageName(transport + text))).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/);
        },
      ),
    );
  });

  it('gives two images two folders', () => {
    const texts = ['a', 'a/b', 'a_b', 'a/b:c', 'a/b_c', 'a:b', 'a:b_latest', 'docker://a/b', 'oci:a', 'oci-archive:a', 'docker-archive:a'];
    const more = [
      'docker-archive:x/a',
      'docker-archive:y/a',
      'oci:x/a',
      'rootfs:a',
      'rootfs:x/a',
      'oci:a:b',
      'host:',
      'h:5000/a',
      'h/5000/a',
    ];
    const names = [...texts, ...more].map((text) => folderName(parseImageName(text)));
    expect(new Set(names).size).toBe(names.length);
  });

  it('gives each platform of an image a folder', () => {
    const name = parseImageName('app:1');
    expect(folderName(name)).toBe('app_1');
    expect(folderName(name, 'linux/arm64')).toBe('app_1_linux_arm64');
  });
});
