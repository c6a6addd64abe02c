import { LibrarySearch } from '../elf/search.js';
import { environmentOf, healthcheckCommand, type ImageConfig } from '../images/config.js';
import type { RootFs } from '../rootfs.js';
import type { Trace } from '../trace.js';
import { elfRule } from './elf.js';
import { KeepSet } from './keepset.js';
import { linksRule, parentsRule, runtimeRule } from './links.js';
import { observedRule } from './observed.js';
import type { Context, Rule } from './rule.js';
import { entrypointRule, programsOf, scriptsRule } from './scripts.js';
import { systemRule } from './system.js';
import { excluded, type UserChoice, userRule } from './user.js';

export interface KeepInput {
  fs: RootFs;
  trace: Trace;
  config: ImageConfig;
  /** Environment of the run beside the image's. */
  env: readonly string[];
  /** The command as it was run. */
  command: readonly string[];
  choice: UserChoice;
}

export interface KeepResult {
  keep: KeepSet;
  /** What the user is to be told: walks, exclusions. */
  notes: string[];
}

/** Excluded paths that are told one by one. */
const TOLD = 10;

/** Runs all rules until none adds anything, then takes out what the user excludes. */
export async function computeKeepSet(input: KeepInput): Promise<KeepResult> {
  const { fs, trace, config } = input;
  const environment = { ...environmentOf(config.Env), ...environmentOf(input.env) };
  const health = healthcheckCommand(config);
  const commands = [input.command, ...(health ? [health] : [])];
  const executed = trace.observations.filter(({ kind }) => kind === 'exec').map(({ path }) => path);
  const context: Context = {
    fs,
    trace,
    config,
    environment,
    commands,
    notes: [],
    libraries: await LibrarySearch.open(fs, environment),
    programs: programsOf(executed, commands, { fs, environment, config }),
  };
  const rules: Rule[] = [
    observedRule,
    entrypointRule,
    runtimeRule,
    userRule(input.choice),
    elfRule,
    linksRule,
    parentsRule,
    scriptsRule,
    systemRule,
  ];
  const keep = new KeepSet(fs);
  for (const rule of rules) {
    for (const addition of (await rule.begin?.(context)) ?? []) keep.add(addition);
  }
  for (let fresh = keep.takeFresh(); fresh.length > 0; fresh = keep.takeFresh()) {
    for (const path of fresh) {
      const entry = fs.lstat(path);
      if (!entry) continue;
      for (const rule of rules) {
        for (const addition of (await rule.visit?.(entry, context)) ?? []) keep.add(addition);
      }
    }
  }
  const taken = excluded(keep.reasons.keys(), input.choice);
  for (const path of taken) keep.delete(path);
  for (const path of taken.slice(0, TOLD)) context.notes.push(`--exclude takes out ${path}`);
  if (taken.length > TOLD) context.notes.push(`--exclude takes out ${taken.length - TOLD} more`);
  return { keep, notes: context.notes };
}
