/**
 * pyshrink as a library. The functions do what the commands of the same names do; they take typed options and print
 * nothing. Results lie in `.pyshrink` below the working directory, and each function finds the newest by itself.
 * All throw a UserError for what the user can do something about: its `message` says what happened, its `remedy` what
 * to do, its `exitCode` what the command would exit with.
 */
import { LABELS } from './assemble/config.js';
import { UserError, usageError } from './errors.js';
import { outcomeOf } from './exercise/answers.js';
import { DEFAULT_LIMITS, type Exercise, type Limits, PLAIN_EXERCISE } from './exercise/exercise.js';
import { parseImageName } from './images/name.js';
import { assembleDraft } from './pipeline/assemble.js';
import { checkImage, checkRecord } from './pipeline/check.js';
import { type ImageOptions, parsedNames } from './pipeline/choices.js';
import {
  buildCompose,
  type ComposeOptions,
  composeRuns,
  imageOfCompose,
  readCompose,
  requireOverride,
  writeOverride,
} from './pipeline/compose.js';
import { type SessionOptions, withSession } from './pipeline/context.js';
import { openImage } from './pipeline/images.js';
import { DEFAULT_RUNS, repeatOriginal, requireWorking } from './pipeline/originals.js';
import { reopen } from './pipeline/reopen.js';
import { resultOf } from './pipeline/result.js';
import { shrinkStage } from './pipeline/shrink.js';
import { summaryOf } from './pipeline/summary.js';
import { publish, requireHolds, targetOf } from './pipeline/target.js';
import { traceStage } from './pipeline/trace.js';
import type { NamedExercise } from './pipeline/traceruns.js';
import { untouchedIn } from './pipeline/untouched.js';
import type { Limits as Budget } from './report/budget.js';
import type { ShrinkSummary, Untouched } from './report/summary.js';
import { conclusionOf, type Outcome, passed, type Verdict } from './smoke/verdict.js';
import type { Trace } from './trace/schema.js';
import { Folder } from './workspace/folder.js';
import { newestTrace, readTraces, resultNamed, tracesOfOriginal } from './workspace/newest.js';

export type { EngineName } from './engines/choose.js';
export { ExitCode, UserError } from './errors.js';
export { DEFAULT_LIMITS, type Exercise, type Limits, PLAIN_EXERCISE } from './exercise/exercise.js';
export type { Step } from './exercise/steps.js';
export type { KeepChoice } from './pipeline/assemble.js';
export type { ImageOptions } from './pipeline/choices.js';
export type { ComposeOptions } from './pipeline/compose.js';
export type { SessionOptions } from './pipeline/context.js';
export { type Check, type Diagnosis, diagnose } from './pipeline/doctor.js';
export { type InitOptions, initProject as init } from './pipeline/initproject.js';
export {
  type AnswerOf,
  diff,
  diffPage,
  goneWith,
  programs,
  type ReportOptions,
  report,
  reportPage,
  unsound,
  why,
} from './pipeline/look.js';
export type { NamedExercise } from './pipeline/traceruns.js';
export type { Diff } from './report/diffmodel.js';
export type { Report } from './report/model.js';
export type { Program } from './report/programs.js';
export type { ShrinkSummary } from './report/summary.js';
export type { Answer } from './report/why.js';
export type { GoneTree } from './report/whytree.js';
export type { Verdict } from './smoke/verdict.js';
export { parseTrace, type Repair, type Trace } from './trace/schema.js';

export interface TraceOptions extends SessionOptions {
  /** Name of the image, with or without a transport. */
  image: string;
  /** What is run, and what is done to it. Missing fields have the values of {@link PLAIN_EXERCISE}. */
  exercise?: Partial<Exercise>;
  /** Adds this run to the existing trace of the image. */
  append?: boolean | undefined;
}

export interface Traced {
  /** Path of the trace. */
  path: string;
  trace: Trace;
  /** The engine, and how it isolates. */
  engine: string;
  /** Each step of this run, and what came of it: a status, or nothing where it can't fail. */
  outcomes: (readonly [label: string, outcome: string])[];
  /** What no step of the image's runs touched, of what the app's code offers; null where it was not looked for. */
  untouched: Untouched | null;
}

