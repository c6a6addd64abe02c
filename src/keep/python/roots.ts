import type { Distribution } from '../../python/distributions.js';
import { baseName } from '../../rootfs.js';
import { INSTALLERS, SCRIPT_GROUPS } from '../data/installers.js';
import { IMPORTED_AT_START, IMPORTED_TO_START } from '../data/standardlibrary.js';
import type { Addition } from '../reason.js';
import type { Context, Finding } from '../rule.js';
import type { OwnFiles } from './own.js';
import type { Reached, Why } from './reached.js';
import type { StandardLibrary } from './standard.js';
import { isTestRunner } from './tests.js';
import type { PythonWorld } from './world.js';

/** Where the search for reachable code begins: what is kept before any code is read. */
export class Roots {
  constructor(
    private readonly world: PythonWorld,
    private readonly standard: StandardLibrary,
    private readonly reached: Reached,
    private readonly own: OwnFiles,
  ) {}

  async all(context: Context): Promise<Finding[]> {
    return [
      ...interpreterNames(context),
      ...this.ownFiles(),
      ...this.ofInterpreter(context),
      ...this.ofTrace(context),
      ...this.ofConfiguration(context),
      ...this.started(context),
      ...(await this.ofAuthor(context)),
    ];
  }

  private ownFiles(): Addition[] {
    const keep = (path: string, kind: Why['kind']): Addition => ({ path, rule: 'python', kind, parents: [] });
    return [...[...this.own.code].map((path) => keep(path, 'own-code')), ...[...this.own.data].map((path) => keep(path, 'own-data'))];
  }

  /** What the interpreter imports for every program. */
  private ofInterpreter({ commands, environment, given }: Context): Addition[] {
    const words = commands.flat();
    const asksForWarnings =
      Object.hasOwn(environment, 'PYTHONWARNINGS') ||
      Object.hasOwn(environment, 'PYTHONDEVMODE') ||
      words.some((word) => /^-[WXb]/.test(word));
    const isStarted = given.modules.length > 0 || words.some((word) => word === '-m' || /\.(zip|pyz|pex)$/.test(word));
    const encodings = this.world.finder.find('encodings');
    return [
      ...(asksForWarnings ? this.standard.showWarnings() : []),
      ...[...IMPORTED_AT_START, ...(isStarted ? IMPORTED_TO_START : [])].flatMap((name) => this.root(name, 'interpreter')),
      ...(encodings ? this.world.finder.children(encodings) : []).flatMap((child) => this.root(`encodings.${child}`, 'codec')),
    ];
  }

  /** Modules that were imported. Those of the standard library are observed as files; frozen ones have no file. */
  private ofTrace({ trace }: Context): Addition[] {
    return Object.keys(trace.modules).flatMap((name) => {
      const file = this.world.finder.find(name)?.file;
      return file === undefined || this.world.isStandard(file) ? [] : this.root(name, 'imported');
    });
  }

  /** Modules that a command line or the environment names. */
  private ofConfiguration({ commands, environment }: Context): Addition[] {
    return namedByConfiguration(commands, environment).flatMap(([what, text]) => {
      const module = this.world.finder.deepest(text);
      const missing = text.split('.').length - (module?.name.split('.').length ?? 0);
      if (!module || (what === 'environment' && missing > 1)) return [];
      if (what === 'command') this.standard.start(module.name);
      return this.reached.module(module, 'app', undefined, { kind: what });
    });
  }

  /** Modules that shell scripts give to an interpreter. */
  private started({ given }: Context): Addition[] {
    return given.modules.flatMap(({ module, by }) =>
      this.reached.started(module, by?.script, by ? { kind: 'script', line: by.line } : { kind: 'command' }),
    );
  }

  /** Distributions that are the app itself, and programs that its author installed on purpose. */
  private async ofAuthor(context: Context): Promise<Finding[]> {
    const { distributions } = this.world;
    const findings: Finding[] = [];
    for (const distribution of distributions.all)
      if (distribution.local) findings.push(...(await this.reached.distribution(distribution, 'app', undefined, context)));
    if (context.trace.image.shared && !this.world.isEnvironment()) return findings;
    for (const distribution of distributions.onPurpose())
      if (isServer(distribution)) findings.push(...(await this.reached.distribution(distribution, 'pulled', undefined, context, true)));
    return findings;
  }

  private root(name: string, kind: Why['kind']): Addition[] {
    const module = this.world.finder.find(name);
    return module ? this.reached.module(module, 'touched', undefined, { kind }) : [];
  }
}

/** Whether a distribution has programs of its own to run, as servers and workers have. */
function isServer(distribution: Distribution): boolean {
  const hasPrograms = distribution.entryPoints.some(({ group }) => SCRIPT_GROUPS.has(group));
  return hasPrograms && !INSTALLERS.has(distribution.name) && !isTestRunner(distribution);
}

/** The names under which a program or a script's first line finds the interpreter: python, python3, python3.13. */
export function interpreterNames({ fs, trace, environment }: Context): Addition[] {
  const real = fs.resolve(trace.python.executable)?.path;
  return (environment.PATH ?? '')
    .split(':')
    .flatMap((folder) => fs.list(fs.resolve(folder)?.path ?? ''))
    .filter((path) => /^python[\d.]*$/.test(baseName(path)) && fs.resolve(path)?.path === real)
    .map((path) => ({ path, rule: 'python', kind: 'interpreter-name', parents: [trace.python.executable] }));
}

/** Dotted names on command lines (`app:app`, `-m flask`) and in values of environment variables (DJANGO_SETTINGS_MODULE). */
export function namedByConfiguration(
  commands: readonly (readonly string[])[],
  environment: Readonly<Record<string, string>>,
): [what: 'command' | 'environment', name: string][] {
  const dotted = (text: string) => /^[A-Za-z_][\w.]*(?=$|:)/.exec(text)?.[0];
  const found: ['command' | 'environment', string][] = [];
  for (const command of commands) {
    command.forEach((word, index) => {
      const name = dotted(word);
      if (name !== undefined && (command[index - 1] === '-m' || /[.:]/.test(word))) found.push(['command', name]);
    });
  }
  for (const value of Object.values(environment)) {
    const name = dotted(value);
    if (name !== undefined && name.length > 1) found.push(['environment', name]);
  }
  return found;
}
