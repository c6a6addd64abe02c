import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { ENGINES, type EngineName } from '../engines/choose.js';
import { type UserError, usageError } from '../errors.js';
import type { Shell } from '../exercise/environment.js';
import { DEFAULT_LIMITS, type Exercise } from '../exercise/exercise.js';
import { commandWords, type ExerciseFile, exitOf, keepsCookies, parseExercise, resetOf, stepsOf, withCookies } from '../exercise/file.js';
import { type Field, Located } from '../exercise/located.js';
import type { Step } from '../exercise/steps.js';
import { GPU_TARGETS, type GpuTarget } from '../keep/data/gpu.js';
import { LEVELS, type Level } from '../keep/level.js';
import { imageSize, SIZE_FORM } from '../sizes.js';
import { ComposeSchema, JOBS_RANGE, ProjectSchema, RunSchema, SettingsSchema } from './schema.js';
import { environmentOf, joinSettings, NO_SETTINGS, type Settings, settingOf } from './settings.js';

/** Names of the file that are looked for in the working directory. */
export const PROJECT_FILES = ['pyshrink.yaml', 'pyshrink.yml'] as const;

/** One command of the image. */
export interface ProjectRun {
  name: string;
  exercise: Exercise;
  /** The service of the compose file that it is a run of; missing: the one of its name. */
  service?: string;
}

/** What a project file says. What it leaves out is missing here. */
export interface Project {
  image?: string;
  tag?: string;
  output?: string;
  level?: Level;
  targetGpu?: GpuTarget;
  include: string[];
  exclude: string[];
  base?: string;
  engine?: EngineName;
  /** Bytes. */
  maxSize?: number;
  maxFiles?: number;
  /** How many runs go on at once at most. */
  jobs?: number;
  /** The compose file, relative to the working directory. */
  compose?: { file: string; useExternal?: boolean; noBinds?: boolean };
  runs: ProjectRun[];
}

/** What reading a project file needs of this computer. */
export interface Surroundings {
  /** Reads a file that the project file names. The path is absolute or relative to the working directory. */
  read: (path: string) => Buffer;
  shell: Shell;
}

const FORM = 'A project file has `image:` and `runs:`; docs/file.md lists all keys.';
const RUNS_FORM = 'Write `runs` as a list: `- name: web`, and below it what belongs to the run.';
const TEXT_FORM = 'Write a text.';
const GLOBS_FORM = 'Write a glob, or a list of globs.';
const BUDGET_FORM = 'Write `budget: { maxSize: 120MB, maxFiles: 3000 }`, with one of them or both.';

/** The project file of the working directory; undefined where there is none. */
export async function findProject(): Promise<string | undefined> {
  for (const name of PROJECT_FILES) if (await stat(name).catch(() => undefined)) return name;
  return undefined;
}

/**
 * Reads a project file.
 * @param shell variables that the file may name
 * @throws UserError where it, or a file that it names, can't be read or has another form
 */
export async function readProject(path: string, shell: Shell = process.env): Promise<Project> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw usageError(`The file ${path} can't be read: ${(error as Error).message}.`, 'Make one with `pyshrink init IMAGE`.');
  }
  return parseProject(path, text, { read: readFileSync, shell });
}

/**
 * Parses the text of a project file. docs/file.md describes the format.
 * @param path the file's name in messages; files that it names are relative to its folder
 * @throws UserError that names line and column
 */
export function parseProject(path: string, text: string, around: Surroundings): Project {
  const root = Located.parse(path, text, FORM);
  if (root.kind === 'null') throw usageError(`The file ${path} is empty.`, FORM);
  const fields = root.fields(FORM);
  const known = Object.keys(ProjectSchema.shape);
  const project: Project = { include: [], exclude: [], runs: [] };
  let settings = NO_SETTINGS;
  for (const field of fields) {
    const { name, key } = field;
    if (!known.includes(name)) throw strayed(key, name, Object.keys(RunSchema.shape)) ?? key.unknown(known, FORM);
    if (name in SettingsSchema.shape) settings = joinSettings(settings, settingOf(field, path, around));
    else if (name === 'compose') project.compose = composeOf(field.value, path);
    else if (name !== 'runs') Object.assign(project, choiceOf(field));
  }
  // The runs come last, since what is set for all of them may stand below.
  const runs = fields.find(({ name }) => name === 'runs');
  if (runs) project.runs = runsOf(runs.value, path, settings, around);
  else if (!project.compose) throw root.error('This file has no `runs`', RUNS_FORM);
  const stray = project.compose
    ? undefined
    : runs?.value.items(RUNS_FORM).flatMap((item) => item.fields(RUNS_FORM).filter(({ name }) => name === 'service'))[0];
  if (stray) throw stray.key.error('`service` belongs to a compose file', 'Name that with `compose: compose.yaml`.');
  return project;
}

const COMPOSE_FORM = 'Name a compose file, relative to the folder of this file: `compose: compose.yaml`.';

function composeOf(value: Located, path: string): NonNullable<Project['compose']> {
  const at = (file: Located) => {
    const named = file.filled(COMPOSE_FORM);
    return isAbsolute(named) ? named : join(dirname(path), named);
  };
  if (value.kind !== 'mapping') return { file: at(value) };
  const known = Object.keys(ComposeSchema.shape);
  const compose: Partial<NonNullable<Project['compose']>> = {};
  for (const { name, key, value: given } of value.fields(COMPOSE_FORM)) {
    if (name === 'file') compose.file = at(given);
    else if (name === 'useExternal' || name === 'noBinds') compose[name] = given.flag('Write true or false.');
    else throw key.unknown(known, COMPOSE_FORM);
  }
  if (compose.file === undefined) throw value.error('`compose` names no file', 'Write `compose: { file: compose.yaml }`.');
  return { ...compose, file: compose.file };
}

