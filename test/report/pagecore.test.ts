import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { chainOf, type Kept } from '../../src/report/chain.js';
import { pageOf } from '../../src/report/html.js';
import { chainFrom } from '../../src/report/page/chain.js';
import { pack, unpack, unpackPage } from '../../src/report/page/codec.js';
import { colouring, inkOn, MODES } from '../../src/report/page/colours.js';
import { bytes, percent, plural, visible } from '../../src/report/page/format.js';
import { layOut, neighbour, tileAt } from '../../src/report/page/layout.js';
import { search, searchIndex } from '../../src/report/page/search.js';
import { Side } from '../../src/report/page/side.js';
import { lineage, pathOf, treeOf } from '../../src/report/page/tree.js';
import type { PageReason } from '../../src/report/pagemodel.js';
import { ranked } from '../../src/report/strength.js';
import { Seeded } from '../support/madeup.js';
import { madeUpPage } from '../support/pagedata.js';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** Characters that break what is careless: quotes, HTML, line ends, halves of surrogate pairs. */
const HARD = [...'ab/.<>&"\'\\ \n\u0000\u2028é', '\udc80', '\ud83d'];
const hard = (random: Seeded, most: number) =>
  Array.from({ length: random.whole(0, most) }, () => HARD[random.whole(0, HARD.length - 1)]).join('');

describe('packed data', () => {
  it.each(SEEDS)('comes back as it was, whatever its texts are (seed %i)', (seed) => {
    const random = new Seeded(seed);
    const data = madeUpPage(200, seed, (own) => own + hard(random, 6));
    expect(unpack(pack(data))).toEqual(data);
  });

  it('is refused in another version', () => {
    expect(() => unpack('{"packed":99}')).toThrow(SyntaxError);
    expect(() => unpack('{')).toThrow(SyntaxError);
  });

  it('is in the page as Base64 of gzip, in the place of the template and nowhere else', () => {
    const data = madeUpPage(100);
    const html = pageOf('before @DATA@ after $& @DATA', [data]);
    const [, base64 = '', after] = /^before ([\w+/=]+)( after .*)$/.exec(html) ?? [];
    expect(after).toBe(' after $& @DATA');
    expect(unpackPage(gunzipSync(Buffer.from(base64, 'base64')).toString())).toEqual({ images: [data], diff: null });
    expect(() => pageOf('no place', [data])).toThrow(RangeError);
  });
});

describe('the tree of paths', () => {
  it.each(SEEDS)('has the sums and the ranges of its folders (seed %i)', (seed) => {
    const random = new Seeded(seed);
    const paths = [
      ...new Set(Array.from({ length: 300 }, () => `/${random.of('ab/-', random.whole(1, 8)).replace(/\/+/g, '/').replace(/\/$/, 'x')}`)),
    ]
      .filter((path) => !path.includes('//'))
      .sort();
    const size = paths.map(() => random.whole(0, 1000));
    const { root, order, leaves } = treeOf(paths, size, (index) => index % 3 === 0);
    expect([...order].sort((a, b) => a - b)).toEqual(paths.map((_, index) => index));
    expect(root.bytes).toBe(size.reduce((sum, one) => sum + one, 0));
    expect(root.kept).toBe(size.reduce((sum, one, index) => sum + (index % 3 === 0 ? one : 0), 0));
    paths.forEach((path, index) => {
      const leaf = leaves[index];
      if (!leaf) throw new Error(`${path} has no leaf`);
      // A path that is a folder of others, too, is in it under an empty name.
      expect(pathOf(leaf).replace(/\/$/, '')).toBe(path);
      for (const folder of lineage(leaf)) expect(order.subarray(folder.start, folder.end)).toContain(index);
      expect(order[leaf.start]).toBe(index);
    });
  });

  it('may be as deep as a path can be long', () => {
    const deep = '/a'.repeat(2000);
    const { root, leaves } = treeOf([deep], [5], () => true);
    expect(root.kept).toBe(5);
    expect(pathOf(leaves[0] as (typeof leaves)[number])).toBe(deep);
    expect(layOut(root, 800, 600).map(({ label }) => label.length)).toEqual([3999 - 2, 1]);
  });
});

