import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { findInRoot } from '../../../src/engines/local/inroot.js';

describe('findInRoot', () => {
  let upper: string;
  let lower: string;

  beforeEach(() => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-root-'));
    [upper, lower] = [join(folder, 'upper'), join(folder, 'lower')];
    for (const layer of [upper, lower]) mkdirSync(join(layer, 'etc'), { recursive: true });
    writeFileSync(join(lower, 'etc/passwd'), 'lower');
    writeFileSync(join(lower, 'etc/group'), 'lower');
    writeFileSync(join(upper, 'etc/passwd'), 'upper');
    symlinkSync('/etc', join(lower, 'absolute'));
    symlinkSync('../../../etc/group', join(upper, 'etc/climbing'));
    symlinkSync('loop', join(upper, 'loop'));
  });

  const found = (path: string) => findInRoot([upper, lower], path);

  it.each([
    ['/etc/passwd', '/etc/passwd', 'upper'],
    ['etc/group', '/etc/group', 'lower'],
    ['/absolute/passwd', '/etc/passwd', 'upper'],
    ['/etc/climbing', '/etc/group', 'lower'],
    ['/../../etc/./passwd', '/etc/passwd', 'upper'],
    ['/absolute/../etc/group', '/etc/group', 'lower'],
  ])('%s', async (path, real, content) => {
    const { path: resolved, at } = await found(path);
    expect([resolved, readFileSync(at as string, 'utf8')]).toEqual([real, content]);
  });

  it('keeps what does not exist, and gives up on links that go in circles', async () => {
    expect(await found('/absolute/new/file')).toEqual({ path: '/etc/new/file' });
    expect(await found('/loop/x')).toEqual({ path: '/loop' });
  });

  it('never leaves the image, whatever its links are', async () => {
    const part = fc.constantFrom('a', 'b', 'c', '..', '.', '');
    const path = fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/'));
    const target = fc.tuple(fc.boolean(), path).map(([absolute, rest]) => (absolute ? `/${rest}` : rest || '.'));
    await fc.assert(
      fc.asyncProperty(target, target, path, async (one, two, asked) => {
        const root = mkdtempSync(join(tmpdir(), 'pyshrink-root-'));
        mkdirSync(join(root, 'c'));
        symlinkSync(one, join(root, 'a'));
        symlinkSync(two, join(root, 'c/b'));
        const { path: real, at } = await findInRoot([root], asked);
        expect(real).toMatch(/^\//);
        expect(real.split('/')).not.toContain('..');
        if (at !== undefined) expect(at).toBe(`${root}${real === '/' ? '' : real}`);
      }),
      { numRuns: 200 },
    );
  });
});
