import { isLibraryName } from '../os/places.js';
import { baseName, type Entry, parentOf, push } from '../rootfs.js';
import { OPENED_AT_START } from './data/systemlibraries.js';
import type { GpuUse } from './gpu.js';
import { nativeStrings } from './nativestrings.js';
import type { Addition, Because } from './reason.js';
import type { Context, Finding, Rule } from './rule.js';

/** Clients of display servers: without a display, there is none to talk to. Sources: XOpenDisplay(3), wl_display_connect. */
export const OPENS_WINDOWS = /^lib(X11|wayland-client)\.so/;

/** A kept ELF file, and the libraries in one folder that its strings name: path → name. */
interface Opener {
  path: string;
  targets: ReadonlyMap<string, string>;
}

/**
 * The libraries that native code opens by name (from the level `reachable` on): a kept ELF file has their names among its strings.
 * Cheap ones are kept. Of large ones, those are kept whose opener has opened another one of the same folder in a run: the computer that
 * runs the image may have another processor. Those for GPUs are kept as far as the target has GPUs.
 */
export class OpensRule implements Rule {
  readonly name = 'opens';
  private openers: Opener[] = [];
  /** Names of libraries that kept files are linked with: a run that has one of these in memory proves no dlopen(3). */
  private readonly linked = new Set<string>();
  private readonly seen = new Set<string>();

  begin({ fs, trace }: Context): Finding[] {
    for (const { kind, path } of trace.observations) {
      const real = kind === 'map' || kind === 'open' ? fs.resolve(path)?.path : undefined;
      if (real !== undefined) this.seen.add(real);
    }
    return [];
  }

  async visit({ path, type }: Entry, context: Context): Promise<Finding[]> {
    const elf = type === 'f' && context.isElf(path) ? await context.libraries.elf(path) : undefined;
    if (!elf?.dynamic) return [];
    for (const name of elf.needed) this.linked.add(name);
    if (elf.soname === 'libc.so.6') return []; // what it opens, and for which functions, is known: data/libc.ts
    for (const targets of await byFolder(path, context)) this.openers.push({ path, targets });
    return context.gpu.target === 'nvidia' ? partners(path, context) : [];
  }

  async settle(context: Context): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const opener of this.openers.splice(0)) findings.push(...(await this.opened(opener, context)));
    return findings;
  }

  private async opened({ path: by, targets }: Opener, { gpu, libraries }: Context): Promise<Finding[]> {
    const uses = new Map<string, GpuUse | undefined>();
    let ran = false;
    for (const path of targets.keys()) {
      uses.set(path, await gpu.use(path));
      const names = [baseName(path), (await libraries.elf(path))?.soname ?? ''];
      ran ||= this.seen.has(path) && !names.some((name) => this.linked.has(name));
    }
    const isForGpu = [...uses.values()].some((use) => (gpu.target !== 'none' ? use !== undefined : use === 'linked' || use === 'code'));
    const findings: Finding[] = [];
    for (const [path, name] of targets) {
      const addition = (kind: Because<'opens'>['kind']): Addition => ({ path, rule: 'opens', kind, subject: name, parents: [by] });
      const use = uses.get(path);
      if (gpu.target === 'none' && (use === 'linked' || use === 'code')) gpu.left.set(path, by);
      // Code for the processor, which looks for a GPU: it may be what says that there is none.
      else if (gpu.target === 'none' && use === 'driver' && isForGpu && this.seen.has(by)) findings.push(addition('driver'));
      else if (ran) findings.push(addition('seen'));
      else if (isForGpu && gpu.target !== 'none') {
        if (!(use === 'driver' && this.seen.has(by))) gpu.kept.add(path);
        findings.push(addition('gpu'));
      } else findings.push({ offer: 'call', additions: [addition('named')] });
    }
    return findings;
  }
}

/** The libraries that a file's strings name, by their folders, without those that are loaded with it anyway. */
async function byFolder(path: string, { fs, libraries, environment }: Context): Promise<ReadonlyMap<string, string>[]> {
  const found = new Map<string, string>();
  for (const name of (await nativeStrings(fs, path)).libraries) {
    if (!environment.DISPLAY && OPENS_WINDOWS.test(baseName(name))) continue;
    if (OPENED_AT_START.some(({ by, opens }) => by.test(baseName(path)) && opens.test(baseName(name)))) continue;
    for (const target of await libraries.opened(name, path)) if (target !== path) found.set(target, name);
  }
  if (found.size === 0) return [];
  for (const { resolved } of (await libraries.closure(path)).objects) found.delete(resolved.path);
  const folders = new Map<string, [string, string][]>();
  for (const [target, name] of found) push(folders, parentOf(target), [target, name]);
  return [...folders.values()].map((targets) => new Map(targets));
}

/** The libraries in the folder of one for GPUs that open it: they are parts of one set. */
async function partners(path: string, context: Context): Promise<Addition[]> {
  const { fs, libraries, gpu } = context;
  if ((await gpu.use(path)) === undefined) return [];
  const additions: Addition[] = [];
  for (const other of fs.list(parentOf(path))) {
    if (other === path || fs.lstat(other)?.type !== 'f' || !isLibraryName(other)) continue;
    for (const name of (await nativeStrings(fs, other)).libraries) {
      if (!(await libraries.opened(name, other)).includes(path)) continue;
      gpu.kept.add(other);
      additions.push({ path: other, rule: 'opens', kind: 'gpu', subject: name, parents: [path] });
    }
  }
  return additions;
}
