import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import fg from 'fast-glob';
import { describe, expect, it } from 'vitest';
import { FILE_FUNCTIONS, readElf } from '../../src/elf/reader.js';
import { type ElfSpec, makeElf } from '../support/elf.js';

const from = (bytes: Buffer) => readElf(async (offset, length) => bytes.subarray(offset, offset + length));
const name = fc.stringMatching(/^[A-Za-z0-9_.+-]{1,20}$/);

const spec: fc.Arbitrary<ElfSpec> = fc.record(
  {
    bits: fc.constantFrom(32, 64),
    little: fc.boolean(),
    machine: fc.constantFrom(62, 183, 3),
    interpreter: name.map((text) => `/lib/${text}`),
    needed: fc.array(name, { maxLength: 5 }),
    soname: name,
    rpath: name,
    runpath: name,
    noDefaultLib: fc.boolean(),
    versionsNeeded: fc.dictionary(name, fc.array(name, { minLength: 1, maxLength: 3 }), { maxKeys: 3 }),
    versionsDefined: fc.array(name, { maxLength: 3 }),
    symbols: fc.uniqueArray(
      fc.constantFrom(...FILE_FUNCTIONS, 'PyInit_fast', 'PyInitU_fast_1xa', 'PyModExport_fast', 'PyInitConfig_Create'),
    ),
  },
  { requiredKeys: ['needed', 'soname'] },
);

describe('readElf', () => {
  it('reads back what was written, in both sizes and byte orders', async () => {
    await fc.assert(
      fc.asyncProperty(spec, async (written) => {
        const elf = await from(makeElf(written));
        expect(elf).toEqual({
          bits: written.bits ?? 64,
          eMachine: written.machine ?? 62,
          dynamic: true,
          needed: written.needed,
          soname: written.soname,
          ...(written.interpreter !== undefined && { interpreter: written.interpreter }),
          ...(written.rpath !== undefined && { rpath: written.rpath }),
          ...(written.runpath !== undefined && { runpath: written.runpath }),
          program: written.interpreter !== undefined,
          noDefaultLib: written.noDefaultLib ?? false,
          symbols: FILE_FUNCTIONS.filter((name) => written.symbols?.includes(name)),
          extension: written.symbols?.some((name) => /fast/.test(name)) ?? false,
          versionsNeeded: { ...written.versionsNeeded },
          versionsDefined: written.versionsDefined ?? [],
        });
      }),
    );
  });

  it('reads libraries of any name, also names of Object.prototype', async () => {
    const versionsNeeded = Object.fromEntries([
      ['__proto__', ['V1']],
      ['constructor', ['V2']],
    ]);
    expect(Object.entries((await from(makeElf({ needed: [], soname: 'x', versionsNeeded })))?.versionsNeeded ?? {})).toEqual(
      Object.entries(versionsNeeded),
    );
  });

  it('never throws for cut or corrupted files', async () => {
    await fc.assert(
      fc.asyncProperty(spec, fc.nat(), fc.nat(), fc.integer({ min: 0, max: 255 }), async (written, end, at, byte) => {
        const bytes = makeElf(written);
        bytes[at % bytes.length] = byte;
        const elf = await from(bytes.subarray(0, end % (bytes.length + 1)));
        expect(elf === undefined || Array.isArray(elf.needed)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each(['', '#!/bin/sh\n', '\x7fELF', '\x7fELF\x09\x09'])('returns undefined for %j', async (text) => {
    expect(await from(Buffer.from(text, 'latin1'))).toBeUndefined();
  });

  const libraries = existsSync('/usr/bin/readelf')
    ? fg.sync(['/usr/lib/*-linux-gnu/lib*.so.*', '/usr/bin/{bash,python3*,git}'], { onlyFiles: true }).slice(0, 80)
    : [];
  it.runIf(libraries.length > 0)(
    'agrees with readelf on the files of this computer',
    async () => {
      for (const path of libraries) {
        const elf = await from(readFileSync(path));
        const output = execFileSync('readelf', ['--dynamic', '--wide', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
        const field = (pattern: RegExp) => [...output.matchAll(pattern)].map((match) => match[1]);
        if (!elf) {
          expect(output).toBe('');
          continue;
        }
        expect([path, elf.needed]).toEqual([path, field(/\(NEEDED\).*\[(.*)\]/g)]);
        expect([path, elf.soname]).toEqual([path, field(/\(SONAME\).*\[(.*)\]/g)[0]]);
        expect([path, elf.runpath]).toEqual([path, field(/\(RUNPATH\).*\[(.*)\]/g)[0]]);
        const versions = execFileSync('readelf', ['--version-info', '--wide', path], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        const files = [...versions.matchAll(/Version: 1 {2}File: (\S+) {2}Cnt/g)].map((match) => match[1]);
        expect([path, Object.keys(elf.versionsNeeded).sort()]).toEqual([path, files.sort()]);
      }
    },
    60_000,
  );
});
