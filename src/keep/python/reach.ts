import type { Distribution } from '../../python/distributions.js';
import type { Origin } from '../../python/edges.js';
import type { Entry } from '../../rootfs.js';
import { HOOKS } from '../data/installers.js';
import type { Addition } from '../reason.js';
import type { Context, Finding, Rule } from '../rule.js';
import { isProgram } from '../scripts.js';
import { isBackend } from './backends.js';
import { isSetupScript } from './builds.js';
import { Follower } from './follow.js';
import { Grades } from './grades.js';
import { type OwnFiles, ownFiles } from './own.js';
import { Reached } from './reached.js';
import { Roots } from './roots.js';
import { StandardLibrary } from './standard.js';
import { testRunners } from './tests.js';
import type { Code, PythonWorld } from './world.js';

/**
 * What the same program can reach (from the level `reachable` on): every code path of the app's own files, the
 * distributions that they import, and whatever the code of those names. Each kept module is read once.
 */
export class ReachRule implements Rule {
  readonly name = 'python';
  /** Code that counts only once other kept code gives a reason for it. */
  private held: { isNeeded: () => boolean; follow: () => Addition[] }[] = [];
  /** Top-level modules that kept code imports. */
  private readonly imported = new Set<string>();

  private constructor(
    private readonly world: PythonWorld,
    readonly grades: Grades,
    private readonly own: OwnFiles,
    private readonly roots: Roots,
    readonly reached: Reached,
    private readonly follower: Follower,
  ) {}

  static async open(world: PythonWorld, context: Context): Promise<ReachRule> {
    const { fs, trace, config } = context;
    const own = await ownFiles(fs, world, config.WorkingDir, trace);
    const grades = new Grades(world);
    const standard = await StandardLibrary.open(world, context);
    const observed = new Set(trace.observations.flatMap(({ path }) => fs.resolve(path)?.path ?? []));
    const reached = new Reached(world, grades, standard, observed);
    const runners = trace.runs.some(({ tests }) => tests !== null) ? testRunners(world) : new Set<Distribution>();
    const follower = new Follower(world, grades, standard, reached, runners);
    return new ReachRule(world, grades, own, new Roots(world, standard, reached, own), reached, follower);
  }

  async begin(context: Context): Promise<Finding[]> {
    return [...(await this.roots.all(context)), ...(await this.reached.wanted(context))];
  }

  async prepare(entries: readonly Entry[], context: Context): Promise<void> {
    await this.world.load(entries, (path) => isProgram(path, context));
  }

  async visit({ path, type }: Entry, context: Context): Promise<Finding[]> {
    if (type !== 'f') return [];
    const distribution = this.world.distributions.ownerOf(path);
    const isEntrypoint = context.programs.has(path);
    const module = this.world.finder.at(path);
    if (distribution && isEntrypoint) this.grades.want(distribution, 'app', path);
    else if (distribution && module)
      this.grades.want(distribution, isBackend(module.name, path, distribution) ? 'touched' : 'pulled', path);
    const origin = this.originOf(path, distribution, isEntrypoint);
    const additions = this.world.codeIn(path).flatMap((code) => this.follow(code, path, origin));
    return [...additions, ...(await this.reached.wanted(context))];
  }

  async settle(context: Context): Promise<Finding[]> {
    const ready = this.held.filter(({ isNeeded }) => isNeeded());
    this.held = this.held.filter((code) => !ready.includes(code));
    return [...ready.flatMap(({ follow }) => follow()), ...(await this.reached.wanted(context))];
  }

  private follow(code: Code, path: string, origin: Origin): Addition[] {
    const name = this.world.finder.at(code.file)?.name;
    const hook = HOOKS.find(({ module }) => module === name);
    const follow = () => {
      if (!hook) for (const [, level, module] of code.summary.imports) if (level === 0) this.imported.add(module.split('.')[0] as string);
      return this.follower.follow(code, path, origin);
    };
    const isNeeded = hook
      ? () => hook.into.some((into) => this.imported.has(into))
      : () => origin !== 'distribution' || !isSetupScript(code.summary) || this.reached.isNamed(code.file);
    if (isNeeded()) return follow();
    this.held.push({ isNeeded, follow });
    return [];
  }

  private originOf(path: string, distribution: Distribution | undefined, isEntrypoint: boolean): Origin {
    if (this.own.code.has(path) || isEntrypoint || distribution?.local) return 'own';
    return this.world.isStandard(path) ? 'standard' : 'distribution';
  }
}
