import { readFile } from 'node:fs/promises';
import { assembleImage, keptEntries, placesOf } from '../assemble/assemble.js';
import { type Overlay, overBase } from '../assemble/base.js';
import { withoutDebug } from '../assemble/stripped.js';
import { debug, timed } from '../debug.js';
import type { Edit } from '../elf/strip.js';
import type { ImageInfo } from '../engines/engine.js';
import { UserError } from '../errors.js';
import { computeKeepSet, type KeepResult } from '../keep/compute.js';
import type { MostBytes } from '../keep/data/costs.js';
import type { GpuTarget } from '../keep/data/gpu.js';
import type { KeepSet } from '../keep/keepset.js';
import type { Level } from '../keep/level.js';
import { addLines } from '../keep/lines.js';
import { costlyLines } from '../report/costly.js';
import { gpuLines } from '../report/gpu.js';
import { keepReport } from '../report/keep.js';
import { readOwners } from '../report/owners.js';
import { replacedLines } from '../report/replaced.js';
import { runnableIn } from '../report/runnable.js';
import { strippedLines } from '../report/stripped.js';
import type { Entry } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import type { KeepReport } from '../workspace/keepreport.js';
import { requireGenuine } from './genuine.js';
import { commandsOf, givenEnvironment, type Material } from './material.js';

/** What the user says about what is kept. */
export interface KeepChoice {
  level: Level;
  targetGpu: GpuTarget;
  /** Globs of paths. */
  include: readonly string[];
  exclude: readonly string[];
  /** Bytes that weak evidence may bring, where they are not those of keep/data/costs.ts. */
  mostBytes?: MostBytes;
}

/** An image under its temporary name. */
export interface Draft {
  id: string;
  files: number;
  /** Whether debug information was left out of a file. */
  stripped: boolean;
  notes: string[];
  /** All that is in it, with what comes from the image that it is built on. */
  entries: readonly Entry[];
  report: KeepReport;
}

/** A file in the working directory with patterns of paths to keep. It has the format of a .dockerignore. */
const KEEP_FILE = '.pyshrinkkeep';

/** A keep set, and the level that was used. It may be higher than the level that was asked for. */
export interface Kept extends KeepResult {
  level: Level;
}

/** Computes what is kept. */
export async function keepFor(material: Material, choice: KeepChoice): Promise<Kept> {
  const { original, trace, fs, analyst } = material;
  const keepFile = await readKeepFile();
  const level = levelFor(trace, choice.level);
  const kept = await computeKeepSet({
    fs,
    trace,
    config: original.config,
    env: givenEnvironment(material),
    commands: commandsOf(material),
    level,
    targetGpu: choice.targetGpu,
    analyst,
    ...(choice.mostBytes && { mostBytes: choice.mostBytes }),
    choice: { include: choice.include, exclude: choice.exclude, ...(keepFile !== undefined && { keepFile }) },
  });
  if (analyst) await timed('keep', 'the lines of the reasons', () => addLines(kept, analyst.locate));
  const raised = level === choice.level ? [] : [`kept at ${level} instead of ${choice.level}: the weaker tracers do not see all that runs`];
  const said = [
    ...costlyLines(kept.costly, (path) => kept.python?.isOurs(path) === true),
    ...gpuLines(kept, fs),
    ...replacedLines(kept.keep, fs),
  ];
  return { ...kept, level, notes: [...kept.notes, ...said, ...raised] };
}

/**
 * Computes the keep set and streams the image into the engine.
 * @param base the image to build on; undefined for scratch
 */
export async function assembleDraft(material: Material, choice: KeepChoice, base: ImageInfo | undefined): Promise<Draft> {
  const { context, helper, original, trace, fs } = material;
  const { keep, notes, python, grades, costly, gpu, level } = await timed('keep', 'the keep set', () => keepFor(material, choice));
  const tree = base ? await placeOver(base, material, keep) : { entries: keptEntries(keep, fs), fs };
  const edits =
    level === 'whole' || trace.debugNeeded
      ? new Map<string, Edit>()
      : await timed('assemble', 'debug information', () => withoutDebug(tree.entries, keep, fs));
  const { id, files, digests, sent } = await timed('assemble', 'layers and loading them', () =>
    assembleImage({
      session: context.session,
      original,
      base,
      ...tree,
      trace,
      level,
      contents: (wanted, use) => helper.contents(wanted, use),
      edits,
    }),
  );
  const owners = await timed('keep', 'what each file belongs to', () => readOwners(fs, trace.python, python));
  const programs = await runnableIn(fs, keep);
  const own = (all: ReadonlyMap<string, string>) => new Map([...all].filter(([path]) => keep.has(path)));
  const theirs = own(sent);
  const checked = await timed('assemble', 'comparing files with the layers', () => requireGenuine(context.session, original.id, theirs));
  debug.assemble('%d of %d files were compared with the layers', checked, theirs.size);
  return {
    id,
    files,
    stripped: edits.size > 0,
    notes: [...notes, ...strippedLines(edits, trace, fs)],
    entries: base ? [...tree.fs.entries.values()] : tree.entries,
    report: keepReport({
      fs,
      digests: own(digests),
      edits,
      keep,
      python,
      grades,
      costly,
      gpu,
      original: trace.image,
      level,
      places: placesOf(trace.python, fs),
      owners,
      programs,
    }),
  };
}

/** @returns undefined where there is none */
async function readKeepFile(): Promise<string | undefined> {
  try {
    return await readFile(KEEP_FILE, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UserError(`${KEEP_FILE} can't be read: ${message}`, 'Make it readable, or remove it.');
  }
}

/** Observations alone are enough only where every system call was seen. */
function levelFor({ tracers }: Trace, wanted: Level): Level {
  return wanted === 'observed' && !tracers.includes('supervisor') ? 'reachable' : wanted;
}

async function placeOver(base: ImageInfo, { helper, fs, trace }: Material, keep: KeepSet): Promise<Overlay> {
  const tree = await helper.rootFsOf(base.id);
  try {
    return await overBase({ name: base.reference, base: tree.fs, original: fs, python: trace.python.executable, keep });
  } finally {
    tree.close();
  }
}
