import { describe, expect, it } from 'vitest';
import { makeTree } from './support/tree.js';

const fs = makeTree({
  '/usr/lib/a.so': 'x',
  '/lib': { link: 'usr/lib' },
  '/etc/alternatives/x': { link: '/usr/lib/../lib/a.so' },
  '/bin/x': { link: '../etc/alternatives/x' },
  '/loop': { link: 'loop' },
  '/dangling': { link: 'nowhere' },
});

describe('RootFs.resolve', () => {
  it('follows links in every component and tells which', () => {
    expect(fs.resolve('/bin/x')).toMatchObject({ path: '/usr/lib/a.so', links: ['/bin/x', '/etc/alternatives/x'] });
    expect(fs.resolve('/lib/a.so')).toMatchObject({ path: '/usr/lib/a.so', links: ['/lib'] });
  });

  it('does not follow the last component when asked not to', () => {
    expect(fs.resolve('/lib', false)?.path).toBe('/lib');
    expect(fs.resolve('/lib/', false)?.path).toBe('/lib');
  });

  it('goes up from where a link has led, and not above the root', () => {
    expect(fs.resolve('/lib/../lib/./a.so')?.path).toBe('/usr/lib/a.so');
    expect(fs.resolve('/../../usr//lib')?.path).toBe('/usr/lib');
  });

  it.each(['/loop', '/dangling', '/nowhere/x', '/usr/lib/a.so/x'])('finds nothing at %s', (path) => {
    expect(fs.resolve(path)).toBeUndefined();
  });
});