describe('the map', () => {
  const side = new Side(madeUpPage(4000));
  const tiles = layOut(side.tree.root, 900, 600);
  const ends = tiles.filter(({ open }) => !open);

  it('keeps each rectangle in the map and in its folder, and apart from the others', () => {
    for (const { x0, y0, x1, y1 } of tiles) expect([x0 >= 0, y0 >= 0, x1 <= 900, y1 <= 600, x1 >= x0, y1 >= y0]).not.toContain(false);
    const overlaps = ends.flatMap((a, index) =>
      ends.slice(index + 1).filter((b) => Math.min(a.x1, b.x1) > Math.max(a.x0, b.x0) && Math.min(a.y1, b.y1) > Math.max(a.y0, b.y0)),
    );
    expect(overlaps).toEqual([]);
  });

  it('shows all bytes, each once', () => {
    const drawn = ends.reduce((sum, { node, rest }) => sum + (rest > 0 ? 0 : node.bytes), 0);
    const merged = ends.filter(({ rest }) => rest > 0).length;
    expect(drawn).toBeLessThanOrEqual(side.tree.root.bytes);
    expect(drawn).toBeGreaterThan(side.tree.root.bytes * (merged > 0 ? 0.95 : 1) - 1);
  });

  it('finds the rectangle at a point, and the next one in each direction', () => {
    for (const tile of ends.filter(({ x0, x1, y0, y1 }) => x1 > x0 && y1 > y0))
      expect(tileAt(tiles, (tile.x0 + tile.x1) / 2, (tile.y0 + tile.y1) / 2)).toBe(tile);
    expect(tileAt(tiles, -1, 5)).toBeUndefined();
    const [first] = ends;
    if (!first) throw new Error('nothing is drawn');
    const right = neighbour(tiles, first, [1, 0]);
    expect((right?.x0 ?? 0) + (right?.x1 ?? 0)).toBeGreaterThan(first.x0 + first.x1);
    let [at, steps]: [typeof first | undefined, number] = [first, 0];
    for (; at; steps++) at = neighbour(tiles, at, [1, 0]);
    expect(steps).toBeGreaterThan(3);
  });

  it.each(MODES)('gives each kept path a colour, and none to the others (%s)', (mode) => {
    const { categories, of } = colouring(side, mode);
    const sums = categories.map(() => 0);
    side.data.paths.path.forEach((_, index) => {
      const category = of(index);
      expect(category >= 0).toBe(side.isKept(index));
      if (category >= 0) sums[category] = (sums[category] ?? 0) + side.size(index);
    });
    expect(categories.map(({ bytes: size }) => size)).toEqual(sums);
    expect(new Set(categories.map(({ colour }) => colour)).size).toBe(categories.length);
  });

  it('writes black on light colours and white on dark ones', () => {
    expect([inkOn('#ffffff'), inkOn('#f0a52e'), inkOn('#000000'), inkOn('#1f3f8c')]).toEqual(['#000000', '#000000', '#ffffff', '#ffffff']);
  });
});

describe('search', () => {
  const { paths } = madeUpPage(2000);
  const find = (list: readonly string[], query: string, shown = 1e9) =>
    search(
      searchIndex(list),
      query,
      shown,
      list.map((_, index) => index),
      (index) => index % 2 === 0,
    );

  it.each(['libpq', 'CORE', '.so', '/', 'x86_64-linux-gnu', 'numpy core', 'py numpy py', 'none such'])(
    'finds what includes() finds: %s',
    (query) => {
      const words = query.toLowerCase().split(' ');
      const wanted = paths.path.flatMap((path, index) => (words.every((word) => path.toLowerCase().includes(word)) ? [index] : []));
      const { best, count } = find(paths.path, query);
      expect([...best].sort((a, b) => a - b)).toEqual(wanted);
      expect(count).toBe(wanted.length);
    },
  );

  it('finds modules by their dotted names', () => {
    const list = ['/s/google/protobuf/message.py', '/s/google.protobuf.txt', '/s/google/api.py'];
    expect(find(list, 'google.protobuf').best.map((index) => list[index])).toEqual(
      expect.arrayContaining(['/s/google/protobuf/message.py', '/s/google.protobuf.txt']),
    );
    expect(find(list, 'google.protobuf').count).toBe(2);
  });

  it('puts what is kept before what is left out where both have the name', () => {
    const list = ['/lib/libssl.a', '/man/libssl.3.gz', '/lib/libssl3.so', '/doc/libssl', '/lib/xlibssl'];
    const found = search(searchIndex(list), 'libssl', 9, [9, 8, 1, 2, 3], (index) => index === 2 || index === 4);
    expect(found.best.map((index) => list[index])).toEqual([
      '/lib/libssl3.so',
      '/lib/libssl.a',
      '/man/libssl.3.gz',
      '/doc/libssl',
      '/lib/xlibssl',
    ]);
  });

  it('puts exact names first, then what begins so, then what is kept', () => {
    const list = ['/ssl/a', '/lib/xssl', '/lib/ssl.py', '/lib/sslx', '/lib/ssly'];
    expect(find(list, 'ssl').best.map((index) => list[index])).toEqual(['/lib/ssl.py', '/lib/ssly', '/lib/sslx', '/lib/xssl', '/ssl/a']);
    expect(find(list, 'ssl', 2)).toEqual({ best: [2, 4], count: 5 });
  });

  it('finds nothing without a word', () => {
    expect(find(['/a'], '  ')).toEqual({ best: [], count: 0 });
    expect(find([], 'a')).toEqual({ best: [], count: 0 });
  });

  it('works with names that change their length in lower case, or have line ends', () => {
    const list = ['/İİİİ/first', '/a\nb/second', '/third'];
    expect(find(list, 'third').best).toEqual([2]);
    expect(find(list, 'second').best).toEqual([1]);
    expect(find(list, 'first').best).toEqual([0]);
  });
});

