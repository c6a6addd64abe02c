import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { parseReference } from '../../src/images/reference.js';

describe('parseReference', () => {
  it.each(['', 'App', 'a b', 'app:', 'app:x y', 'app@sha256:12', '/app', 'app/', 'a//b', '-x'])('refuses %j with exit code 2', (text) => {
    expect(() => parseReference(text)).toThrowError(UserError);
    expect(() => parseReference(text)).toThrowError(expect.objectContaining({ exitCode: 2 }));
  });
});
