import { describe, expect, it } from 'vitest';
import { identityOf } from '../../../src/engines/local/user.js';

const FILES = {
  passwd: 'root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n7:x:70:71::/seven:\n',
  group: 'root:x:0:\napp:x:1001:\naudio:x:29:app,other\nother:x:30:other\n',
};

describe('identityOf', () => {
  it.each([
    ['', { uid: 0, gid: 0, groups: [0], home: '/root' }],
    ['app', { uid: 1000, gid: 1001, groups: [29, 1001], home: '/home/app' }],
    ['1000', { uid: 1000, gid: 1001, groups: [29, 1001], home: '/home/app' }],
    ['app:audio', { uid: 1000, gid: 29, groups: [29], home: '/home/app' }],
    ['4000:50', { uid: 4000, gid: 50, groups: [50], home: '/' }],
    ['4000', { uid: 4000, gid: 0, groups: [0], home: '/' }],
    ['7', { uid: 70, gid: 71, groups: [71], home: '/seven' }],
  ])('of %j', (spec, identity) => {
    expect(identityOf(spec, FILES, [])).toEqual(identity);
  });

  it('joins further groups by name and number', () => {
    expect(identityOf('app', FILES, ['other', '77']).groups).toEqual([29, 30, 77, 1001]);
  });

  it.each([
    ['nobody', /has no user nobody/],
    ['app:nothing', /has no group nothing/],
  ])('refuses %s', (spec, message) => {
    expect(() => identityOf(spec, FILES, [])).toThrowError(message);
  });

  it('does without the files', () => {
    expect(identityOf('5:6', { passwd: undefined, group: undefined }, [])).toEqual({ uid: 5, gid: 6, groups: [6], home: '/' });
  });
});