describe('chains', () => {
  it.each(SEEDS)('are those of pyshrink why (seed %i)', (seed) => {
    const random = new Seeded(seed);
    const names = Array.from({ length: 40 }, (_, index) => `/p${index}`);
    const kept: Record<string, Kept[string]> = {};
    const reasons: PageReason[] = [];
    const of = names.map((path, index) => {
      if (random.next() < 0.1) return [];
      const made = Array.from({ length: random.whole(1, 3) }, () => {
        const parents = Array.from({ length: random.whole(0, 3) }, () => random.whole(0, names.length - 1));
        const kind = random.next();
        if (kind < 0.05) return { rule: 'python' as const, kind: 'own-code' as const, parents };
        if (kind < 0.1) return { rule: 'entrypoint' as const, kind: 'command' as const, parents: [] };
        return kind < 0.5
          ? { rule: 'elf' as const, kind: 'needed' as const, parents }
          : { rule: 'python' as const, kind: 'imported' as const, parents };
      });
      // The page has the reasons ranked.
      const own = ranked(made);
      kept[path] = {
        reasons: own.map(({ parents, ...reason }) => ({ ...reason, parents: parents.map((parent) => names[parent] as string) })),
      };
      return own.map(
        ({ rule, kind, parents }) =>
          reasons.push({ kept: true, reason: `${rule}/${kind}`, text: `${index}`, parents, file: null, line: null, rank: 1 }) - 1,
      );
    });
    names.forEach((path, index) => {
      const wanted = chainOf(kept, path)?.map((step) => `${step.path} ${step.reason.rule}/${step.reason.kind}`) ?? [];
      expect(chainFrom({ of, reasons }, index).map((link) => `${names[link.path]} ${link.reason.reason}`)).toEqual(wanted);
    });
  });

  it('can begin with a given reason', () => {
    const made = (reason: string, parents: number[]): PageReason => ({
      kept: true,
      reason,
      text: '',
      parents,
      file: null,
      line: null,
      rank: 1,
    });
    const reasons = [made('python/own-code', []), made('python/import', [0]), made('elf/needed', [0])];
    const chain = chainFrom({ of: [[0], [1, 2]], reasons }, 1, reasons[2]);
    expect(chain.map(({ reason }) => reason.reason)).toEqual(['elf/needed', 'python/own-code']);
  });
});

describe('words', () => {
  it('shows sizes in decimal units', () => {
    expect([0, 17, 999, 1000, 330_000, 124_700_000, 999_949_999, 1_238_700_000].map(bytes)).toEqual([
      ...['0 B', '17 B', '999 B', '1.0 kB', '330.0 kB', '124.7 MB', '999.9 MB', '1.24 GB'],
    ]);
    expect([percent(1, 1000), percent(0, 5), percent(1, 3), percent(1, 0)]).toEqual(['<1 %', '0 %', '33 %', '0 %']);
    expect([plural(1, 'file'), plural(14_944, 'file')]).toEqual(['1 file', '14 944 files']);
  });

  it('shows what can not be seen', () => {
    expect(visible('a\u202eb\u0000\udc80\n\t')).toBe('a\\u{202e}b\\u{0}\\u{dc80}\\u{a}\\u{9}');
    expect(visible('a\nb\tc\u200b', true)).toBe('a\nb\tc\\u{200b}');
    expect(visible('naïve 🐍 日本')).toBe('naïve 🐍 日本');
  });
});
