import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheFlags, parseLdCache } from '../../src/elf/ldcache.js';

const LDCONFIG = ['/sbin/ldconfig', '/usr/sbin/ldconfig'].find((path) => existsSync(path));
const HERE = existsSync('/etc/ld.so.cache') && LDCONFIG !== undefined;

describe('parseLdCache', () => {
  it.runIf(HERE)('finds what ldconfig prints of this machine', () => {
    const told = execFileSync(LDCONFIG as string, ['-p'], { encoding: 'utf8' });
    const printed = [...told.matchAll(/^\t(\S+) \(.*\) => (\S+)$/gm)].map((match) => `${match[1]} ${match[2]}`);
    const parsed = parseLdCache(readFileSync('/etc/ld.so.cache')).map(({ soname, path }) => `${soname} ${path}`);
    expect(printed.length).toBeGreaterThan(10);
    expect(parsed.sort()).toEqual(printed.sort());
  });

  it('takes whatever else for an empty cache, and never fails', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void expect(parseLdCache(bytes)).toEqual([])));
  });

  it('survives a cut cache', () => {
    if (!HERE) return;
    const whole = readFileSync('/etc/ld.so.cache');
    const all = parseLdCache(whole).length;
    fc.assert(
      fc.property(fc.nat(whole.length), (end) => void expect(parseLdCache(whole.subarray(0, end)).length).toBeLessThanOrEqual(all)),
    );
  });

  it('knows the flags of the two architectures that are traced', () => {
    expect([cacheFlags(62), cacheFlags(183), cacheFlags(9999)]).toEqual([0x0303, 0x0a03, undefined]);
  });
});
