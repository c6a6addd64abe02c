import { classifyFiles, type FileKind, isPublic } from '../../python/classify.js';
import { SOURCE_MAP } from '../../python/developers.js';
import type { Distribution } from '../../python/distributions.js';
import { allNames, type Summary } from '../../python/summary.js';
import { baseName } from '../../rootfs.js';
import { isInsideProgram } from '../carried.js';
import { INDIVISIBLE, INSTALLERS } from '../data/installers.js';
import { isForeign } from '../foreign.js';
import { GRADES, type Grade } from '../level.js';
import type { Addition, Because } from '../reason.js';
import type { Context, Finding } from '../rule.js';
import { readsSourceMaps, readsStubs, WithheldFiles, whyOpened } from './opened.js';
import type { PythonWorld } from './world.js';

/** Bytes. A smaller private extension module is kept though no code names it: leaving it out saves less than it may break. */
const SMALL = 256 << 10;

/** Names of extension modules that test C code: the word stands between underscores (_umath_tests, _test_round). */
const TESTS_OF_C_CODE = /(^|_)tests?(_|\.|$)/;

/** A distribution that was asked for, and the kept path that asks for it. */
interface Wanted {
  distribution: Distribution;
  grade: Grade;
  by: string;
}

/** Decides how much of each distribution is kept, and which files. */
export class Grades {
  /** Distribution → its grade, and the path that led to it. */
  readonly all = new Map<Distribution, { grade: Grade; by: string | undefined }>();
  /** Distributions whose programs are kept. */
  readonly withPrograms = new Set<Distribution>();
  /** Distributions of which the app's own code runs a program, or a script that some run used. */
  readonly ranByApp = new Set<Distribution>();
  private readonly pending: Wanted[] = [];
  private readonly kinds = new Map<Distribution, Map<string, FileKind>>();
  /** Lists of files (RECORD). They are large, and only code that asks for a distribution's files reads them. */
  private readonly records = new Deferred();
  /** Only tools that read types open them. */
  private readonly stubs = new Deferred();
  private readonly sourceMaps = new Deferred();
  private readonly withheld = new Map<Distribution, WithheldFiles>();

  constructor(private readonly world: PythonWorld) {}

  has(distribution: Distribution, grade: Grade): boolean {
    const known = this.all.get(distribution);
    return known !== undefined && GRADES.indexOf(known.grade) >= GRADES.indexOf(grade);
  }

  /**
   * Asks for a distribution. {@link nextWanted} returns it, unless it already has that grade.
   * @param module the module of it that is imported
   */
  want(distribution: Distribution, grade: Grade, by: string, module = ''): void {
    const isPart = INSTALLERS.has(distribution.name) && !INDIVISIBLE.test(module);
    const most = isPart && grade !== 'app' ? 'touched' : grade;
    if (this.has(distribution, most)) return;
    this.all.set(distribution, { grade: most, by });
    this.pending.push({ distribution, grade: most, by });
  }

  nextWanted(): Wanted | undefined {
    return this.pending.pop();
  }

