import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { summarizeFiles } from '../support/analyst.js';
import { describeWithPython } from '../support/probes.js';
import { rustModule, type Use } from '../support/rust.js';

const USES: Use[] = ['table', 'x86-64', 'aarch64'];
const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));

function namesIn(modules: readonly Buffer[]): string[][] {
  const paths = modules.map((bytes, index) => {
    const path = join(folder, `${index}.so`);
    writeFileSync(path, bytes);
    return path;
  });
  return summarizeFiles(paths, ['pkg']).map(({ strings }) => strings);
}

describeWithPython('the strings of a Rust extension module', () => {
  it.each(USES)('has names of any length by the lengths in its %s, and no name inside another', (use) => {
    const glued = 'pyo3 and a messageiomathuuidpkg.parts_of_itrandomnessjsonmoduledecimal';
    const [names] = namesIn([rustModule(glued, ['io', 'math', 'uuid', 'pkg.parts_of_it', 'randomness', 'json'], use)]);
    expect(names).toEqual(expect.arrayContaining(['io', 'math', 'uuid', 'json', 'pkg.parts_of_it']));
    expect(names).not.toContain('random');
    expect(names).not.toContain('decimal');
  });

  it('takes long names wherever they begin, where no length is found', () => {
    const [names] = namesIn([rustModule(`pyo3${' '.repeat(64)}decimaljson`, [], 'table')]);
    expect(names).toEqual(['decimal']);
  });

  it.each(USES)('finds any names in any order by its %s', (use) => {
    const names = ['io', 'gc', 'json', 'uuid', 'math', 'collections.abc', 'pkg', 'pkg.a.b', 'zoneinfo', 'os.path'];
    const cases = fc.sample(
      fc.tuple(fc.shuffledSubarray(names, { minLength: 1 }), fc.array(fc.stringMatching(/^[A-Z][ -9]{0,40}$/), { minLength: 1 })),
      { numRuns: 60, seed: 1 },
    );
    const modules = cases.map(([some, other]) => {
      const pieces = some.flatMap((name, index) => [other[index % other.length] as string, name]);
      return rustModule(`pyo3 ${pieces.join('')}`, some, use);
    });
    namesIn(modules).forEach((found, index) => {
      // The first place of a name may be inside a longer one, where its length is right, too.
      expect(found).toEqual(expect.arrayContaining((cases[index] as [string[], string[]])[0]));
    });
  });

  it('accepts a damaged module', () => {
    const whole = rustModule('pyo3 jsonmath', ['json', 'math'], 'table');
    const damaged = fc.sample(fc.tuple(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length)), { numRuns: 300, seed: 1 });
    const modules = damaged.map(([at, byte, length], index) => {
      const bytes = Buffer.from(whole);
      bytes[at] = byte;
      return index % 2 ? bytes : bytes.subarray(0, length);
    });
    const paths = modules.map((bytes, index) => {
      const path = join(folder, `damaged-${index}.so`);
      writeFileSync(path, bytes);
      return path;
    });
    for (const { error } of summarizeFiles(paths)) expect(error).toBeUndefined();
  });
});