/** Runs an image, watches it, and writes a trace. */
export async function trace(options: TraceOptions): Promise<Traced> {
  const image = parseImageName(options.image);
  const exercise = { ...PLAIN_EXERCISE, ...options.exercise };
  const { platform, env } = exercise.run;
  const folder = Folder.for(image, platform);
  return folder.exclusively(() =>
    withSession(options, image, async (context) => {
      const original = await openImage(context, image, { platform, command: exercise.args, environment: env });
      const traced = await traceStage(context, original, exercise, folder, { append: options.append });
      const steps = traced.runs.flatMap(({ answers }) => answers[0].steps);
      const outcomes = steps.map(({ label, answer }) => [label, outcomeOf(answer)] as const);
      const [engine, untouched] = [await context.engine.describe(), await untouchedIn(traced)];
      return { path: folder.tracePath, trace: traced.trace, engine, outcomes, untouched };
    }),
  );
}

export interface AssembleOptions extends SessionOptions, ImageOptions {
  /** Paths of traces of one image; default: the newest. */
  traces?: readonly string[] | undefined;
  /** `NAME=VALUE` entries for variables that a trace was made with, beside those of this process. */
  environment?: readonly string[] | undefined;
  /** Does also what a run record says that this user has not written. */
  trust?: boolean | undefined;
}

export interface Assembled {
  /** Name of the shrunk image. */
  image: string;
  /** The engine's identifier. */
  id: string;
  /** Bytes of the shrunk image and of the original. */
  size: number;
  originalSize: number;
  files: number;
  notes: string[];
  traces: readonly string[];
}

/** Builds an image from traces of one image. */
export async function assemble(options: AssembleOptions = {}): Promise<Assembled> {
  const { target: choice, keep, base: baseName } = parsedNames(options);
  const named = options.traces ?? [];
  const paths = named.length > 0 ? named : [await newestTrace()];
  const { folder } = await readTraces(paths);
  return folder.exclusively(async () => {
    const stored = await readTraces(paths); // another run may have replaced it before this one had the folder
    const name = parseImageName(stored.trace.image.reference);
    return withSession(options, name, async (context) => {
      const { environment = [], trust } = options;
      const target = await targetOf(context, name, choice, folder);
      const material = await reopen(context, stored, { name, environment, limits: DEFAULT_LIMITS, include: keep.include, trust });
      const base = baseName && (await openImage(context, baseName));
      const draft = await context.progress.task(`Assembling ${target.name.text}`, () => assembleDraft(material, keep, base));
      await requireHolds(target, draft.entries);
      const { size } = await context.session.inspect(draft.id);
      await publish(context, draft.id, target);
      const { id, files, notes } = draft;
      const image = target.name.text;
      await folder.saveResult(
        await resultOf(context, material.original, draft, { target, keep, base: base?.reference, traces: stored.paths, size }),
        draft.report,
      );
      return { image, id, size, originalSize: material.original.size, files, notes, traces: stored.paths };
    });
  });
}

export interface SmokeOptions extends SessionOptions {
  /** Name of the shrunk image; default: the newest. */
  image?: string | undefined;
  environment?: readonly string[] | undefined;
  /** Does also what a run record says that this user has not written. */
  trust?: boolean | undefined;
  limits?: Limits | undefined;
  /** How many times the original runs, the traced run included; default: 2. With 1, it does not start again. */
  runs?: number | undefined;
}

export interface Compared {
  image: string;
  /** The engine, and how it isolates. */
  engine: string;
  passed: boolean;
  outcome: Outcome;
  verdict: Verdict;
}

