import { edgesOf } from '../../python/edges.js';
import { ENVIRONMENT_FILE, type Installation, installationOf, isSameInstallation } from '../../python/installation.js';
import { linesOfCommands } from '../../python/summary.js';
import { baseName, type Entry } from '../../rootfs.js';
import { SCRIPT_GROUPS } from '../data/installers.js';
import { BASIC_CODECS, IMPORTED_AT_START, IMPORTED_TO_START } from '../data/standardlibrary.js';
import { isAppCode, ofPython } from '../purpose.js';
import type { Addition } from '../reason.js';
import type { Context, Finding, Rule } from '../rule.js';
import { scriptAt } from '../scripts.js';
import { startedInOthers, type ToOther } from '../shellfiles.js';
import { namesInScript } from '../shellnames.js';
import { Follower } from './follow.js';
import { Grades } from './grades.js';
import { Reached, type Why } from './reached.js';
import { StandardLibrary } from './standard.js';
import { isForDevelopers } from './tests.js';
import { LARGEST_SCRIPT, type PythonWorld } from './world.js';

/**
 * What kept scripts need, where they run in another Python than the app: that of the operating system, or another virtual environment
 * (from the level `reachable` on). Its code is followed as that of a library.
 */
export class OtherPythonsRule implements Rule {
  readonly name = 'python';
  /** Those that kept scripts run in. */
  readonly others: OtherPython[] = [];
  /** Files that were kept before another Python was. */
  private readonly before: string[] = [];

  /** What scripts of the app give to another Python. */
  async begin(context: Context): Promise<Finding[]> {
    return context.level === 'observed' ? [] : this.start(context.given.toOthers, context);
  }

  async visit(entry: Entry, context: Context): Promise<Finding[]> {
    const { level, python } = context;
    if (level === 'observed' || !python) return [];
    const findings: Finding[] = [];
    const script = await this.scriptOf(entry, python, context);
    if (script) {
      const other = await this.open(script.installation, script.path, context, findings);
      if (other) findings.push(...(await other.run(script.path, context)));
    }
    findings.push(...(await this.start(await givenByCode(entry.path, python, context), context)));
    if (entry.type !== 'f') return findings;
    this.before.push(entry.path);
    for (const other of this.others) findings.push(...(await other.take([entry.path], context)));
    return findings;
  }

  private async start(given: readonly ToOther[], context: Context): Promise<Finding[]> {
    const findings: Finding[] = [];
    for (const { installation, what, by } of given) {
      const other = await this.open(installation, by?.script, context, findings);
      if (!other) continue;
      if ('script' in what) {
        const parents = by ? [by.script] : [];
        findings.push({ path: what.script, rule: 'python', kind: 'script', ...(by && { line: by.line }), parents });
        findings.push(...(await other.run(what.script, context)));
      } else {
        findings.push(...(await other.startModule(what.module, by, context)));
        // The app's own module, which is found in the working directory.
        const own = context.python?.finder.find(what.module)?.file;
        if (own !== undefined && context.python?.isOwn(own)) findings.push(...(await other.run(own, context)));
      }
    }
    return findings;
  }

  /** Another Python. Where it is new, `findings` get what it needs for every program, and what kept files of it name. */
  private async open(
    installation: Installation,
    by: string | undefined,
    context: Context,
    findings: Finding[],
  ): Promise<OtherPython | undefined> {
    const known = this.others.find((other) => isSameInstallation(other.installation, installation));
    if (known) return known;
    const other = context.python && (await OtherPython.open(installation, context.python, context));
    if (!other) return undefined;
    this.others.push(other);
    findings.push(...other.start(by), ...(await other.take(this.before, context)));
    return other;
  }

  /** A script for another Python than the app's. */
  private async scriptOf(
    entry: Entry,
    python: PythonWorld,
    context: Context,
  ): Promise<{ path: string; installation: Installation } | undefined> {
    const script = await scriptAt(entry, context);
    const interpreter = script?.needed.at(-1);
    if (!script?.isRun || interpreter === undefined || !ofPython(baseName(interpreter))) return undefined;
    const [installation, apps] = [interpreter, python.layout.executable].map((path) => installationOf(path, context.fs));
    if (!installation || (apps && isSameInstallation(installation, apps))) return undefined;
    return { path: script.path, installation };
  }
}

/** What command lines of the app's own code give to another Python: `["/opt/tools/bin/python", "-m", "tool"]`. */
async function givenByCode(path: string, python: PythonWorld, context: Context): Promise<ToOther[]> {
  if (!isAppCode(path, context)) return [];
  const lines = python.codeIn(path).flatMap(({ summary }) => linesOfCommands(summary));
  const started = lines.flatMap(([line, text]) =>
    text.includes('python') ? namesInScript(text).started.map((one) => ({ ...one, line })) : [],
  );
  return startedInOthers(started, context, path);
}

/** One other Python, and what was followed in it. */
export class OtherPython {
  /** Files whose code was followed. */
  readonly followed = new Set<string>();
  /** Modules that a command line runs (`-m`). */
  readonly started = new Set<string>();

