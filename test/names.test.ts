import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placesOf } from '../src/assemble/assemble.js';
import { readElf } from '../src/elf/reader.js';
import { LibrarySearch } from '../src/elf/search.js';
import { computeKeepSet } from '../src/keep/compute.js';
import { openPackages } from '../src/os/packages.js';
import { ModuleFinder } from '../src/python/finder.js';
import { keepReport } from '../src/report/keep.js';
import { readOwners } from '../src/report/owners.js';
import { runnableIn } from '../src/report/runnable.js';
import { whyKept } from '../src/report/why.js';
import { parseFacts, parseImports } from '../src/trace/facts.js';
import { traceFromFacts } from '../src/trace/fromfacts.js';
import { joinTraces } from '../src/trace/join.js';
import { TraceSchema } from '../src/trace/schema.js';
import { analystOver, LAYOUT } from './support/analyst.js';
import { makeElf } from './support/elf.js';
import { INHERITED, inOtherOrders, twinOf, withTwins } from './support/inherited.js';
import { makeTrace } from './support/keep.js';
import { describeWithPython } from './support/probes.js';
import { makeTree, type Node } from './support/tree.js';

const SITE = LAYOUT.sitePackages[0] as string;
const STANDARD = LAYOUT.standardLibrary[0] as string;

const ROLES = ['own', 'computed', 'pack', 'lazy', 'standard', 'part', 'method', 'variable', 'program', 'library', 'system', 'key'] as const;
type Names = Record<(typeof ROLES)[number], string>;

/** Gives each part of an image that has a name another one of the names. */
function shared(names: readonly string[]): Names {
  return Object.fromEntries(ROLES.map((role, index) => [role, names[index % names.length]])) as Names;
}

/** Each case in two versions: with names that all objects have, and with others of the same shape. */
function compare<T>(of: (names: Names) => T, look: (result: Awaited<T>) => unknown, numRuns: number) {
  const seen = async (names: readonly string[]) => JSON.stringify(look(await of(shared(names))));
  return fc.assert(
    fc.asyncProperty(inOtherOrders, async (names) => {
      expect(JSON.parse(withTwins(await seen(names)))).toEqual(JSON.parse(await seen(names.map(twinOf))));
    }),
    { numRuns },
  );
}

/** A record as a list of rows, whose order does not depend on names. */
const rows = (record: object) =>
  Object.entries(record)
    .map(([key, value]) => withTwins(JSON.stringify([key, value])))
    .sort();

/** An app, a package, a program, a library and a package of the system with these names. */
function image(names: Names) {
  const { own, computed, pack, lazy, standard, part, method, variable, program, library, system, key } = names;
  const nodes: Record<string, Node> = {
    '/usr/bin/python3': { text: makeElf({ needed: [`lib${library}.so.1`] }), mode: 0o755 },
    [`/usr/lib/lib${library}.so.1`]: makeElf({ soname: `lib${library}.so.1`, versionsDefined: [key] }),
    '/app/app.py': `
import ${own}, ${pack}.${part}, importlib, os, subprocess
from ${standard} import ${method}
SETTINGS = {"${key}": os.environ["${variable}"]}
def ${method}(): return importlib.import_module("${computed}")
class ${key}:
    def ${method}(self): self.${method}(); open("/srv/${key}")
def ${lazy}(command): subprocess.run([command])
class ${system}:
    def ${part}(self): ${lazy}("${program}")
${system}().${part}()
`,
    [`/app/${own}.py`]: `def ${own}(): import ${standard}\n${own}()\n`,
    [`/app/${computed}.py`]: '',
    [`/app/unused_${key}.py`]: '',
    [`/srv/${key}`]: 'data',
    [`${SITE}/${pack}/__init__.py`]: `def ${method}(): from . import ${lazy}\ndef ${own}(): from . import unused\n`,
    [`${SITE}/${pack}/${part}.py`]: `from ${pack} import ${method}\n${method}()\n`,
    [`${SITE}/${pack}/${lazy}.py`]: '',
    [`${SITE}/${pack}/unused.py`]: '',
    [`${SITE}/${pack}-1.dist-info/METADATA`]: `Name: ${pack}\nVersion: 1\nRequires-Dist: ${key}\n`,
    [`${SITE}/${pack}-1.dist-info/RECORD`]: `${pack}/__init__.py,,\n${pack}/${part}.py,,\n${pack}/${lazy}.py,,\n${pack}/unused.py,,\n`,
    [`${SITE}/${pack}-1.dist-info/entry_points.txt`]: `[${key}]\n${method} = ${pack}.${part}:${method}\n[console_scripts]\n${program} = ${pack}:${own}\n`,
    [`${STANDARD}/${standard}.py`]: `def ${method}(): import ${lazy}_none\n`,
    [`/usr/bin/${program}`]: { text: '#!/usr/bin/python3\n', mode: 0o755 },
    [`/usr/share/${system}/${key}`]: 'x',
    [`/var/lib/dpkg/info/${system}.list`]: `/usr/share/${system}/${key}\n/usr/bin/${program}\n`,
    '/var/lib/dpkg/status': `Package: ${system}\nPriority: optional\n`,
  };
  return makeTree(nodes);
}

