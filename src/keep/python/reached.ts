import type { Distribution } from '../../python/distributions.js';
import type { Module } from '../../python/finder.js';
import { below } from '../../rootfs.js';
import { INDIVISIBLE, INSTALLERS } from '../data/installers.js';
import type { Grade } from '../level.js';
import type { Addition, Because } from '../reason.js';
import type { Context, Finding } from '../rule.js';
import { isBackend } from './backends.js';
import type { Grades } from './grades.js';
import type { StandardLibrary } from './standard.js';
import { isForDevelopers } from './tests.js';
import type { PythonWorld } from './world.js';

/** Why a module is reached. */
export type Why = Omit<Because<'python'>, 'rule'>;

/** What is kept because a module or a distribution is reached. */
export class Reached {
  private readonly named = new Set<string>();
  /** Packages that are kept whole. */
  private readonly indivisible = new Set<string>();

  constructor(
    private readonly world: PythonWorld,
    private readonly grades: Grades,
    private readonly standard: StandardLibrary,
    /** Paths that some run named, without links. */
    private readonly observed: ReadonlySet<string>,
  ) {}

  /** Whether kept code names the module in a file, or a run used it. */
  isNamed(file: string): boolean {
    return this.named.has(file) || this.observed.has(file);
  }

  /**
   * What keeps a module.
   * @param grade how much of its distribution that asks for
   * @param from the kept path whose code names it
   */
  module(module: Module, grade: Grade, from: string | undefined, why: Why): Addition[] {
    const reason = { rule: 'python', ...why, parents: from === undefined ? [] : [from] } as const;
    const additions: Addition[] = (module.search ?? []).map((path) => ({ path, ...reason }));
    const { file } = module;
    if (file !== undefined) {
      this.named.add(file);
      const twin = this.twin(module, grade);
      const path = twin ?? this.world.finder.kept(file);
      additions.push({ path, ...reason, ...(twin !== undefined && { insteadOf: file }) });
      const distribution = this.world.distributions.ownerOf(file);
      if (distribution)
        this.grades.want(
          distribution,
          grade !== 'app' && isBackend(module.name, file, distribution) ? 'touched' : grade,
          from ?? path,
          module.name,
        );
      else if (INDIVISIBLE.test(module.name)) additions.push(...this.whole(module.name, file));
    }
    additions.push(...this.standard.hiddenImports(module));
    const substitute = this.standard.substituteFor(module);
    if (substitute) this.grades.want(substitute, 'pulled', file as string);
    return additions;
  }

  /** What keeps a module that a command line runs (`-m`). Test runners and installers are for whoever develops the app. */
  started(name: string, from: string | undefined, why: Why): Addition[] {
    const { distributions, finder } = this.world;
    const module = finder.deepest(name);
    const owner = module?.file === undefined ? undefined : distributions.ownerOf(module.file);
    if (!module || (owner && isForDevelopers(owner))) return [];
    const main = finder.find(`${module.name}.__main__`);
    return [module, ...(main ? [main] : [])].flatMap((one) => {
      this.standard.start(one.name);
      return this.module(one, 'app', from, why);
    });
  }

  /** All modules of a package that is of no use in parts, where no list of files says what belongs to it: Debian's pkg_resources. */
  private whole(name: string, by: string): Addition[] {
    const top = name.split('.')[0] as string;
    if (this.indivisible.has(top)) return [];
    this.indivisible.add(top);
    const files = (this.world.finder.find(top)?.search ?? []).flatMap((folder) => below(this.world.fs, folder));
    const modules = files.filter((path) => !path.includes('/__pycache__/'));
    return modules.map((path): Addition => ({ path, rule: 'python', kind: 'computed', module: top, parents: [by] }));
  }

  /**
   * What keeps a distribution: its files, as far as the grade goes, and the modules of its entry points.
   * @param programs whether its programs are kept
   */
  async distribution(
    distribution: Distribution,
    grade: Grade,
    by: string | undefined,
    context: Context,
    programs = grade === 'app' || (this.world.distributions.isRequested(distribution) && !INSTALLERS.has(distribution.name)),
  ): Promise<Finding[]> {
    const findings = await this.grades.files(distribution, grade, by, context, programs);
    if (grade === 'touched') return findings;
    const file = `${distribution.metadata}/entry_points.txt`;
    for (const { group, name, module, line } of distribution.entryPoints) {
      const found = this.world.finder.find(module);
      if (!found || /^distutils\./.test(group)) continue;
      const because = { kind: 'entry-point', subject: name, group, of: distribution.name, file, line } as const;
      findings.push(...this.module(found, 'pulled', by, because));
      const files = this.filesIn(found).filter((path) => this.world.distributions.ownerOf(path) === distribution);
      findings.push(...files.map((path): Addition => ({ path, rule: 'python', ...because, parents: by === undefined ? [] : [by] })));
    }
    return findings;
  }

  /** What a namespace package has in its folder. One that an entry point names stands for its files: `pkg_config` of numpy. */
  private filesIn({ kind, search = [] }: Module): string[] {
    const { fs } = this.world;
    return kind === 'namespace' ? search.flatMap((folder) => fs.list(folder)).filter((path) => fs.lstat(path)?.type === 'f') : [];
  }

  /** What keeps the distributions that were asked for since the last call. */
  async wanted(context: Context): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (let next = this.grades.nextWanted(); next; next = this.grades.nextWanted())
      findings.push(...(await this.distribution(next.distribution, next.grade, next.by, context)));
    return findings;
  }

  /**
   * The Python module that an extension module was compiled from. It replaces the extension module in a distribution that the app
   * does not import, where no run used the extension module.
   */
  private twin({ kind, file }: Module, grade: Grade): string | undefined {
    if (kind !== 'extension' || grade === 'app' || file === undefined || this.observed.has(file)) return undefined;
    const distribution = this.world.distributions.ownerOf(file);
    return !distribution || this.grades.has(distribution, 'app') ? undefined : this.world.compiled.get(file);
  }
}
