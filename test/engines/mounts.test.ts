import { describe, expect, it } from 'vitest';
import { mountsOf } from '../../src/engines/mounts.js';

const none = { volume: [], mount: [], tmpfs: [] };

describe('mountsOf', () => {
  it.each([
    ['/host:/in', { type: 'bind', source: '/host', target: '/in', readOnly: false, options: [] }],
    ['/host:/in:ro,z', { type: 'bind', source: '/host', target: '/in', readOnly: true, options: ['z'] }],
    ['./here:/in', { type: 'bind', source: `${process.cwd()}/here`, target: '/in', readOnly: false, options: [] }],
    ['data:/in:rw', { type: 'volume', source: 'data', target: '/in', readOnly: false, options: [] }],
    ['/in', { type: 'volume', target: '/in', readOnly: false, options: [] }],
  ])('-v %s', (text, mount) => expect(mountsOf({ ...none, volume: [text] })).toEqual([mount]));

  it.each([
    ['type=bind,source=/a b,target=/in,readonly', { type: 'bind', source: '/a b', target: '/in', readOnly: true, options: [] }],
    ['type=bind,src=/a,dst=/in,ro=false', { type: 'bind', source: '/a', target: '/in', readOnly: false, options: [] }],
    ['source=data,destination=/in', { type: 'volume', source: 'data', target: '/in', readOnly: false, options: [] }],
    ['type=volume,target=/in', { type: 'volume', target: '/in', readOnly: false, options: [] }],
    [
      'type=tmpfs,target=/in,tmpfs-size=5,tmpfs-mode=700',
      { type: 'tmpfs', target: '/in', readOnly: false, options: ['size=5', 'mode=700'] },
    ],
  ])('--mount %s', (text, mount) => expect(mountsOf({ ...none, mount: [text] })).toEqual([mount]));

  it('--tmpfs with and without options', () => {
    expect(mountsOf({ ...none, tmpfs: ['/a', '/b:size=1m,mode=700'] })).toEqual([
      { type: 'tmpfs', target: '/a', readOnly: false, options: [] },
      { type: 'tmpfs', target: '/b', readOnly: false, options: ['size=1m', 'mode=700'] },
    ]);
  });

  it.each<[string, Partial<typeof none> | Record<string, string[]>]>([
    ['a target that is not absolute', { volume: ['/a:in'] }],
    ['too many parts', { volume: ['/a:/b:ro:x'] }],
    ['a type that is none', { mount: ['type=npipe,source=a,target=/b'] }],
    ['no target', { mount: ['type=bind,source=/a'] }],
    ['a bind without a source', { mount: ['type=bind,target=/a'] }],
    ['a field that is not known', { mount: ['type=volume,target=/a,colour=red'] }],
  ])('refuses %s', (_, run) => expect(() => mountsOf({ ...none, ...run })).toThrowError(expect.objectContaining({ exitCode: 2 })));
});
