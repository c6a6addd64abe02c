import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { environmentOf } from '../../src/images/config.js';
import { sha256 } from '../../src/images/digest.js';
import { describeBlob, parseJson, readConfig, requireLayerCount } from '../../src/images/source.js';

const config = (more: object) =>
  Buffer.from(JSON.stringify({ os: 'linux', architecture: 'arm', rootfs: { diff_ids: ['sha256:1'] }, ...more }));

describe('readConfig', () => {
  it('reads the id, the platform, the time and the layers', () => {
    const bytes = config({ variant: 'v7', created: '2024-01-01T00:00:00Z', config: { Cmd: ['x'] }, history: [{ created_by: 'RUN x' }] });
    expect(readConfig(bytes, 'app')).toEqual({
      id: sha256(bytes),
      platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
      created: '2024-01-01T00:00:00Z',
      config: { Cmd: ['x'] },
      diffIds: ['sha256:1'],
      history: [{ created_by: 'RUN x' }],
    });
  });

  it('has defaults for what images may leave out', () => {
    expect(readConfig(config({ variant: '', config: null, created: null }), 'app')).toMatchObject({
      platform: { os: 'linux', architecture: 'arm' },
      created: '1970-01-01T00:00:00Z',
      config: {},
      history: [],
    });
  });

  it('keeps labels of any name', () => {
    const labels = '{"__proto__":"a","constructor":"b","toString":"c"}';
    const bytes = Buffer.from(
      config({ config: { Labels: 0 } })
        .toString()
        .replace('"Labels":0', `"Labels":${labels}`),
    );
    const { Labels } = readConfig(bytes, 'app').config;
    expect(JSON.stringify(Labels)).toBe(labels);
  });

  it.each(['', '{', '[]', '{"os":"linux"}'])('refuses %j', (text) => {
    expect(() => readConfig(Buffer.from(text), 'app')).toThrowError(/^The configuration of app can't be read \(/);
  });
});

describe('environmentOf', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

  it('keeps variables of any name', () => {
    expect(Object.entries(environmentOf(names.map((name) => `${name}=1`)))).toEqual(names.map((name) => [name, '1']));
  });

  it('has no variables that the image does not set', () => {
    const environment = environmentOf(['A=1']);
    expect(names.map((name) => environment[name])).toEqual(names.map(() => undefined));
  });
});

describe('messages', () => {
  it('name the blob, the document and the image', () => {
    expect(describeBlob('layer', sha256('x'), 'app:1')).toBe('The layer sha256:2d711642b726 of app:1');
    expect(() => parseJson(z.object({ a: z.object({ b: z.string() }) }), Buffer.from('{"a":{}}'), 'app', 'index')).toThrowError(
      /^The index of app can't be read \(a\.b: /,
    );
    expect(() => requireLayerCount(1, ['a', 'b'], 'app')).toThrowError('app is damaged: it has 1 layers, but its configuration names 2.');
    expect(() => requireLayerCount(2, ['a', 'b'], 'app')).not.toThrow();
  });
});
