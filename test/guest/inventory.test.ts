import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type BoundName, withBounds } from '../../src/bounds.js';
import { parseInventory } from '../../src/guest/inventory.js';
import type { Entry } from '../../src/rootfs.js';

const any: fc.Arbitrary<Entry> = fc.record(
  {
    // Names of a file system: no slash, no NUL, and neither `.` nor `..`. None is below another one.
    path: fc.string({ unit: 'binary', minLength: 1 }).map((text) => `/${text.replace(/[/\0]/g, '_').replace(/^\.{1,2}$/, '_')}`),
    type: fc.constantFrom('f', 'd', 'l'),
    mode: fc.nat(0o7777),
    uid: fc.nat(2 ** 32 - 2),
    gid: fc.nat(2 ** 32 - 2),
    size: fc.nat(),
    mtime: fc.integer(),
    xattrs: fc.dictionary(
      fc.string().map((text) => `user.${text}`),
      fc.constantFrom('', '00ff'),
    ),
  },
  { requiredKeys: ['path', 'type', 'mode', 'uid', 'gid', 'size', 'mtime'] },
);
const target = fc.string().map((text) => text.replaceAll('\0', '_'));
const entry: fc.Arbitrary<Entry> = fc.tuple(any, target).map(([one, to]) => {
  if (one.type === 'f') return one;
  return { ...one, size: 0, ...(one.type === 'l' && { target: to }) };
});

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
    expect(() => parseInventory(text)).toThrowError(expect.objectContaining({ name: 'UserError' }));
  },
);

const line = (
  path: string,
  {
    type = 'f',
    mode = 420,
    uid = 0,
    gid = 0,
    size = 0,
    mtime = 0,
    group = null,
    extra = null,
    xattrs = null,
  }: Record<string, unknown> = {},
) => [path, type, mode, uid, gid, size, mtime, group, extra, xattrs];

it.each<[string, unknown[][], RegExp]>([
  ['a path that leads up', [line('/a/../../etc/shadow')], /with a part that no path has/],
  ['a path with a point', [line('/a/./b')], /with a part that no path has/],
  ['a path with an empty part', [line('/a//b')], /with a part that no path has/],
  ['a path that ends in a slash', [line('/a/')], /with a part that no path has/],
  ['a path with a NUL', [line('/a\0b')], /with a NUL/],
  ['a link with a NUL', [line('/a', { type: 'l', extra: 'b\0' })], /with a NUL/],
  ['a path that is too long', [line(`/${'x'.repeat(4096)}`)], /with more than 4096 bytes/],
  ['a path twice', [line('/a'), line('/a')], /twice/],
  ['a negative size', [line('/a', { size: -1 })], /with the size -1/],
  ['a size that is no whole number', [line('/a', { size: 0.5 })], /with the size 0.5/],
  ['a size beyond all disks', [line('/a', { size: 1e300 })], /with the size 1e\+300/],
  ['a negative owner', [line('/a', { uid: -1 })], /with the owner -1:0/],
  ['a mode with other bits', [line('/a', { mode: 0o100644 })], /with the mode/],
  ['a time that is no number of seconds', [line('/a', { mtime: 1e300 })], /with the time/],
  ['a negative device', [line('/a', { type: 'c', extra: [-1, 0] })], /with the device -1:0/],
  ['a file below a file', [line('/a'), line('/a/b')], /"\/a\/b" below a file/],
  ['a file below a link', [line('/a/b'), line('/a', { type: 'l', extra: '/' })], /"\/a\/b" below a file/],
  [
    'two names of one file with different sizes',
    [line('/a', { group: 'g', size: 1 }), line('/b', { group: 'g', size: 2 })],
    /which differs/,
  ],
  ...Object.entries({ gid: 5, mode: 0o4755, xattrs: { 'security.capability': '00' } }).map(
    ([name, value]): [string, unknown[][], RegExp] => [
      `two names of one file with a different ${name}`,
      [line('/a', { group: 'g' }), line('/b', { group: 'g', [name]: value })],
      /which differs/,
    ],
  ),
  ['a folder with a size', [line('/a', { type: 'd', size: 9e15 })], /with the size/],
  ['a folder with two names', [line('/a', { type: 'd', group: 'g' })], /as a folder with two names/],
  ['a link without a target', [line('/a', { type: 'l' })], /as a link without a target/],
  ['a file with a target', [line('/a', { extra: '/b' })], /with a target/],
  ['a device without numbers', [line('/a', { type: 'c' })], /as a device without numbers/],
  ['a file with the numbers of a device', [line('/a', { extra: [1, 3] })], /with the numbers of a device/],
  ['an attribute that is not in hex', [line('/a', { xattrs: { 'user.a': 'x' } })], /not in hex/],
])('refuses %s', (_, rows, message) => {
  expect(() => parseInventory(JSON.stringify(rows))).toThrowError(
    expect.objectContaining({ name: 'UserError', message: expect.stringMatching(message) }),
  );
});

it.each<[BoundName, unknown[][]]>([
  ['files', [line('/a'), line('/b'), line('/c'), line('/d')]],
  ['depth', [line('/a/b/c/d')]],
])('refuses more than the limit %s, and names the flag', (name, rows) => {
  const parse = (most: number) => withBounds({ [name]: most }, () => parseInventory(JSON.stringify(rows)));
  expect(parse(4).size).toBe(rows.length);
  expect(() => parse(3)).toThrowError(
    expect.objectContaining({
      message: expect.stringContaining(`goes over the limit \`${name}\`: 3`),
      remedy: expect.stringContaining(`--limit ${name}=N`),
    }),
  );
});
