import { describe, expect, it } from 'vitest';
import { formatPlatform, matches, ownPlatform, parsePlatform } from '../../src/images/platform.js';

describe('platforms', () => {
  it.each(['linux/amd64', 'linux/arm/v7'])('parses and formats %s', (text) => {
    expect(formatPlatform(parsePlatform(text))).toBe(text);
  });

  it("names this computer's platform as images do", () => {
    expect(ownPlatform()).toEqual({ os: 'linux', architecture: expect.not.stringMatching(/^(x64|ia32)$/) });
  });

  it.each([
    ['linux/amd64', 'linux/amd64', true],
    ['linux/arm64', 'linux/amd64', false],
    ['windows/amd64', 'linux/amd64', false],
    ['linux/arm/v7', 'linux/arm', true],
    ['linux/arm/v7', 'linux/arm/v6', false],
    ['linux/arm', 'linux/arm/v6', false],
    ['linux/amd64', 'linux', false],
  ])('an image for %s, wanted %s: %s', (platform, wanted, expected) => {
    expect(matches(parsePlatform(platform), parsePlatform(wanted))).toBe(expected);
  });

  it('treats a variant of null as none', () => {
    expect(matches({ os: 'linux', architecture: 'amd64', variant: null }, parsePlatform('linux/amd64'))).toBe(true);
    expect(formatPlatform({ os: 'linux', architecture: 'amd64', variant: null })).toBe('linux/amd64');
  });
});
