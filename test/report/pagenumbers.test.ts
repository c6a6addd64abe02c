import { describe, expect, it } from 'vitest';
import { chainOf } from '../../src/report/chain.js';
import { chainFrom } from '../../src/report/page/chain.js';
import { pack, unpack } from '../../src/report/page/codec.js';
import { Side } from '../../src/report/page/side.js';
import { pageData } from '../../src/report/pagedata.js';
import { smallImage } from '../support/inside.js';

const inside = smallImage();
const side = new Side(unpack(pack(pageData(inside))));
const { report, paths, kinds, layers, owners } = side.data;

/** Files and bytes of the list that a number opens. */
function behind(test: (index: number) => boolean): { files: number; bytes: number } {
  const files = side.where(test).filter(side.isFile);
  return { files: files.length, bytes: files.reduce((sum, index) => sum + side.size(index), 0) };
}

describe('the lists of the page agree with the report to the byte', () => {
  it('in all', () => {
    expect(behind(() => true)).toEqual(report.sizes.before.merged);
    expect(behind(side.isKept)).toEqual(report.sizes.after?.merged);
    expect(side.tree.root).toMatchObject({ bytes: report.sizes.before.merged?.bytes, kept: report.sizes.after?.merged.bytes });
  });

  it('by kind', () => {
    for (const { kind, before, after } of report.kinds) {
      const own = (index: number) => kinds[paths.kind[index] ?? -1] === kind;
      expect({ kind, ...behind(own) }).toEqual({ kind, ...before });
      expect({ kind, ...behind((index) => own(index) && side.isKept(index)) }).toEqual({ kind, ...after });
    }
  });

  it('by distribution and package', () => {
    const all = [...report.distributions, ...report.packages];
    expect(all.length).toBeGreaterThan(2);
    for (const { thing, name, before, after } of all) {
      const owner = owners.findIndex((one) => one.thing === thing && one.name === name);
      expect({ name, ...behind((index) => paths.owner[index] === owner) }).toEqual({ name, ...before });
      expect({ name, ...behind((index) => paths.owner[index] === owner && side.isKept(index)) }).toEqual({ name, ...after });
      const { files, bytes, keptFiles, keptBytes } = side.owners[owner] ?? {};
      expect([files, bytes, keptFiles, keptBytes]).toEqual([before.files, before.bytes, after.files, after.bytes]);
    }
  });

  it('by layer of the small image', () => {
    for (const { name, files, bytes } of report.layers.after)
      expect({ name, ...behind((index) => layers[paths.layer[index] ?? -1] === name) }).toEqual({ name, files, bytes });
  });
});

it('shows for each path a chain that ends as that of pyshrink why', () => {
  const kept = inside.made?.keep.kept ?? {};
  paths.path.forEach((path, index) => {
    const wanted = chainOf(kept, path);
    const shown = chainFrom({ of: paths.reasons, reasons: side.data.reasons }, index);
    expect([path, shown.map((link) => paths.path[link.path]), shown.at(-1)?.reason.reason]).toEqual([
      path,
      wanted?.map((step) => step.path) ?? [],
      wanted && `${wanted.at(-1)?.reason.rule}/${wanted.at(-1)?.reason.kind}`,
    ]);
  });
});
