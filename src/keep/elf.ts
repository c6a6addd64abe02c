import { type Elf, mayBeElf } from '../elf/reader.js';
import { join, parentOf } from '../rootfs.js';
import { OPENED_BY_LIBC } from './data/libc.js';
import type { Addition, Because } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';

/**
 * What a kept ELF file needs to be loaded: its loader, the closure over DT_NEEDED with every glibc-hwcaps variant,
 * preloaded objects, and what the C library opens by name.
 */
export const elfRule: Rule = {
  name: 'elf',
  async visit(entry, context) {
    if (entry.type !== 'f' || !mayBeElf(entry.path, entry.mode)) return [];
    const elf = await context.libraries.elf(entry.path);
    if (!elf) return [];
    const findings: Finding[] = await foreign(entry.path, elf, context);
    const add = (path: string, parent: string, kind: Because<'elf'>['kind']): Addition => ({ path, rule: 'elf', kind, parents: [parent] });
    if (elf.interpreter !== undefined) {
      findings.push(add(elf.interpreter, entry.path, 'loader'));
      findings.push(add('/etc/ld.so.cache', entry.path, 'loader-cache'));
      findings.push(...context.libraries.preloads.filter((path) => path.startsWith('/')).map((path) => add(path, entry.path, 'preload')));
    }
    if (!elf.dynamic) return findings;
    const closure = await context.libraries.closure(entry.path, await mainProgram(context, elf));
    for (const object of closure.objects) {
      if (!object.by || object.resolved.path === entry.path) continue;
      findings.push(add(object.path, object.by.resolved.path, 'needed'));
      // The computer that runs the image may have another CPU than the one that traced it.
      findings.push(...object.variants.map((variant) => add(variant, object.resolved.path, 'hwcaps')));
    }
    if (elf.soname === 'libc.so.6') {
      for (const { soname, functions } of OPENED_BY_LIBC)
        findings.push({ ...add(join(parentOf(entry.path), soname), entry.path, 'opened-by-libc'), subject: functions.join(', ') });
    }
    return findings;
  },
};

/** A note on a file of another architecture than Python's: the kernel's filter does not see the calls of its processes. */
async function foreign(path: string, elf: Elf, context: Context): Promise<Finding[]> {
  const python = await pythonOf(context);
  if (!python || (elf.bits === python.elf.bits && elf.eMachine === python.elf.eMachine)) return [];
  return [
    {
      note: `${path} is built for another architecture (${elf.bits}-bit, e_machine ${elf.eMachine}): pyshrink cannot watch what it opens`,
    },
  ];
}

/** The program that loads a shared object. Only Python matters: its DT_RPATH then counts for the object too. */
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
