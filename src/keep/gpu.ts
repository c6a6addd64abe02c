import type { LibrarySearch } from '../elf/search.js';
import { readSections } from '../elf/sections.js';
import { isLibraryName } from '../os/places.js';
import { baseName, push, type RootFs } from '../rootfs.js';
import { GPU_DRIVERS, GPU_LIBRARIES, GPU_SECTIONS, type GpuTarget } from './data/gpu.js';
import type { KeepSet } from './keepset.js';
import { nativeStrings } from './nativestrings.js';
import type { Addition, RuleName } from './reason.js';

/**
 * `linked`: it is one of GPU_LIBRARIES, or linked with one. `code`: it has code for a GPU, and may have some for the processor, too.
 * `driver`: it opens a driver by its name.
 */
export type GpuUse = 'linked' | 'code' | 'driver';

/** What the image will meet, and which libraries are of use only there. */
export class Gpu {
  /** Libraries that are kept only for a GPU. */
  readonly kept = new Set<string>();
  /** Libraries that are left out since the image meets no GPU → who would open them. */
  readonly left = new Map<string, string>();
  private readonly known = new Map<string, Promise<GpuUse | undefined>>();

  constructor(
    private readonly fs: RootFs,
    private readonly libraries: LibrarySearch,
    readonly target: GpuTarget,
  ) {}

  /**
   * What a library has to do with GPUs.
   * @param path without links
   */
  use(path: string): Promise<GpuUse | undefined> {
    const known = this.known.get(path) ?? this.find(path);
    this.known.set(path, known);
    return known;
  }

  private async find(path: string): Promise<GpuUse | undefined> {
    const elf = await this.libraries.elf(path);
    if (!elf) return undefined;
    const isForGpu = (name: string) => GPU_LIBRARIES.some(({ soname }) => soname.test(name));
    if ([elf.soname ?? '', ...elf.needed].some(isForGpu)) return 'linked';
    const sections = await readSections((offset, length) => this.fs.read(path, offset, length));
    if (sections.some(({ name }) => GPU_SECTIONS.has(name))) return 'code';
    return (await nativeStrings(this.fs, path)).libraries.some((name) => GPU_DRIVERS.test(baseName(name))) ? 'driver' : undefined;
  }

  /**
   * Whether what an addition brings is of no use without a GPU. This is so for libraries that Python code or a distribution brings.
   * Where the app itself imports the distribution, only what is linked with a GPU's libraries counts.
   * @param isApps whether the app imports the distribution of a path
   */
  async isUseless({ path, rule }: Pick<Addition, 'path' | 'rule'>, isApps: (path: string) => boolean): Promise<boolean> {
    if ((rule !== 'python' && rule !== 'distribution') || !isLibraryName(path)) return false;
    const real = this.fs.resolve(path)?.path ?? path;
    const use = await this.use(real);
    return use !== undefined && (use === 'linked' || !isApps(real));
  }

  /** Whether an addition is left out since the image meets no GPU. */
  async leavesOut(addition: Addition, isApps: (path: string) => boolean): Promise<boolean> {
    if (this.target !== 'none' || !(await this.isUseless(addition, isApps))) return false;
    const real = this.fs.resolve(addition.path)?.path ?? addition.path;
    this.left.set(real, addition.parents[0] ?? real);
    return true;
  }

  /** Notes the kept libraries that are of no use without a GPU. */
  async noteKept(keep: KeepSet, isApps: (path: string) => boolean): Promise<void> {
    for (const [path, reasons] of keep.reasons) {
      if (!isLibraryName(path)) continue;
      const useless = await Promise.all(reasons.map(({ rule }) => rule === 'opens' || this.isUseless({ path, rule }, isApps)));
      if (useless.every(Boolean) && reasons.some(({ rule }) => rule !== 'opens')) this.kept.add(path);
    }
  }
}

/** Rules that bring nothing where the image meets no GPU. */
const GOES: ReadonlySet<RuleName> = new Set(['opens', 'python', 'distribution']);

/** Bytes of the kept libraries that only a GPU needs, with all that is kept only because of them. */
export function bytesForGpu({ kept }: Pick<Gpu, 'kept'>, keep: KeepSet, fs: RootFs): number {
  const children = new Map<string, string[]>();
  for (const [path, reasons] of keep.reasons) {
    for (const parent of new Set(reasons.flatMap(({ parents }) => parents))) push(children, parent, path);
  }
  const gone = new Set<string>();
  const pending = [...kept];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const isNeeded = keep.reasons
      .get(path)
      ?.some((reason) => !reason.parents.some((parent) => gone.has(parent)) && !(kept.has(path) && GOES.has(reason.rule)));
    if (gone.has(path) || isNeeded !== false) continue;
    gone.add(path);
    pending.push(...(children.get(path) ?? []));
  }
  return [...gone].reduce((sum, path) => sum + (fs.lstat(path)?.size ?? 0), 0);
}
