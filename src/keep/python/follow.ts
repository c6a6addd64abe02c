import { above, isTestFolder, isTestModule } from '../../python/classify.js';
import type { Distribution } from '../../python/distributions.js';
import { type Edge, edgesOf, type Origin } from '../../python/edges.js';
import { installationOf, isSameInstallation } from '../../python/installation.js';
import { linesOfCommands, Summary } from '../../python/summary.js';
import { baseName, parentOf } from '../../rootfs.js';
import { BUILD_CODE } from '../data/building.js';
import { INDIVISIBLE, INSTALLERS, NO_PLUGINS } from '../data/installers.js';
import { REGISTRIES } from '../data/registries.js';
import type { Addition } from '../reason.js';
import { namesInScript } from '../shellnames.js';
import { isBackend } from './backends.js';
import type { Grades } from './grades.js';
import type { Reached } from './reached.js';
import type { StandardLibrary } from './standard.js';
import { isTestRunner } from './tests.js';
import type { Code, PythonWorld } from './world.js';

/** Letters. A shorter name is at the end of others by chance. */
const SHORTEST_ENDING = 4;

/** Follows what kept code names: modules, packages in strings, groups of plugins. */
export class Follower {
  private readonly extensions = new Map<string, readonly string[]>();

  constructor(
    private readonly world: PythonWorld,
    private readonly grades: Grades,
    private readonly standard: StandardLibrary,
    private readonly reached: Reached,
    /** Test runners that are not kept, where a test suite was the exercise. */
    private readonly runners: ReadonlySet<Distribution>,
  ) {}

  /** What code reaches. @param from the kept path that the code is in */
  follow({ file, summary }: Code, from: string, origin: Origin): Addition[] {
    const at = this.world.finder.at(file);
    const kind = file.endsWith('.so') ? 'extension' : at ? 'source' : 'script';
    const self = { name: at?.name ?? '', package: at?.package ?? false, kind, origin } as const;
    const by = at?.name ?? baseName(from);
    const registry = REGISTRIES.find(({ module }) => module.test(by));
    const owner = this.world.distributions.ownerOf(file);
    // What such a module has of its own packages is their names in messages.
    const isAlone = owner !== undefined && isBackend(self.name, file, owner);
    const named = edgesOf(self, registry ? { ...summary, strings: [] } : summary, this.world.finder);
    const isOwnPackage = ({ module: { name, file: path = '' } }: Edge) =>
      owner !== undefined && this.world.distributions.ownerOf(path) === owner && !isBackend(name, path, owner);
    const edges = named.filter((edge) => !(isAlone && isOwnPackage(edge)));
    const additions = edges.flatMap((edge) => this.edge(edge, from, self.name, by, origin));
    for (const text of registry ? summary.strings : []) {
      const listed = edgesOf(self, Summary.parse({ strings: [text] }), this.world.finder);
      const reached = listed.flatMap((edge) => this.edge(edge, from, self.name, by, origin));
      additions.push(...this.standard.whenNamed(registry?.askedBy(text) ?? [], self.name, reached));
    }
    // Functions that may be dead are those of the standard library.
    const standard = edges.flatMap(({ module }) => (this.world.isStandard(module.file ?? '') ? [module.name] : []));
    const modules = [self.name, ...standard];
    if (summary.warns) additions.push(...this.quiet(file, by));
    if (origin === 'standard') return [...additions, ...this.standard.take(summary, self.name, modules)];
    if (origin === 'own') additions.push(...this.words(summary, from, by), ...this.started(summary, from, by));
    else if (summary.dynamic.length > 0 || summary.spots.some(([, kind]) => kind === 'import'))
      additions.push(...this.requested(summary, from, by));
    if (origin === 'distribution' && kind === 'source') additions.push(...this.compiled(self.name, from, by));
    additions.push(
      ...this.plugins(summary, from, by),
      ...this.grades.noticeRecords(summary, from),
      ...(BUILD_CODE.test(file) ? [] : this.grades.noticeOpened(summary, file, from)),
    );
    return [...additions, ...this.standard.wakeFor(summary, modules)];
  }

  /** @param name the module that has the import, '' for a script; @param by its name in reasons */
  private edge(edge: Edge, from: string, name: string, by: string, origin: Origin): Addition[] {
    const { module, how } = edge;
    if (origin === 'own') this.standard.importedByApp(module);
    if (origin !== 'own' && (this.isIdle(edge, from) || (origin === 'standard' && this.standard.neverHappens(edge, name)))) return [];
    if (this.standard.isFrozen(module)) return [];
    const reached = this.reached.module(module, origin === 'own' ? 'app' : 'pulled', from, { ...how, module: by });
    return origin === 'standard' ? this.standard.whenAlive(edge, name, reached) : reached;
  }

  /**
   * Whether an import by other code than the app's is useless: its C library is missing, it is a test runner, or it is an installer
   * that is named only in a string or that lacks what the statement imports. So is a list of test modules beside them, for whoever
   * runs them.
   */
  private isIdle({ module, how, statement, fails }: Edge, from: string): boolean {
    if (this.standard.isUnusable(module) || (!statement && this.standard.isOwnTest(module))) return true;
    const owner = module.file === undefined ? undefined : this.world.distributions.ownerOf(module.file);
    if (!owner) return false;
    if (how.kind === 'string' && isTestBeside(module.file as string, from, owner.root)) return true;
    if (INSTALLERS.has(owner.name)) return !statement || (fails === true && !INDIVISIBLE.test(module.name));
    const by = this.world.distributions.ownerOf(from);
    return this.runners.has(owner) && !(by && this.runners.has(by));
  }

