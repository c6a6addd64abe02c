import { expect, it } from 'vitest';
import { within } from '../src/paths.js';

it.each([
  ['/app', '/app', true],
  ['/app/x', '/app', true],
  ['/application', '/app', false],
  ['/app', '/app/x', false],
  ['/app', '/', true],
])('%s lies in %s: %s', (path, folder, expected) => expect(within(path, folder)).toBe(expected));
