import { classifyFiles, type FileKind, isPublic } from '../../python/classify.js';
import type { Distribution } from '../../python/distributions.js';
import type { Module } from '../../python/finder.js';
import { allNames, type Summary } from '../../python/summary.js';
import { baseName, parentOf } from '../../rootfs.js';
import { INSTALLERS } from '../data/standardlibrary.js';
import type { Addition } from '../keepset.js';
import type { Context } from '../rule.js';
import type { PythonWorld } from './world.js';

/** How much of a distribution is kept: what is reached of it; its Python and data; its extension modules too. */
export type Grade = 'touched' | 'pulled' | 'app';
const ORDER: readonly Grade[] = ['touched', 'pulled', 'app'];

export const WHY: Readonly<Record<Grade, string>> = {
  touched: 'reached',
  pulled: 'Python and data of a distribution that kept code imports',
  app: 'of a distribution that the app imports',
};
/** Bytes of a private extension module that is kept though nothing is seen to import it. */
const SMALL = 256 << 10;
const READ_BY = 'its list of files, which kept code asks for';

/** What keeps a module, as ReachRule has it. */
type Reached = (module: Module, grade: Grade, from: string | undefined, detail?: string) => Addition[];

/** How much of each distribution is kept, and the files that this keeps. */
export class Grades {
  /** Distribution → its grade, and the path that led to it. */
  readonly all = new Map<Distribution, { grade: Grade; by: string | undefined }>();
  private readonly pending: { distribution: Distribution; grade: Grade; by: string }[] = [];
  private readonly kinds = new Map<Distribution, Map<string, FileKind>>();
  /** Lists of files: large, and read only by code that asks for a distribution's files. */
  private readonly records: Addition[] = [];
  private recordsAreRead = false;

  constructor(
    private readonly world: PythonWorld,
    private readonly reached: Reached,
  ) {}

  has(distribution: Distribution, grade: Grade): boolean {
    const known = this.all.get(distribution);
    return known !== undefined && ORDER.indexOf(known.grade) >= ORDER.indexOf(grade);
  }

  /** Asks for a distribution; its files come with {@link takePending}. */
  want(distribution: Distribution, grade: Grade, by: string): void {
    const most = INSTALLERS.has(distribution.name) && grade !== 'app' ? 'touched' : grade;
    if (this.has(distribution, most)) return;
    this.all.set(distribution, { grade: most, by });
    this.pending.push({ distribution, grade: most, by });
  }

  async takePending(context: Context): Promise<Addition[]> {
    const additions: Addition[] = [];
    for (let next = this.pending.pop(); next; next = this.pending.pop())
      additions.push(...(await this.take(next.distribution, next.grade, next.by, context)));
    return additions;
  }

  /** The files of a distribution that a grade keeps. */
  async take(
    distribution: Distribution,
    grade: Grade,
    by: string | undefined,
    context: Context,
    programs = grade === 'app',
  ): Promise<Addition[]> {
    if (!this.all.has(distribution)) this.all.set(distribution, { grade, by });
    if (grade === 'touched') return [];
    const kinds = this.kindsOf(distribution);
    const additions: Addition[] = [];
    const detail = `${WHY[grade]} (${distribution.name})`;
    const add = (path: string, what = detail) =>
      additions.push({ path, rule: 'distribution', parents: by === undefined ? [] : [by], detail: what });
    for (const [path, kind] of kinds) {
      if (baseName(path) === 'RECORD' && kind === 'metadata') {
        if (this.recordsAreRead) add(path);
        else this.records.push({ path, rule: 'distribution', parents: [distribution.metadata], detail: READ_BY });
      } else if (kind === 'module' || kind === 'bytecode' || kind === 'data' || kind === 'metadata') add(path);
      else if (kind === 'extension' && grade === 'app' && (isPublic(this.world.finder.at(path)?.name ?? '_') || this.isSmall(path)))
        add(path);
      else if (kind === 'program' && programs)
        add(path, `a program of ${distribution.name}, which ${grade === 'app' ? 'the app imports' : 'no other distribution requires'}`);
      else if (kind === 'library' && (await isOpenedByPath(path, kinds, context)))
        add(path, `a library of ${distribution.name} that none of its files is linked with`);
    }
    for (const { group, name, module } of distribution.entryPoints) {
      const found = this.world.finder.find(module);
      if (found && !/^distutils\./.test(group))
        additions.push(...this.reached(found, 'pulled', by, `entry point ${name} of ${distribution.name} (${group})`));
    }
    return additions;
  }

  /** A private extension module that costs less than it may break; tests of C code are such too. */
  private isSmall(path: string): boolean {
    return (this.world.fs.lstat(path)?.size ?? 0) <= SMALL && !/test/.test(baseName(path));
  }

  /** Told of all code outside the standard library: brings the lists of files once some code asks for them. */
  noticeRecords(summary: Summary): Addition[] {
    if (this.recordsAreRead || !readsRecords(summary)) return [];
    this.recordsAreRead = true;
    return this.records;
  }

  private kindsOf(distribution: Distribution): Map<string, FileKind> {
    const known = this.kinds.get(distribution) ?? classifyFiles(distribution, this.world.layout.suffixes);
    this.kinds.set(distribution, known);
    return known;
  }
}

/** Whether code may ask for the files of a distribution (importlib.metadata.files, packages_distributions, RECORD itself). */
function readsRecords(summary: Summary): boolean {
  if (summary.strings.includes('RECORD')) return true;
  const names = allNames(summary);
  const asks = summary.imports.some(
    ([, , module, imported]) =>
      /^importlib[._]metadata$/.test(module) && (imported.length === 0 || imported.includes('files') || imported.includes('distribution')),
  );
  return names.has('packages_distributions') || (asks && names.has('files'));
}

/** A shared library that lies in a package and that no other file of it needs: its code opens it by its path. */
async function isOpenedByPath(path: string, kinds: ReadonlyMap<string, FileKind>, { libraries }: Context): Promise<boolean> {
  if (/\.libs$/.test(parentOf(path))) return false;
  const name = baseName(path);
  for (const [other, kind] of kinds) {
    if (other === path || (kind !== 'extension' && kind !== 'library')) continue;
    if ((await libraries.elf(other))?.needed.includes(name)) return false;
  }
  return true;
}
