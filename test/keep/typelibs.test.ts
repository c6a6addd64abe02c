import { expect, it } from 'vitest';
import { makeElf } from '../support/elf.js';
import { distribution, kept } from '../support/keptapp.js';
import { describeWithPython } from '../support/probes.js';

const FOLDER = '/usr/lib/x86_64-linux-gnu/girepository-1.0';

describeWithPython('descriptions of libraries (GObject Introspection)', () => {
  const image = {
    ...distribution('pygobject', { 'gi/__init__.py': '', 'gi/repository/__init__.py': '' }),
    [`${FOLDER}/Gio-2.0.typelib`]: 'GOBJ\nMETADATA\0Gio\0GLib-2.0|GObject-2.0\0libgio-2.0.so.0\0not-Gtk-3.0\0',
    [`${FOLDER}/GLib-2.0.typelib`]: 'GLib\0',
    [`${FOLDER}/GObject-2.0.typelib`]: 'GObject\0GLib-2.0\0',
    [`${FOLDER}/Gtk-3.0.typelib`]: 'Gtk\0',
    '/usr/lib/libgio-2.0.so.0': makeElf({ soname: 'libgio-2.0.so.0' }),
  };
  const paths = [
    ...['Gio-2.0', 'GLib-2.0', 'GObject-2.0', 'Gtk-3.0'].map((name) => `${FOLDER}/${name}.typelib`),
    '/usr/lib/libgio-2.0.so.0',
  ];

  it('come with what they name, where code imports them', async () => {
    const { has } = await kept({ ...image, '/app/app.py': 'def f():\n    from gi.repository import Gio\n' });
    expect(paths.map(has)).toEqual([true, true, true, false, true]);
  });

  it('are offers where other code imports them, and left out where the Python has no module gi', async () => {
    const lib = distribution('lib', { 'lib/__init__.py': 'from gi.repository import Gio\n' });
    const offered = { ...image, ...lib, '/app/app.py': 'import lib' };
    expect(paths.map((await kept(offered)).has)).toEqual([true, true, true, false, true]);
    const costly = { ...offered, [`${FOLDER}/GLib-2.0.typelib`]: `GLib${'x'.repeat(4 << 20)}` };
    const without = Object.fromEntries(Object.entries(offered).filter(([path]) => !path.includes('/gi/')));
    for (const nodes of [costly, without]) expect(paths.map((await kept(nodes)).has)).toEqual([false, false, false, false, false]);
  });

  it('are left out elsewhere', async () => {
    const { has } = await kept({ ...image, '/app/app.py': 'import gi\nNAME = "Gio"' });
    expect(paths.map(has)).toEqual([false, false, false, false, false]);
  });
});
