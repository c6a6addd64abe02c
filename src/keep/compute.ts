import { setImmediate } from 'node:timers/promises';
import { debug } from '../debug.js';
import { mayBeElf } from '../elf/reader.js';
import { LibrarySearch } from '../elf/search.js';
import { environmentOf, healthcheckCommand, type ImageConfig } from '../images/config.js';
import type { RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import { CarriedRule } from './carried.js';
import { ConfiguredRule } from './configured.js';
import type { MostBytes } from './data/costs.js';
import type { GpuTarget } from './data/gpu.js';
import { emptyFoldersRule } from './emptyfolders.js';
import { FoldersRule } from './folders.js';
import { Gpu } from './gpu.js';
import { HomeRule } from './home.js';
import { InOthersRule } from './inothers.js';
import { KeepSet } from './keepset.js';
import type { Level } from './level.js';
import { runtimeRule } from './links.js';
import { loadingRules } from './loading.js';
import { NativePathsRule } from './nativepaths.js';
import { observedRule } from './observed.js';
import { type Costly, Offers } from './offers.js';
import { OpensRule } from './opens.js';
import { OtherNamesRule } from './othernames.js';
import { PartnersRule } from './partners.js';
import { NamedRule, startedModules } from './programs.js';
import { isAppCode } from './purpose.js';
import type { Grades } from './python/grades.js';
import { IdentityRule } from './python/identity.js';
import { OtherPythonsRule } from './python/others.js';
import { ReachRule } from './python/reach.js';
import { withoutTests } from './python/tests.js';
import { type Analyst, PythonWorld } from './python/world.js';
import type { Addition } from './reason.js';
import { repairRule } from './repair.js';
import type { Context, Finding, Rule } from './rule.js';
import { entrypointRule, programsOf } from './scripts.js';
import { SettingsRule } from './settings.js';
import { ShellRule } from './shell.js';
import { givenToInterpreters, NOTHING_GIVEN } from './shellfiles.js';
import { Tally } from './tally.js';
import { excluded, type UserChoice, userRule } from './user.js';
import { wholeAdditions } from './whole.js';

/** After so many paths other work of the process gets its turn: answers of the image's Python are taken in. */
const BREATH = 50;

export interface KeepInput {
  fs: RootFs;
  trace: Trace;
  config: ImageConfig;
  /** `NAME=VALUE` entries of the runs, beside the image's own. */
  env: readonly string[];
  /** The commands as they were run. */
  commands: readonly (readonly string[])[];
  choice: UserChoice;
  level: Level;
  /** `any` where it is missing. */
  targetGpu?: GpuTarget;
  /** Bytes that weak evidence may bring, where they are not those of data/costs.ts. */
  mostBytes?: MostBytes;
  /** Reads the image's Python code. Only the level `observed` works without it. */
  analyst?: Analyst;
}

export interface KeepResult {
  keep: KeepSet;
  /** Lines for the user: walks that were not kept, exclusions, files that could not be read. */
  notes: string[];
  /** What weak evidence names, and is left out since it is expensive. */
  costly: Costly[];
  /** What is kept only for a GPU, and what is left out for want of one. */
  gpu: Gpu;
  /** The Python side, from `reachable` on. */
  python: PythonWorld | undefined;
  /** How much of each distribution is kept, from `reachable` on. */
  grades: Grades['all'];
}

/** Paths that get a note of their own; the rest is counted. */
const LISTED = 10;

/** Runs all rules until none adds anything, then removes what the user excludes. */
export async function computeKeepSet(input: KeepInput): Promise<KeepResult> {
  const { fs, level, choice } = input;
  const { context, notes } = await contextOf(input);
  const { python } = context;
  const reach = python && level !== 'observed' ? await ReachRule.open(python, context) : undefined;
  /** What a path needs to be of use. */
  const others = new OtherPythonsRule();
  const loading = loadingRules(false, others);
  const rules: Rule[] = [
    // A path has few reasons: what the user says is always one of them.
    userRule(choice),
    observedRule,
    entrypointRule,
    runtimeRule,
    ...loading,
    repairRule,
    ...(reach && python
      ? [
          reach,
          new IdentityRule(python, reach.grades),
          new NamedRule(python, startedModules(context), reach.grades),
          new InOthersRule(others),
          new ShellRule(),
          new ConfiguredRule(reach.reached),
          new SettingsRule(),
          new HomeRule(),
          new OtherNamesRule(),
          emptyFoldersRule,
          new FoldersRule(),
          new OpensRule(),
          new NativePathsRule(),
          new PartnersRule(),
          new CarriedRule(python, reach.grades),
        ]
      : []),
  ];
  const keep = new KeepSet(fs);
  const offers = new Offers(context, input.mostBytes);
  const tally = new Tally();
  const isApps = (path: string) => {
    const owner = python?.distributions.ownerOf(path);
    return owner === undefined || reach?.grades.has(owner, 'app') === true;
  };
  const noteRun = ({ path, rule, kind, parents }: Addition) => {
    const isOwn = (by: string) => rule === 'configured' || (rule === 'shell' ? context.programs.has(by) : isAppCode(by, context));
    if (!/^(named|shell|configured)$/.test(rule) || kind !== 'program' || !parents.some(isOwn)) return;
    const owner = python?.distributions.ownerOf(fs.resolve(path)?.path ?? path);
    if (owner) reach?.grades.ranByApp.add(owner);
  };
  const take = async (findings: readonly Finding[], isStrong = true) => {
    for (const finding of findings) {
      if ('path' in finding && isStrong) noteRun(finding);
      if ('path' in finding && (await context.gpu.leavesOut(finding, isApps))) continue;
      if ('note' in finding) notes.push(finding.note);
      else if ('offer' in finding) offers.add(finding);
      else keep.add(finding);
    }
  };
  for (const rule of rules) await take(await tally.run(rule, () => rule.begin?.(context)));
  let rounds = 0;
  const round = async (fresh: readonly string[], active: readonly Rule[], isWanted: (finding: Finding) => boolean = () => true) => {
    rounds++;
    const entries = fresh.flatMap((path) => fs.lstat(path) ?? []);
    for (const rule of rules) await tally.run(rule, () => rule.prepare?.(entries, context).then(() => undefined));
    for (const [index, entry] of entries.entries()) {
      if (index % BREATH === 0) await setImmediate();
      for (const rule of active) await take((await tally.run(rule, () => rule.visit?.(entry, context))).filter(isWanted));
    }
  };
  /** New paths, once the rules say what depends on all kept paths. */
  const settled = async (active: readonly Rule[]) => {
    const fresh = keep.takeFresh();
    if (fresh.length > 0) return fresh;
    for (const rule of active) await take(await tally.run(rule, () => rule.settle?.(context)));
    return keep.takeFresh();
  };
  // What strong evidence names comes first: the cost of an offer is what it brings beyond that.
  const next = async () => {
    const fresh = await settled(rules);
    if (fresh.length > 0) return fresh;
    await take(await offers.accept(keep), false);
    return keep.takeFresh();
  };
  for (let fresh = await next(); fresh.length > 0; fresh = await next()) await round(fresh, rules);
  if (level === 'whole' && python) {
    await take(await wholeAdditions(context, python));
    // An essential package is whole by itself: perl-base has the modules of Perl that it needs.
    const isListed = (finding: Finding) => !('path' in finding && finding.rule === 'system' && /^(program|perl)$/.test(finding.kind));
    for (let fresh = await settled(loading); fresh.length > 0; fresh = await settled(loading)) await round(fresh, loading, isListed);
  }
  // A folder is kept for the sake of one file in it.
  const isFolder = (path: string) => fs.lstat(path)?.type === 'd';
  const isLeft = ({ path, paths }: Costly) => (isFolder(path) ? paths : [path]).some((one) => !isFolder(one) && !keep.has(one));
  const costly = (await offers.left(keep)).filter(isLeft);
  if (context.gpu.target !== 'none' && reach) await context.gpu.noteKept(keep, isApps);
  tally.print();
  debug.keep('%d paths kept at the level %s after %d rounds', keep.reasons.size, level, rounds);
  const removed = excluded(keep.reasons.keys(), choice);
  for (const path of removed) keep.delete(path);
  notes.push(
    ...listed(
      removed.map((path) => `--exclude removes ${path}`),
      (more) => `--exclude removes ${more} more paths`,
    ),
    ...listed(
      unread(python, keep).map(([path, error]) => `${path} could not be read: ${error}`),
      (more) => `${more} more modules could not be read`,
    ),
  );
  return {
    keep,
    notes,
    costly,
    gpu: context.gpu,
    python: level === 'observed' ? undefined : python,
    grades: reach?.grades.all ?? new Map(),
  };
}

/** What the rules look at, and the notes about how it was found. */
async function contextOf(input: KeepInput): Promise<{ context: Context; notes: string[] }> {
  const { fs, config, level, analyst } = input;
  const hasTests = input.trace.runs.some(({ tests }) => tests !== null);
  const python = analyst && (level !== 'observed' || hasTests) ? await PythonWorld.open(fs, input.trace.python, analyst) : undefined;
  const { trace, notes } = python ? await withoutTests(fs, input.trace, python, config.WorkingDir) : { trace: input.trace, notes: [] };
  const environment = { ...environmentOf(config.Env), ...environmentOf(input.env) };
  const health = healthcheckCommand(config);
  const commands = [...input.commands, ...(health ? [health] : [])];
  const executed = trace.observations.filter(({ kind }) => kind === 'exec').map(({ path }) => path);
  const libraries = await LibrarySearch.open(fs, environment);
  const programs = programsOf(executed, commands, { fs, environment, config });
  const given = python ? await givenToInterpreters(commands, { fs, programs, config, environment, python, trace }) : NOTHING_GIVEN;
  const context: Context = {
    fs,
    trace,
    config,
    environment,
    commands,
    level,
    python,
    isElf: (path) => mayBeElf(path, fs.lstat(path)?.mode ?? 0),
    libraries,
    gpu: new Gpu(fs, libraries, input.targetGpu ?? 'any'),
    programs: new Set([...programs, ...given.toShell, ...given.toPython]),
    given,
  };
  if (python) python.programs = context.programs;
  return { context, notes: [...notes, ...(python?.distributions.warnings ?? [])] };
}

/** Modules that could not be read, of other Pythons only those that are kept: counting costs reads others. */
function unread(python: PythonWorld | undefined, keep: KeepSet): [path: string, error: string][] {
  const [apps, ...others] = python?.all ?? [];
  const found = others.flatMap((world) => world.unread()).filter(([path]) => keep.has(path));
  return [...new Map([...(apps?.unread() ?? []), ...found])];
}

/** The first lines, and one that counts the rest. */
function listed(lines: readonly string[], count: (more: number) => string): string[] {
  return [...lines.slice(0, LISTED), ...(lines.length > LISTED ? [count(lines.length - LISTED)] : [])];
}
