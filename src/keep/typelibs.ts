import { baseName, type Entry } from '../rootfs.js';
import { LIBRARIES } from './data/systemrow.js';
import { offered } from './evidence.js';
import { expandGlob } from './globs.js';
import { isAppCode } from './purpose.js';
import type { Addition } from './reason.js';
import type { Context, Rule } from './rule.js';

/** Bytes. That of GTK has less than one megabyte. */
const LARGEST = 16 << 20;
/** A namespace with its version, as in the list of those that a typelib needs: `GLib-2.0|GObject-2.0`. */
const NAMESPACE = /(?<![\w.-])[A-Z][A-Za-z0-9]*-\d+\.\d+(?=[|\0])/g;
const LIBRARY = /(?<![\w.-])lib[\w.+-]+\.so(\.\d+)*/g;

/**
 * Descriptions of libraries for `from gi.repository import GLib`, the descriptions and libraries that these name (from the level
 * `reachable` on), where the Python has the module `gi`. What other code than the app's imports is an offer.
 * Source: GObject Introspection, gitypelib-internal.h (`dependencies`, `shared_library`).
 */
export const typelibRule: Rule = {
  name: 'system',
  async visit(entry, context) {
    const { level, python } = context;
    if (level === 'observed' || entry.type !== 'f') return [];
    if (entry.path.endsWith('.typelib')) return inTypelib(entry, context);
    const worlds = (python?.all ?? []).filter(({ finder }) => finder.find('gi'));
    const imports = worlds.flatMap((world) => world.codeIn(entry.path)).flatMap(({ summary }) => summary.imports);
    const names = imports.flatMap(([, , module, imported]) => (module === 'gi.repository' ? imported : []));
    const offer = isAppCode(entry.path, context) ? undefined : 'call';
    return names.flatMap((name) => offered(typelibs(`${name}-*`, name, entry.path, context), offer));
  },
};

async function inTypelib({ path, size }: Entry, context: Context): Promise<Addition[]> {
  if (size > LARGEST) return [];
  const text = Buffer.from(await context.fs.read(path, 0, size)).toString('latin1');
  const needed = [...new Set(text.match(NAMESPACE))].flatMap((name) => typelibs(name, name, path, context));
  for (const name of new Set(text.match(LIBRARY)))
    for (const library of await context.libraries.named(name)) needed.push(addition(library, baseName(library), path));
  return needed;
}

function typelibs(pattern: string, subject: string, by: string, { fs }: Context): Addition[] {
  const folders = LIBRARIES.flatMap((folder) => expandGlob(fs, `${folder}/girepository-1.0/${pattern}.typelib`));
  return folders.map((path) => addition(path, subject, by));
}

function addition(path: string, subject: string, by: string): Addition {
  return { path, rule: 'system', kind: 'string', subject, of: 'typelib', parents: [by] };
}