  private constructor(
    readonly installation: Installation,
    readonly world: PythonWorld,
    readonly grades: Grades,
    private readonly standard: StandardLibrary,
    private readonly reached: Reached,
    private readonly follower: Follower,
  ) {}

  /** @returns undefined where the interpreter has no standard library */
  static async open(installation: Installation, python: PythonWorld, context: Context): Promise<OtherPython | undefined> {
    const world = await python.other(installation);
    if (!world) return undefined;
    const grades = new Grades(world);
    const standard = await StandardLibrary.open(world, context);
    const reached = new Reached(world, grades, standard, new Set(context.trace.observations.map(({ path }) => path)));
    return new OtherPython(installation, world, grades, standard, reached, new Follower(world, grades, standard, reached, new Set()));
  }

  /** What the interpreter imports for every program. @param script the first one that needs it */
  start(script: string | undefined): Addition[] {
    const names = [...IMPORTED_AT_START, ...BASIC_CODECS.map((name) => `encodings.${name}`)];
    const modules = names.flatMap((name) => {
      const module = this.world.finder.find(name);
      return module ? this.reached.module(module, 'touched', script, { kind: 'interpreter' }) : [];
    });
    const { environment } = this.installation;
    if (environment === undefined) return modules;
    const parents = script === undefined ? [] : [script];
    return [...modules, { path: `${environment}/${ENVIRONMENT_FILE}`, rule: 'python', kind: 'interpreter', parents }];
  }

  /** What a script names, the module of its entry point, and what the app's own modules name that it imports. */
  async run(script: string, context: Context): Promise<Finding[]> {
    if (this.followed.has(script)) return [];
    const { distributions, fs } = this.world;
    const owner = distributions.ownerOf(script);
    // What a run of them used is kept. What else they can do is for whoever develops the app.
    if ((owner && isForDevelopers(owner)) || (fs.lstat(script)?.size ?? 0) > LARGEST_SCRIPT) return [];
    const points = [...SCRIPT_GROUPS].flatMap((group) => distributions.groups.get(group) ?? []);
    for (const { distribution, point } of points) if (point.name === baseName(script)) this.grades.want(distribution, 'pulled', script);
    await this.world.ask([script]);
    const findings = await this.follow(script, context);
    for (const file of this.ownImports(script, context)) findings.push(...(await this.run(file, context)));
    return findings;
  }

  /** The app's own modules that code names, as the app's Python finds them. */
  private ownImports(file: string, { python }: Context): string[] {
    const at = python?.finder.at(file);
    const self = { name: at?.name ?? '', package: at?.package ?? false, kind: at ? 'source' : 'script', origin: 'own' } as const;
    const edges = python ? this.world.codeIn(file).flatMap(({ summary }) => edgesOf(self, summary, python.finder)) : [];
    return edges.flatMap(({ module }) => (module.file !== undefined && python?.isOwn(module.file) ? [module.file] : []));
  }

  /** What `python -m` needs. */
  async startModule(name: string, by: { script: string; line: number } | undefined, context: Context): Promise<Finding[]> {
    const { finder } = this.world;
    this.started.add(name);
    const module = finder.deepest(name);
    const owner = module?.file === undefined ? undefined : this.world.distributions.ownerOf(module.file);
    if (owner && isForDevelopers(owner)) return [];
    const main = module && finder.find(`${module.name}.__main__`);
    const started = [...IMPORTED_TO_START.flatMap((one) => finder.find(one) ?? []), ...(module ? [module] : []), ...(main ? [main] : [])];
    const why: Why = by ? { kind: 'script', line: by.line } : { kind: 'command' };
    for (const one of started) this.standard.start(one.name);
    const additions = started.flatMap((one) => this.reached.module(one, 'pulled', by?.script, why));
    return [...additions, ...(await this.reached.wanted(context))];
  }

  /** What the modules of this Python among the files name. */
  async take(files: readonly string[], context: Context): Promise<Finding[]> {
    const modules = files.filter((path) => this.world.finder.at(path) && !this.followed.has(path));
    await this.world.ask(modules);
    const findings: Finding[] = [];
    for (const path of modules) findings.push(...(await this.follow(path, context)));
    return findings;
  }

  private async follow(path: string, context: Context): Promise<Finding[]> {
    if (this.followed.has(path)) return [];
    this.followed.add(path);
    const distribution = this.world.distributions.ownerOf(path);
    if (distribution) this.grades.want(distribution, 'pulled', path);
    const origin = this.world.isStandard(path) ? 'standard' : 'distribution';
    const additions = this.world.codeIn(path).flatMap((code) => this.follower.follow(code, path, origin));
    const findings = [...additions, ...(await this.reached.wanted(context))];
    // One question for many files is much quicker than many questions.
    await this.world.ask(findings.flatMap((finding) => ('path' in finding && this.world.finder.at(finding.path) ? [finding.path] : [])));
    return findings;
  }
}