/** The mistake of a key of a run that stands beside `runs`. */
function strayed(key: Located, name: string, ofRuns: readonly string[]): UserError | undefined {
  if (!ofRuns.includes(name)) return undefined;
  return key.error(`\`${name}\` belongs to a run`, RUNS_FORM);
}

function choiceOf({ name, key, value }: Field): Partial<Project> {
  switch (name) {
    case 'level':
      return { level: oneOf(value, LEVELS) };
    case 'targetGpu':
      return { targetGpu: oneOf(value, GPU_TARGETS) };
    case 'engine':
      return { engine: oneOf(value, ENGINES) };
    case 'include':
    case 'exclude':
      return { [name]: value.oneOrMore(GLOBS_FORM).map((glob) => glob.filled(GLOBS_FORM)) };
    case 'jobs':
      return { jobs: value.number('Write how many runs go on at once.', { ...JOBS_RANGE, whole: true }) };
    case 'budget':
      return budgetOf(key, value);
    default:
      return { [name]: value.filled(TEXT_FORM) };
  }
}

function oneOf<const T extends string>(value: Located, known: readonly T[]): T {
  const form = `Write one of ${known.join(', ')}.`;
  const text = value.text(form);
  if ((known as readonly string[]).includes(text)) return text as T;
  throw value.unknown(known, form);
}

function budgetOf(key: Located, value: Located): Pick<Project, 'maxSize' | 'maxFiles'> {
  const budget: Pick<Project, 'maxSize' | 'maxFiles'> = {};
  for (const { name, key, value: limit } of value.fields(BUDGET_FORM)) {
    if (name === 'maxFiles') budget.maxFiles = limit.number('Write a number of files.', { least: 0, whole: true });
    else if (name === 'maxSize') {
      const bytes = imageSize(limit.written(SIZE_FORM));
      if (bytes === undefined) throw limit.error(`\`${limit.brief()}\` is not a size`, SIZE_FORM);
      budget.maxSize = bytes;
    } else throw key.unknown(['maxSize', 'maxFiles'], BUDGET_FORM);
  }
  if (Object.keys(budget).length === 0) throw key.error('`budget` is empty', BUDGET_FORM);
  return budget;
}

function runsOf(list: Located, path: string, settings: Settings, around: Surroundings): ProjectRun[] {
  const items = list.items(RUNS_FORM);
  if (items.length === 0) throw list.error('`runs` is empty', RUNS_FORM);
  const runs: ProjectRun[] = [];
  for (const item of items) {
    const { run, place } = runOf(item, path, settings, around);
    if (runs.some(({ name }) => name === run.name)) throw place.error(`There are two runs \`${run.name}\``, 'Give each its own name.');
    runs.push(run);
  }
  return runs;
}

const NAME_FORM = 'A name has letters, digits, `_`, `.` and `-`, and begins with a letter or digit.';

function runOf(item: Located, path: string, common: Settings, around: Surroundings): { run: ProjectRun; place: Located } {
  const known = Object.keys(RunSchema.shape);
  const fields = item.fields(RUNS_FORM);
  let settings = common;
  for (const field of fields) {
    if (!known.includes(field.name)) throw field.key.unknown(known, `A run has the keys ${known.join(', ')}.`);
    if (field.name in SettingsSchema.shape) settings = joinSettings(settings, settingOf(field, path, around));
  }
  const given = new Map(fields.map(({ name, value }) => [name, value]));
  const name = given.get('name');
  if (!name) throw item.error('This run has no name', 'Add for instance `name: web`.');
  const called = name.text(NAME_FORM);
  if (!RunSchema.shape.name.safeParse(called).success) throw name.error(`\`${name.brief()}\` is no name of a run`, NAME_FORM);
  const service = given.get('service')?.filled('Name a service of the compose file.');
  const exercise = exerciseOf(given, path, settings, around);
  return { run: { name: called, exercise, ...(service !== undefined && { service }) }, place: name };
}

function exerciseOf(given: ReadonlyMap<string, Located>, path: string, settings: Settings, around: Surroundings): Exercise {
  const named = given.get('exercise');
  const file: ExerciseFile = named ? fileOf(named, path, around) : { steps: [], reset: [] };
  const [command, own, reset, expect, allowFailing] = ['command', 'steps', 'reset', 'expect', 'allowFailing'].map((key) => given.get(key));
  const written: Step[] = [...file.steps, ...(own ? stepsOf(own, path, around.read) : [])];
  const cookies = given.get('cookies');
  const steps = cookies && keepsCookies(cookies) ? withCookies(written) : written;
  const expectExit = expect ? exitOf(expect) : file.expectExit;
  const { fromFiles: _files, named: _named, limits, ...run } = settings;
  return {
    args: command ? commandWords(command) : [],
    run: { ...run, env: environmentOf(settings, around.shell) },
    limits: { ...DEFAULT_LIMITS, ...limits },
    reset: [...file.reset, ...(reset ? resetOf(reset) : [])],
    ...(steps.length > 0 && { steps }),
    ...(expectExit !== undefined && { expectExit }),
    ...(allowFailing?.flag('Write true or false.') && { allowFailing: true }),
  };
}

function fileOf(named: Located, path: string, { read }: Surroundings): ExerciseFile {
  const form = 'Name an exercise file, relative to the folder of this file.';
  const at = resolve(dirname(path), named.filled(form));
  let text: string;
  try {
    text = read(at).toString('utf8');
  } catch (error) {
    throw named.error(`The exercise file ${at} can't be read: ${(error as Error).message}`, form);
  }
  return parseExercise(at, text, read);
}
