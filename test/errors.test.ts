import { describe, expect, it } from 'vitest';
import { explained, UserError } from '../src/errors.js';

const failure = (code: string, path?: string) => Object.assign(new Error(code), { code, ...(path !== undefined && { path }) });

describe('explained', () => {
  it.each([
    ['ENOSPC', /^There is no space left on the disk of \/a\/b\.$/, /^Free some space/],
    ['EDQUOT', /disk quota for \/a\/b is used up/, /^Free some space/],
    ['EACCES', /^\/a\/b can't be written: permission denied/, /^Make it writable.*PYSHRINK_CACHE.*TMPDIR/],
    ['EROFS', /file system is read-only/, /^Make it writable/],
    ['ENOTDIR', /not a folder/, /^Make it writable/],
  ])('%s', (code, message, remedy) => {
    const error = explained(failure(code), '/a/b') as UserError;
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(message);
    expect(error.remedy).toMatch(remedy);
  });

  it('knows the path by a parent or a child of it', () => {
    for (const path of ['/a', '/a/b', '/a/b/c']) expect(explained(failure('EACCES', path), '/a/b')).toBeInstanceOf(UserError);
  });

  it('knows a copy by where it goes', () => {
    const copying = Object.assign(failure('ENOSPC', '/spool/0'), { dest: '/a/b/c' });
    expect(explained(copying, '/a/b')).toBeInstanceOf(UserError);
    expect(explained(Object.assign(failure('ENOSPC', '/a/b/c'), { dest: '/other/c' }), '/a/b')).not.toBeInstanceOf(UserError);
  });

  it.each([failure('EACCES', '/source'), failure('EACCES', '/a/bc'), failure('EIO'), failure('toString'), new Error('x')])(
    'leaves others as they are: %s',
    (error) => {
      expect(explained(error, '/a/b')).toBe(error);
    },
  );
});
