import { expect, it } from 'vitest';
import { withoutDebug } from '../../src/assemble/stripped.js';
import { KeepSet } from '../../src/keep/keepset.js';
import type { Reason } from '../../src/keep/reason.js';
import { RootFs } from '../../src/rootfs.js';
import { makeElf } from '../support/elf.js';
import { makeTree, type Node } from '../support/tree.js';

const text = makeElf({ soname: 'x', sections: { '.text': Buffer.alloc(9000, 1) }, unloaded: { '.debug_info': Buffer.alloc(20000, 2) } });
const native = { text };
const seen: Reason = { rule: 'observed', kind: 'open', parents: [] };

/** The files that lose their debug information, if all files are kept. */
async function strippedOf(
  nodes: Record<string, Node>,
  reasons: Record<string, Reason> = {},
  change = (fs: RootFs) => fs,
): Promise<string[]> {
  const fs = change(makeTree(nodes));
  const keep = new KeepSet(fs);
  for (const path of Object.keys(nodes)) keep.add({ path, ...(reasons[path] ?? seen) });
  const edits = await withoutDebug(
    [...fs.entries.values()].filter(({ path }) => keep.has(path)),
    keep,
    fs,
  );
  return [...edits.keys()].sort();
}

it('leaves it out of libraries and programs', async () => {
  const nodes = {
    '/usr/lib/a.so.1': native,
    '/usr/bin/tool': { text, mode: 0o755 },
    '/srv/a.bin': native,
    '/usr/lib/note.so': 'x'.repeat(20000),
  };
  expect(await strippedOf(nodes)).toEqual(['/usr/bin/tool', '/usr/lib/a.so.1']);
});

it('leaves what the user has named as it is', async () => {
  const named: Reason = { rule: 'user', kind: 'include', subject: '/usr/lib/b.so', parents: [] };
  expect(await strippedOf({ '/usr/lib/a.so': native, '/usr/lib/b.so': native }, { '/usr/lib/b.so': named })).toEqual(['/usr/lib/a.so']);
});

it('leaves files whose checksum is checked as they are', async () => {
  const nodes = {
    '/usr/lib/a.so': native,
    '/usr/lib/ossl-modules/fips.so': native,
    // As Red Hat has them: the checksum has the name of the link, and is of other libraries, too.
    '/usr/lib64/libgnutls.so.30.37.1': native,
    '/usr/lib64/libgnutls.so.30': { link: 'libgnutls.so.30.37.1' },
    '/usr/lib64/libnettle.so.8.6': native,
    '/usr/lib64/.libgnutls.so.30.hmac': 'x',
    '/opt/nss/libsoftokn3.so': native,
    '/opt/nss/libsoftokn3.chk': 'x',
    '/opt/old/libgcrypt.so.20': native,
    '/opt/old/fipscheck/libgcrypt.so.20.hmac': 'x',
    '/root/.julia/compiled/v1.11/X/a.so': native,
    '/root/.julia/compiled/v1.11/X/a.ji': 'x',
    '/usr/lib/signed.so': native,
  };
  const signed = (fs: RootFs) => {
    const entries = new Map(fs.entries);
    const entry = entries.get('/usr/lib/signed.so');
    if (entry) entries.set(entry.path, { ...entry, xattrs: { 'security.ima': '00' } });
    return new RootFs(entries, fs.read);
  };
  expect(await strippedOf(nodes, {}, signed)).toEqual(['/usr/lib/a.so']);
});

it("leaves the app's own files as they are, unless they are loaded", async () => {
  const nodes = {
    '/root/site/agent.so': native,
    '/usr/share/nginx/html/agent.so': native,
    '/app/download.so': native,
    '/app/plugin.so': native,
    '/opt/venv/lib/python3.13/site-packages/x.so': native,
  };
  const reasons: Record<string, Reason> = {
    '/root/site/agent.so': { rule: 'python', kind: 'own-data', parents: [] },
    '/usr/share/nginx/html/agent.so': { rule: 'configured', kind: 'inside', subject: '/usr/share/nginx/html', parents: [] },
    '/app/plugin.so': { rule: 'observed', kind: 'map', parents: [] },
    '/opt/venv/lib/python3.13/site-packages/x.so': { rule: 'python', kind: 'import', module: 'a', line: 1, parents: [] },
  };
  expect(await strippedOf(nodes, reasons)).toEqual(['/app/plugin.so', '/opt/venv/lib/python3.13/site-packages/x.so']);
});

it('treats all names of a file alike', async () => {
  const linked = { text, group: 'one' };
  const nodes = { '/usr/lib/a.so': linked, '/usr/lib/b.so': linked };
  expect(await strippedOf(nodes)).toEqual(['/usr/lib/a.so', '/usr/lib/b.so']);
  const other = { '/usr/lib/a.so': linked, '/usr/share/a.dat': linked };
  expect(await strippedOf(other)).toEqual([]);
});

it('leaves a library as it is whose bytes are part of the key of a cache', async () => {
  const nodes = { '/usr/lib/libtriton.so': native, '/usr/lib/a.so': native };
  expect(await strippedOf(nodes)).toEqual(['/usr/lib/a.so', '/usr/lib/libtriton.so']);
  expect(await strippedOf({ ...nodes, '/root/.triton/cache/X/kernel.json': '{}' })).toEqual(['/usr/lib/a.so']);
});

it.each([
  ['/usr/bin/gdb', ''],
  ['/venv/lib/python3.13/site-packages/elftools/__init__.py', ''],
])('leaves all files as they are where %s is kept', async (path, content) => {
  expect(await strippedOf({ '/usr/lib/a.so': native, [path]: content })).toEqual([]);
});
