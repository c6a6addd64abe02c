import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES } from '../../src/arch.js';
import { parseLdCache } from '../../src/elf/ldcache.js';

const LDCONFIG = ['/sbin/ldconfig', '/usr/sbin/ldconfig'].find((path) => existsSync(path));
const HERE = existsSync('/etc/ld.so.cache') && LDCONFIG !== undefined;

describe('parseLdCache', () => {
  it.runIf(HERE)('finds what ldconfig prints of this computer', () => {
    const output = execFileSync(LDCONFIG as string, ['-p'], { encoding: 'utf8' });
    const printed = [...output.matchAll(/^\t(\S+) \(.*\) => (\S+)$/gm)].map((match) => `${match[1]} ${match[2]}`);
    const parsed = parseLdCache(readFileSync('/etc/ld.so.cache')).map(({ soname, path }) => `${soname} ${path}`);
    expect(printed.length).toBeGreaterThan(10);
    expect(parsed.sort()).toEqual(printed.sort());
  });

  it('reads other bytes as an empty cache', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void expect(parseLdCache(bytes)).toEqual([])));
  });

  it('reads what is left of a cache that is cut off', () => {
    if (!HERE) return;
    const whole = readFileSync('/etc/ld.so.cache');
    const all = parseLdCache(whole).length;
    fc.assert(
      fc.property(fc.nat(whole.length), (end) => void expect(parseLdCache(whole.subarray(0, end)).length).toBeLessThanOrEqual(all)),
    );
  });

  it.runIf(HERE)('finds the flags of this architecture on the libraries of this computer', () => {
    const own = ARCHITECTURES.find(({ node }) => node === process.arch)?.cacheFlags;
    const flags = parseLdCache(readFileSync('/etc/ld.so.cache')).filter(({ soname }) => soname === 'libc.so.6');
    expect(flags.map((entry) => entry.flags)).toContain(own);
  });
});
