import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseInventory } from '../../src/guest/inventory.js';
import type { Entry } from '../../src/rootfs.js';

const entry: fc.Arbitrary<Entry> = fc.record(
  {
    path: fc.string({ unit: 'binary' }).map((text) => `/${text}`),
    type: fc.constantFrom('f', 'd', 'l'),
    mode: fc.nat(0o7777),
    uid: fc.nat(),
    gid: fc.nat(),
    size: fc.nat(),
    mtime: fc.nat(),
    group: fc.string(),
    target: fc.string(),
    xattrs: fc.dictionary(
      fc.string().map((text) => `user.${text}`),
      fc.constantFrom('', '00ff'),
    ),
  },
  { requiredKeys: ['path', 'type', 'mode', 'uid', 'gid', 'size', 'mtime'] },
);

/** A row as probes/inventory.py writes it. */
const row = (e: Entry) =>
  JSON.stringify([e.path, e.type, e.mode, e.uid, e.gid, e.size, e.mtime, e.group ?? null, e.target ?? null, e.xattrs ?? null]);

it('reads back the rows that it is given', () => {
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: ({ path }) => path }), (entries) => {
      expect([...parseInventory(`[${entries.map(row).join(',')}]`).values()]).toEqual(entries);
    }),
  );
});

it('keeps names that are not UTF-8, as Python escapes them', () => {
  const text = '[["/caf\\udce9", "f", 420, 0, 0, 1, 1, null, null, null]]';
  expect([...parseInventory(text).keys()]).toEqual(['/caf\udce9']);
});

it.each(['[["relative", "f", 1, 0, 0, 0, 0, null, null, null]]', '{}', '[["/x"', '[["/x", "q", 1, 0, 0, 0, 0, null, null, null]]'])(
  'rejects %s',
  (text) => {
    expect(() => parseInventory(text)).toThrow();
  },
);