  /** The files of a distribution that a grade keeps. @param programs whether its programs are kept */
  async files(distribution: Distribution, grade: Grade, by: string | undefined, context: Context, programs: boolean): Promise<Finding[]> {
    if (!this.all.has(distribution)) this.all.set(distribution, { grade, by });
    if (grade === 'touched') return [];
    if (programs) this.withPrograms.add(distribution);
    const kinds = this.kindsOf(distribution);
    const findings: Finding[] = [];
    const reason = { rule: 'distribution', of: distribution.name, parents: by === undefined ? [] : [by] } as const;
    const add = (path: string, kind: Because<'distribution'>['kind'] = grade) => findings.push({ path, ...reason, kind });
    for (const [path, kind] of kinds) {
      if (baseName(path) === 'RECORD' && kind === 'metadata') {
        findings.push(...this.records.take({ path, ...reason, kind: 'record', parents: [distribution.metadata] }));
      } else if (kind === 'stub') findings.push(...this.stubs.take({ path, ...reason, kind: grade }));
      else if (kind === 'build' && SOURCE_MAP.test(path) && grade === 'app')
        findings.push(...this.sourceMaps.take({ path, ...reason, kind: grade }));
      else if (kind === 'data') {
        if (await isForeign(path, distribution, context)) this.world.foreign.set(path, distribution.name);
        else if (!(await isInsideProgram(path, context))) add(path);
      } else if (kind === 'module' || kind === 'bytecode' || kind === 'metadata') add(path);
      else if (kind === 'extension' && grade === 'app' && (isPublic(this.world.finder.at(path)?.name ?? '_') || this.isSmall(path)))
        add(path);
      else if (kind === 'program' && programs) {
        const addition = { path, ...reason, kind: grade === 'app' ? 'app-program' : 'program' } as const;
        const isWanted = distribution.local || (grade === 'app' && (await context.libraries.elf(path)) !== undefined);
        findings.push(isWanted ? addition : { offer: 'call', additions: [addition] });
      } else if (kind === 'library' && (await context.libraries.elf(path)) === undefined) add(path); // data with the name of a library
    }
    return findings;
  }

  /** Small, and not there to test C code. */
  private isSmall(path: string): boolean {
    return (this.world.fs.lstat(path)?.size ?? 0) <= SMALL && !TESTS_OF_C_CODE.test(baseName(path));
  }

  /** Takes in code outside the standard library. Adds the lists of files once some code asks for them. @param from the kept path that it is in */
  noticeRecords(summary: Summary, from: string): Addition[] {
    return readsRecords(summary) ? this.records.release().map((record) => ({ ...record, file: from })) : [];
  }

  /**
   * Takes in code outside the standard library. Adds the files that it opens though they are stubs, sources, headers or
   * documentation.
   * @param file the code's own path; @param from the kept path that it is in
   */
  noticeOpened(summary: Summary, file: string, from: string): Addition[] {
    const distribution = this.world.distributions.ownerOf(file);
    const additions: Addition[] = [];
    if (readsStubs(summary)) additions.push(...this.stubs.release());
    if ((!distribution || distribution.local) && readsSourceMaps(summary)) additions.push(...this.sourceMaps.release());
    if (!distribution) return additions;
    const withheld = this.withheld.get(distribution) ?? new WithheldFiles(distribution, this.kindsOf(distribution));
    this.withheld.set(distribution, withheld);
    return [...additions, ...withheld.openedBy(summary, file).map((opened) => whyOpened(opened, distribution.name, from))];
  }

  private kindsOf(distribution: Distribution): Map<string, FileKind> {
    const known = this.kinds.get(distribution) ?? classifyFiles(distribution, this.world.layout.suffixes);
    this.kinds.set(distribution, known);
    return known;
  }
}

/** Files that are left out until some code asks for such files. */
class Deferred {
  private readonly waiting: Addition[] = [];
  private isReleased = false;

  /** What to keep now of a file. */
  take(addition: Addition): Addition[] {
    if (this.isReleased) return [addition];
    this.waiting.push(addition);
    return [];
  }

  /** What was left out, the first time that code asks. */
  release(): Addition[] {
    this.isReleased = true;
    return this.waiting.splice(0);
  }
}

/** Whether code may ask for the files of a distribution (importlib.metadata.files, packages_distributions, the name RECORD). */
function readsRecords(summary: Summary): boolean {
  if (summary.strings.includes('RECORD')) return true;
  const names = allNames(summary);
  const asks = summary.imports.some(
    ([, , module, imported]) =>
      /^importlib[._]metadata$/.test(module) && (imported.length === 0 || imported.includes('files') || imported.includes('distribution')),
  );
  return names.has('packages_distributions') || (asks && names.has('files'));
}
