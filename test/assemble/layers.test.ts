import { describe, expect, it } from 'vitest';
import { contentsOf, layerBytes, planLayers } from '../../src/assemble/layers.js';
import { makeTree } from '../support/tree.js';

const PYTHON = { executable: '/usr/local/bin/python3.13', version: '3.13.1', sitePackages: ['/usr/local/lib/python3.13/site-packages'] };
const fs = makeTree({
  '/app/main.py': 'print(1)',
  '/etc/passwd': 'root',
  '/usr/lib/libc.so.6': 'libc',
  '/usr/local/bin/python3.13': 'python',
  '/usr/local/lib/libpython3.13.so.1.0': 'libpython',
  '/usr/local/lib/python3.13/os.py': 'os',
  '/usr/local/lib/python3.13/site-packages/flask/__init__.py': 'flask',
  '/usr/bin/one': { text: 'same', group: 'g' },
  '/usr/bin/two': { text: 'same', group: 'g' },
  '/usr/src/app/x': 'x',
});
const entries = [...fs.entries.values()];

async function* chunks(data: Buffer): AsyncGenerator<Buffer> {
  yield data;
}

describe('planLayers', () => {
  it('puts files that change together into one layer', () => {
    const layers = planLayers(entries, fs, PYTHON);
    const files = Object.fromEntries(
      layers.map(({ name, members }) => [name, members.filter(({ entry }) => entry.type === 'f').map(({ entry }) => entry.path)]),
    );
    expect(files).toEqual({
      system: ['/etc/passwd', '/usr/bin/one', '/usr/bin/two', '/usr/lib/libc.so.6'],
      python: ['/usr/local/bin/python3.13', '/usr/local/lib/libpython3.13.so.1.0', '/usr/local/lib/python3.13/os.py'],
      distributions: ['/usr/local/lib/python3.13/site-packages/flask/__init__.py'],
      app: ['/app/main.py', '/usr/src/app/x'],
    });
  });

  it('gives every layer the parents of its entries, parents first', () => {
    for (const { members } of planLayers(entries, fs, PYTHON)) {
      const seen = new Set(['']);
      for (const { entry } of members) {
        if (entry.path !== '/') expect(seen).toContain(entry.path.slice(0, entry.path.lastIndexOf('/')));
        seen.add(entry.path === '/' ? '' : entry.path);
      }
    }
  });

  it('stores a file once, and its other names as hard links', () => {
    const system = planLayers(entries, fs, PYTHON)[0];
    expect(system?.members.filter(({ hardLinkTo }) => hardLinkTo).map(({ entry, hardLinkTo }) => [entry.path, hardLinkTo])).toEqual([
      ['/usr/bin/two', '/usr/bin/one'],
    ]);
    expect(contentsOf(system as never).map(({ path }) => path)).not.toContain('/usr/bin/two');
  });

  it('knows the length of a layer before its content is read', async () => {
    for (const layer of planLayers(entries, fs, PYTHON)) {
      let length = 0;
      for await (const part of layerBytes(layer, ({ size }) => chunks(Buffer.alloc(size)))) length += part.length;
      expect(length).toBe(layer.size);
    }
  });

  it('does not depend on the order of the entries', () => {
    expect(planLayers([...entries].reverse(), fs, PYTHON)).toEqual(planLayers(entries, fs, PYTHON));
  });
});