describeWithPython('names that every JavaScript object has are kept like others', () => {
  it.each(['observed', 'reachable', 'whole'] as const)('at the level %s', async (level) => {
    const reportOf = async (names: Names) => {
      const fs = image(names);
      const { own, pack, part, variable, key } = names;
      const trace = makeTrace(['open /app/app.py', `open /app/${own}.py`, `open ${SITE}/${pack}/${part}.py`], {
        python: { ...LAYOUT, editable: Object.fromEntries([[key, `/srv/${key}`]]) },
        modules: Object.fromEntries([
          ['__main__', '/app/app.py'],
          [own, `/app/${own}.py`],
          [pack, `${SITE}/${pack}/__init__.py`],
          [`${pack}.${part}`, `${SITE}/${pack}/${part}.py`],
        ]),
      });
      const result = await computeKeepSet({
        fs,
        trace,
        config: { Env: [`${variable}=${pack}.${part}`, `${key}=${own}`] },
        env: [`${variable}=${own}`],
        commands: [
          ['/usr/bin/python3', '/app/app.py'],
          ['python3', '-m', own],
        ],
        choice: { include: [], exclude: [] },
        level,
        analyst: analystOver(fs),
      });
      const original = { reference: 'x', id: 'sha256:0', platform: 'linux/amd64' };
      const report = keepReport({
        fs,
        ...result,
        original,
        level,
        places: placesOf(LAYOUT, fs),
        owners: await readOwners(fs, LAYOUT, result.python),
        programs: await runnableIn(fs, result.keep),
      });
      return { report, notes: result.notes, why: [own, pack, 'missing'].map((name) => whyKept(name, report, LAYOUT)?.kept) };
    };
    await compare(
      reportOf,
      ({ report, notes, why }) => [rows(report.kept), rows(report.omitted).length, report.distributions, report.totals, notes.length, why],
      4,
    );
  });
});

describe('names that every JavaScript object has are read like others', () => {
  it.each(INHERITED)('there is no module, package or owner %s where the image has none', async (name) => {
    const fs = makeTree({ '/app/app.py': '', '/var/lib/dpkg/info/x.list': '/app/app.py\n' });
    expect(new ModuleFinder(fs, LAYOUT).find(name)).toBeUndefined();
    expect(await openPackages(fs).files(name)).toEqual([]);
    expect(await openPackages(fs).ownerOf(name)).toBeUndefined();
    expect(await openPackages(fs).isOnPurpose(name)).toBe(false);
  });

  it('by src/python', () =>
    compare(
      (names) => {
        const finder = new ModuleFinder(image(names), { ...LAYOUT, editable: Object.fromEntries([[names.key, '/app/app.py']]) });
        return [
          ...Object.values(names).map((name) => finder.find(name)),
          finder.find(`${names.pack}.${names.part}`),
          finder.topLevel().sort(),
        ];
      },
      (found) => found.map((one) => (Array.isArray(one) ? one.map(withTwins).sort() : (one ?? null))),
      50,
    ));

  it('by src/os', () =>
    compare(
      async (names) => {
        const packages = openPackages(image(names));
        const [name] = packages.names() as [string];
        return [name, await packages.files(name), await packages.ownerOf(`/usr/bin/${names.program}`), await packages.isOnPurpose(name)];
      },
      (found) => found,
      50,
    ));

  it('by src/elf', () =>
    compare(
      async ({ own, computed, pack, lazy, key, library }) => {
        const main = makeElf({
          needed: [own, computed],
          soname: pack,
          versionsNeeded: Object.fromEntries([[own, [key, lazy]]]),
          symbols: [library],
        });
        const below = makeElf({ needed: [pack], soname: computed, versionsDefined: [key] });
        const search = await LibrarySearch.open(makeTree({ '/app': main, [`/usr/lib/${own}`]: below, [`/lib/${computed}`]: below }), {});
        const { objects, missing } = await search.closure('/app');
        const elf = await readElf(async (offset, length) => main.subarray(offset, offset + length));
        return [elf?.needed, rows(elf?.versionsNeeded ?? {}), objects.map(({ path }) => path), missing.map(({ name, by }) => [name, by])];
      },
      (found) => found,
      50,
    ));

  it('by src/trace', () =>
    compare(
      async ({ own, computed, pack, part, key, variable }) => {
        const imports = parseImports(
          `${own}\n${own}\t/app/${own}.py\n${computed}\n${pack}.${part}\t${SITE}/${pack}/${part}.py\n\t/${key}\n`,
        );
        const facts = [parseFacts(`["process", 7, 1, "/usr/bin/${key}"]\n["fact", "open", 7, "/app/${own}.py"]\n["exit", 0]\n`)];
        const { image, engine, python } = makeTrace([]);
        const one = traceFromFacts({
          ...{ image, engine, python, command: [own], workdir: '/app', mount: '/.pyshrink', listened: true, steps: [], exit: 0 },
          environment: [variable],
          observed: { facts, imports, probed: new Set([7]) },
        });
        const two = {
          ...one,
          modules: Object.fromEntries([
            [computed, `/app/${computed}.py`],
            [own, null],
            [key, null],
          ]),
        };
        const read = (trace: unknown) => TraceSchema.parse(JSON.parse(JSON.stringify(trace)));
        const { modules, observations, processes, runs } = read(joinTraces([read(one), read(two)]));
        return [rows(modules), observations, processes, runs];
      },
      (found) => found,
      50,
    ));
});