/** Compares a shrunk image with its original. @throws UserError with exit code 4 where the original itself fails */
export async function smoke(options: SmokeOptions = {}): Promise<Compared> {
  const { environment = [], limits = DEFAULT_LIMITS, runs = DEFAULT_RUNS, trust } = options;
  const result = await resultNamed(options.image);
  const name = parseImageName(options.image ?? (result?.tag as string));
  const known = result && (await readTraces(result.traces));
  // What was traced on this computer itself is compared there, whatever daemon answers.
  const traced = known && parseImageName(known.trace.image.reference);
  return withSession(options, traced?.transport === 'host' ? traced : name, async (context) => {
    const shrunk = await openImage(context, name);
    const original = shrunk.config.Labels?.[LABELS.original];
    if (original === undefined)
      throw new UserError(
        `${shrunk.reference} was not made by pyshrink, or is a plain directory, which has no labels.`,
        'Name an image that `pyshrink assemble` made.',
      );
    const isKnown = known && (options.image === undefined || known.trace.image.id === original);
    const stored = isKnown ? known : await readTraces(await tracesOfOriginal(original, shrunk.reference));
    const material = await reopen(context, stored, {
      name: parseImageName(stored.trace.image.reference),
      environment,
      limits,
      trust,
    });
    if (material.trace.image.id !== original)
      throw new UserError(
        `${shrunk.reference} was made from another image than the one that was traced here.`,
        'Run `pyshrink assemble` again, and then `pyshrink smoke`.',
      );
    requireWorking(material);
    const exclude = result?.exclude ?? [];
    const title = `Comparing ${shrunk.reference} with ${material.original.reference}`;
    const checked = await context.progress.task(title, async (say) => {
      await repeatOriginal(material, runs, say);
      return checkImage(material, shrunk.id, { exclude, runs }, say);
    });
    // The comparison counts, also in a folder that can only be read.
    await stored.folder
      .saveCheck(checkRecord(shrunk.id, checked))
      .catch((error: Error) => context.progress.note(`warning: reports will not have this comparison: ${error.message}`));
    const { verdict } = checked;
    const engine = await context.engine.describe();
    return { image: shrunk.reference, engine, passed: passed(verdict), outcome: conclusionOf(verdict), verdict };
  });
}

export interface ShrinkOptions extends SessionOptions, ImageOptions, Budget {
  /** Missing: the one that the compose file says how to build. */
  image?: string | undefined;
  /** A compose file. Its services of the image are the runs, and the others run beside them. */
  compose?:
    | (ComposeOptions & { /** Where to write a compose file that uses the shrunk image. */ override?: string | undefined })
    | undefined;
  exercise?: Partial<Exercise>;
  /** Several runs of the image, each with a name, instead of `exercise`. The shrunk image serves all of them. */
  exercises?: readonly NamedExercise[] | undefined;
  /** How many times the original runs before it is compared; default: 2, to learn what varies. With 1, it never starts twice. */
  runs?: number | undefined;
}

/**
 * Traces, assembles and compares an image, and repairs it until the comparison passes. Only then does it
 * get its name, and only where it keeps to the limits of its size.
 * @throws UserError with exit code 4 where the original itself fails
 */
export async function shrink(options: ShrinkOptions): Promise<ShrinkSummary> {
  const start = performance.now();
  const override = options.compose?.override;
  if (override !== undefined) await requireOverride(override);
  const compose = options.compose && (await readCompose(options.compose));
  const name = options.image ?? (compose && imageOfCompose(compose));
  if (name === undefined) throw usageError('There is no image to shrink.', 'Name one.');
  const image = parseImageName(name);
  const single = { ...PLAIN_EXERCISE, ...options.exercise };
  const wanted = options.exercises ?? single;
  const { target: choice, keep, base } = parsedNames(options);
  const folder = Folder.for(image, (options.exercises?.[0]?.exercise ?? single).run.platform);
  return folder.exclusively(() =>
    withSession(options, image, async (context): Promise<ShrinkSummary> => {
      const limits = { maxSize: options.maxSize, maxFiles: options.maxFiles };
      if (compose) await buildCompose(context, compose);
      const exercise = compose ? await composeRuns(context, await openImage(context, image), compose, wanted) : wanted;
      const input = { image, exercise, folder, base, limits, runs: options.runs ?? DEFAULT_RUNS, ...keep, ...choice };
      const shrunk = await shrinkStage(context, input);
      if (compose && override !== undefined && shrunk.published) {
        const services = 'run' in exercise ? [] : exercise.map(({ name, service = name }) => service);
        await writeOverride(override, compose, shrunk.target.name.text, services);
      }
      return summaryOf(context, shrunk, keep.level, folder, start);
    }),
  );
}
