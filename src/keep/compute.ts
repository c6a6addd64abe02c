import { mayBeElf } from '../elf/reader.js';
import { LibrarySearch } from '../elf/search.js';
import { environmentOf, healthcheckCommand, type ImageConfig } from '../images/config.js';
import type { RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import { elfRule } from './elf.js';
import { KeepSet } from './keepset.js';
import type { Level } from './level.js';
import { linksRule, parentsRule, runtimeRule } from './links.js';
import { observedRule } from './observed.js';
import { namedRule } from './programs.js';
import type { Grades } from './python/grades.js';
import { ReachRule } from './python/reach.js';
import { withoutTests } from './python/tests.js';
import { type Analyst, PythonWorld } from './python/world.js';
import { repairRule } from './repair.js';
import type { Context, Rule } from './rule.js';
import { entrypointRule, programsOf, scriptsRule } from './scripts.js';
import { shellRule } from './shell.js';
import { SystemRule } from './system.js';
import { excluded, type UserChoice, userRule } from './user.js';
import { WholeRule } from './whole.js';

export interface KeepInput {
  fs: RootFs;
  trace: Trace;
  config: ImageConfig;
  /** Environment of the run beside the image's. */
  env: readonly string[];
  /** The commands as they were run. */
  commands: readonly (readonly string[])[];
  choice: UserChoice;
  level: Level;
  /** What the image's own interpreter is asked; only the level `observed` does without. */
  analyst?: Analyst;
}

export interface KeepResult {
  keep: KeepSet;
  /** What the user is to be told: walks, exclusions. */
  notes: string[];
  /** The Python side, from `reachable` on. */
  python: PythonWorld | undefined;
  /** How much of each distribution is kept, from `reachable` on. */
  grades: Grades['all'];
}

/** Excluded paths that are told one by one. */
const TOLD = 10;

/** Runs all rules until none adds anything, then takes out what the user excludes. */
export async function computeKeepSet(input: KeepInput): Promise<KeepResult> {
  const { fs, config, level, analyst } = input;
  const tested = input.trace.runs.some(({ tests }) => tests !== null);
  const python = analyst && (level !== 'observed' || tested) ? await PythonWorld.open(fs, input.trace.python, analyst) : undefined;
  const { trace, notes } = python ? withoutTests(fs, input.trace, python) : { trace: input.trace, notes: [] };
  const environment = { ...environmentOf(config.Env), ...environmentOf(input.env) };
  const health = healthcheckCommand(config);
  const commands = [...input.commands, ...(health ? [health] : [])];
  const executed = trace.observations.filter(({ kind }) => kind === 'exec').map(({ path }) => path);
  const context: Context = {
    fs,
    trace,
    config,
    environment,
    commands,
    level,
    python,
    isElf: (path) => mayBeElf(path, fs.lstat(path)?.mode ?? 0),
    notes: [...notes, ...(python?.distributions.warnings ?? [])],
    libraries: await LibrarySearch.open(fs, environment),
    programs: programsOf(executed, commands, { fs, environment, config }),
  };
  const reach = python && level !== 'observed' ? new ReachRule(python) : undefined;
  const rules: Rule[] = [
    observedRule,
    entrypointRule,
    runtimeRule,
    userRule(input.choice),
    elfRule,
    linksRule,
    parentsRule,
    scriptsRule,
    new SystemRule(),
    repairRule,
    ...(reach && python ? [reach, namedRule(python), shellRule, ...(level === 'whole' ? [new WholeRule(python)] : [])] : []),
  ];
  const keep = new KeepSet(fs);
  for (const rule of rules) {
    for (const addition of (await rule.begin?.(context)) ?? []) keep.add(addition);
  }
  for (let fresh = keep.takeFresh(); fresh.length > 0; fresh = keep.takeFresh()) {
    const entries = fresh.flatMap((path) => fs.lstat(path) ?? []);
    for (const rule of rules) await rule.prepare?.(entries, context);
    for (const entry of entries) {
      for (const rule of rules) {
        for (const addition of (await rule.visit?.(entry, context)) ?? []) keep.add(addition);
      }
    }
  }
  const taken = excluded(keep.reasons.keys(), input.choice);
  for (const path of taken) keep.delete(path);
  for (const path of taken.slice(0, TOLD)) context.notes.push(`--exclude takes out ${path}`);
  if (taken.length > TOLD) context.notes.push(`--exclude takes out ${taken.length - TOLD} more`);
  const unread = python?.unread() ?? [];
  for (const [path, error] of unread.slice(0, TOLD)) context.notes.push(`${path} could not be read: ${error}`);
  if (unread.length > TOLD) context.notes.push(`${unread.length - TOLD} more modules could not be read`);
  return { keep, notes: context.notes, python, grades: reach?.grades.all ?? new Map() };
}
