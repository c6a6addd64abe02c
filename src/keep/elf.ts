import { type Elf, mayBeElf } from '../elf/reader.js';
import { join, parentOf } from '../rootfs.js';
import type { Addition } from './keepset.js';
import type { Context, Rule } from './rule.js';

/** Libraries that glibc opens by name at run time, beside the library that does it; with the function that needs them. */
const OPENED_BY_LIBC = [{ soname: 'libgcc_s.so.1', need: 'pthread_exit, pthread_cancel and backtrace of glibc open it' }];

/**
 * What a kept ELF file needs to be loaded: its interpreter, the closure over DT_NEEDED with every glibc-hwcaps variant,
 * preloaded objects, and what the C library opens by name.
 */
export const elfRule: Rule = {
  name: 'elf',
  async visit(entry, context) {
    if (entry.type !== 'f' || !mayBeElf(entry.path, entry.mode)) return [];
    const elf = await context.libraries.elf(entry.path);
    if (!elf) return [];
    const python = await pythonOf(context);
    if (python && (elf.bits !== python.elf.bits || elf.eMachine !== python.elf.eMachine))
      context.notes.push(
        `${entry.path} is of another architecture (${elf.bits}-bit, machine ${elf.eMachine}): what it opens can't be watched`,
      );
    const add = (path: string, parent: string, detail: string): Addition => ({ path, rule: 'elf', parents: [parent], detail });
    const additions: Addition[] = [];
    if (elf.interpreter !== undefined) {
      additions.push(add(elf.interpreter, entry.path, 'its loader (PT_INTERP)'));
      additions.push(add('/etc/ld.so.cache', entry.path, 'where its loader looks libraries up'));
      additions.push(
        ...context.libraries.preloads.filter((path) => path.startsWith('/')).map((path) => add(path, entry.path, 'preloaded into it')),
      );
    }
    if (!elf.dynamic) return additions;
    const closure = await context.libraries.closure(entry.path, await mainProgram(context, elf));
    for (const object of closure.objects) {
      if (!object.by || object.resolved.path === entry.path) continue;
      additions.push(add(object.path, object.by.resolved.path, 'a library it needs (DT_NEEDED)'));
      for (const variant of object.variants)
        additions.push(add(variant, object.resolved.path, 'the same library for another processor (glibc-hwcaps)'));
    }
    if (elf.soname === 'libc.so.6') {
      for (const { soname, need } of OPENED_BY_LIBC) additions.push(add(join(parentOf(entry.path), soname), entry.path, need));
    }
    return additions;
  },
};

/** The program that loads a shared object: Python, whose DT_RPATH then counts. */
async function mainProgram(context: Context, elf: Elf): Promise<string | undefined> {
  if (elf.interpreter !== undefined) return undefined;
  const python = await pythonOf(context);
  return python?.elf.rpath !== undefined ? python.path : undefined;
}

async function pythonOf({ fs, trace, libraries }: Context): Promise<{ path: string; elf: Elf } | undefined> {
  const path = fs.resolve(trace.python.executable)?.path;
  const elf = path === undefined ? undefined : await libraries.elf(path);
  return path !== undefined && elf ? { path, elf } : undefined;
}