  /** Single words in the app's own code that are installed packages, for instance in Django's INSTALLED_APPS. */
  private words({ strings }: Summary, from: string, by: string): Addition[] {
    return strings.flatMap((word) => {
      const module = /^\w+$/.test(word) ? this.world.finder.find(word) : undefined;
      if (!module?.file || !this.world.distributions.ownerOf(module.file)) return [];
      return this.reached.module(module, 'app', from, { kind: 'string', subject: word, module: by });
    });
  }

  /** Modules that command lines in the app's own code run: `os.system("python -m tool")`. */
  private started(summary: Summary, from: string, by: string): Addition[] {
    const texts = linesOfCommands(summary).filter(([, text]) => text.includes('python'));
    return texts.flatMap(([line, text]) =>
      namesInScript(text).started.flatMap(({ interpreter, what }) =>
        'module' in what && !this.isOther(interpreter)
          ? this.reached.started(what.module, from, { kind: 'string', subject: what.module, module: by, line })
          : [],
      ),
    );
  }

  /** Whether an interpreter is another one than the app's, by its path. */
  private isOther(interpreter: string): boolean {
    const { fs, layout } = this.world;
    const [other, apps] = [interpreter, layout.executable].map((path) => (path.includes('/') ? installationOf(path, fs) : undefined));
    return other !== undefined && apps !== undefined && !isSameInstallation(other, apps);
  }

  /**
   * Single words in code that imports by a computed name, which are modules that somebody installed by name: `library = "argon2"` in
   * Django's hashers.
   */
  private requested({ strings }: Summary, from: string, by: string): Addition[] {
    return strings.flatMap((word) => {
      const module = /^\w+$/.test(word) ? this.world.finder.find(word) : undefined;
      const owner = module?.file === undefined ? undefined : this.world.distributions.ownerOf(module.file);
      if (!module || !owner || !this.world.distributions.isByName(owner)) return [];
      if (INSTALLERS.has(owner.name) || this.runners.has(owner) || isTestRunner(owner)) return [];
      return this.reached.module(module, 'pulled', from, { kind: 'string', subject: word, module: by });
    });
  }

  /**
   * Compiled modules beside a module that have its name at the end, behind `_` or `c`: `_gevent_cqueue` beside `queue`. The code puts
   * the name together.
   */
  private compiled(name: string, from: string, by: string): Addition[] {
    const { finder } = this.world;
    const [, package_ = '', own = ''] = /^(.*)\.([^.]+)$/.exec(name) ?? [];
    const ending = own.replace(/^_+/, '');
    if (ending.length < SHORTEST_ENDING) return [];
    return this.compiledIn(package_).flatMap((child) => {
      const isMore = child !== own && child.endsWith(ending) && /[_c]$/i.test(child.slice(0, -ending.length));
      const module = isMore ? finder.find(`${package_}.${child}`) : undefined;
      return module ? this.reached.module(module, 'pulled', from, { kind: 'compiled', module: by }) : [];
    });
  }

  /** The .pyc of a source (PEP 3147), without which Python prints a warning at each start. */
  private quiet(file: string, by: string): Addition[] {
    const [major, minor] = this.world.layout.version.split('.');
    const begin = `${parentOf(file)}/__pycache__/${baseName(file).slice(0, -'.py'.length)}.cpython-${major}${minor}`;
    // Python without the GIL has a t behind its version.
    const cached = ['.pyc', 't.pyc'].map((end) => begin + end).filter((path) => this.world.fs.lstat(path));
    return cached.map((path): Addition => ({ path, rule: 'python', kind: 'warns', module: by, parents: [file] }));
  }

  /** Names of the compiled modules in a package. */
  private compiledIn(package_: string): readonly string[] {
    const { finder } = this.world;
    const known = this.extensions.get(package_);
    if (known) return known;
    const parent = finder.find(package_);
    const found = (parent ? finder.children(parent) : []).filter((child) => finder.find(`${package_}.${child}`)?.kind === 'extension');
    this.extensions.set(package_, found);
    return found;
  }

  /** Plugins of the groups of entry points that the code names. */
  private plugins({ strings }: Summary, from: string, by: string): Addition[] {
    const additions: Addition[] = [];
    for (const group of strings) {
      if (NO_PLUGINS.test(group)) continue;
      for (const { distribution, point } of this.world.distributions.groups.get(group) ?? []) {
        const module = this.world.finder.find(point.module);
        const why = { kind: 'plugin', subject: point.name, group, of: distribution.name, module: by } as const;
        if (module) additions.push(...this.reached.module(module, 'pulled', from, why));
        this.grades.want(distribution, 'pulled', from);
      }
    }
    return additions;
  }
}

/** Whether a file is a test module in the same folder of tests as another file. */
function isTestBeside(file: string, other: string, root: string): boolean {
  return isTestModule(file) && above(other, root).some((folder) => isTestFolder(folder) && file.startsWith(`${folder}/`));
}
