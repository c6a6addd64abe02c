import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ARCHITECTURES, architectureOfElf, architectureOfUname, ownArchitecture } from '../src/arch.js';

describe('the table of architectures', () => {
  it.each(['eMachine', 'oci', 'node', 'uname', 'triplet', 'loader'] as const)('has no %s twice', (column) => {
    expect(new Set(ARCHITECTURES.map((row) => row[column])).size).toBe(ARCHITECTURES.length);
  });

  it('has the audit constants of the probes', () => {
    const probe = readFileSync(new URL('../probes/syscalls.py', import.meta.url), 'utf8');
    const [, table = ''] = /^ARCHITECTURES = \{\n(.*?)^\}/ms.exec(probe) ?? [];
    const rows = [...table.matchAll(/^\s*"(\w+)": \((0x[0-9A-F]+),/gm)].map(([, uname, audit]) => [uname, Number(audit)]);
    expect(rows.length).toBeGreaterThan(0);
    expect(ARCHITECTURES.flatMap(({ uname, audit }) => (audit === undefined ? [] : [[uname, audit]]))).toEqual(rows);
  });

  it('has audit constants that follow from e_machine (linux/audit.h: 64-bit, little endian)', () => {
    for (const { audit, eMachine } of ARCHITECTURES) if (audit !== undefined) expect(audit).toBe(0xc0000000 + eMachine);
  });

  it('has flags of ld.so.cache that say "library of glibc"', () => {
    for (const { cacheFlags } of ARCHITECTURES) expect(cacheFlags & 0xff).toBe(3);
    expect([62, 183].map((eMachine) => architectureOfElf(eMachine)?.cacheFlags)).toEqual([0x0303, 0x0a03]);
  });

  it('finds an architecture by its names, and no other', () => {
    expect(architectureOfElf(62)?.oci).toBe('amd64');
    expect(architectureOfUname('aarch64')?.oci).toBe('arm64');
    expect([architectureOfElf(9999), architectureOfUname('constructor')]).toEqual([undefined, undefined]);
  });

  it('knows the architecture of this computer', () => {
    expect(ARCHITECTURES.find(({ oci }) => oci === ownArchitecture())?.node).toBe(process.arch);
  });
});
