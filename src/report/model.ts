import { z } from 'zod';
import { LAYER_NAMES } from '../assemble/layers.js';
import { GRADES, LEVELS } from '../keep/level.js';
import { Varied } from '../workspace/check.js';

/** The version of the report's JSON. It changes when a reader of the version before could misread it. New fields don't change it. */
export const REPORT_SCHEMA = 1;

/** What a path is. `system`: files of the operating system. `data`: what lies beside the app's code and is no code. */
export const KINDS = ['system', 'python', 'distribution', 'app', 'data'] as const;
export type Kind = (typeof KINDS)[number];

const count = z.number().int().nonnegative();

/** Regular files and their bytes. Several names of one file (hard links) are that many files, but their bytes count once. */
export const Amount = z.strictObject({ files: count, bytes: count });
export type Amount = z.infer<typeof Amount>;

const Change = z.strictObject({ before: Amount, after: Amount });
export type Change = z.infer<typeof Change>;

/** One link of a chain of reasons: `path` is kept because of `parent`. */
export const Link = z.strictObject({
  path: z.string(),
  /** The kept path that leads to it; null at the end of the chain. */
  parent: z.string().nullable(),
  /** The rule and its kind of reason, as docs/keep-json.md lists them: `python/import`. */
  reason: z.string(),
  /** The reason as a sentence without a full stop. Its subject is `path`. */
  text: z.string(),
  /** Where the code stands that names the path; null where no code does, or its place is not known. */
  file: z.string().nullable(),
  line: count.nullable(),
});
export type Link = z.infer<typeof Link>;

/** What files belong to: an installed Python distribution, a package of the operating system, or nothing but themselves. */
export const THINGS = ['distribution', 'package', 'interpreter', 'file'] as const;

const Thing = z.strictObject({
  thing: z.enum(THINGS),
  /** Name of the distribution or package, `python`, or the path of a single file. */
  name: z.string(),
  version: z.string().nullable(),
});
export type Thing = z.infer<typeof Thing>;

/** Something that is kept. */
const LargeKept = Thing.extend({
  /** The kept part of it. */
  kept: Amount,
  /**
   * Bytes that go with the options: its own, and those of what nothing else needs, the standard library aside. Where options
   * for all of that would be too long for a shell, those of the largest files: first its own, then the others.
   */
  saves: count,
  /** Options that leave it out, ready to paste. null for what no image can do without: the interpreter. */
  exclude: z.string().nullable(),
  /** Who needs it: kept paths outside of it that lead into it, at most ten, those of the app's own code first. */
  neededBy: z.array(z.string()),
  /** How many there are in all. */
  needs: count,
  /** The shortest chain of reasons, from it to what it is kept for. */
  chain: z.array(Link),
});
export type LargeKept = z.infer<typeof LargeKept>;

/** Something that is left out. */
const LeftOut = Thing.extend({
  /** The part that is left out. For what nearly came in: all that it would bring. */
  omitted: Amount,
  /** Why, as a sentence without a full stop. */
  text: z.string(),
  /** Options that would bring it in, ready to paste: its largest files, where options for all would be too long. */
  include: z.string(),
});
export type LeftOut = z.infer<typeof LeftOut>;

const Program = z.strictObject({
  path: z.string(),
  size: count,
  /** Bytes that would go with it: its own, and those of what nothing else needs. */
  brings: count,
  /** Why it is kept: the closest reason. */
  because: z.string(),
  /** The kept path that names it; null where nothing does. */
  by: z.string().nullable(),
  /** The line of `by` that names it; null where it is not known, or `by` is no code. */
  line: count.nullable(),
  chain: z.array(Link),
});

const Module = z.strictObject({
  /** Dotted name where one is known, else the path. */
  name: z.string(),
  path: z.string(),
  /** Whether the exercise imported or ran it. */
  ran: z.boolean(),
  /** Its functions, and how many of them ran; null where functions are not measured. */
  functions: z.strictObject({ all: count, ran: count, missed: z.array(z.strictObject({ name: z.string(), line: count })) }).nullable(),
});

const Coverage = z.strictObject({
  modules: z.strictObject({ all: count, ran: count }),
  /** The functions of the app's own code; null: not measured. They need Python 3.12 or newer. */
  functions: z.strictObject({ all: count, ran: count }).nullable(),
  /** The modules of the app's own code, by path. */
  own: z.array(Module),
});
export type Coverage = z.infer<typeof Coverage>;

/** One step of the exercise, in the order in which the steps were done. */
const StepReport = z.strictObject({
  /** Index of the run. */
  run: count,
  /** `start` for what happens before the first step, `end` for what happens after the last one; else the step without its secrets. */
  label: z.string(),
  /** What came of it: a status, an exit status; empty where it can't fail. */
  outcome: z.string(),
  /** Seconds from the start of the run; null where that was not recorded. */
  from: z.number().nullable(),
  to: z.number().nullable(),
  /** Paths that are used for the first time during the step; null where that was not recorded. */
  brought: Amount.nullable(),
  /** The largest of them by distribution or package, at most five. */
  largest: z.array(Thing.extend({ brought: Amount })),
});
export type StepReport = z.infer<typeof StepReport>;

/** What the comparison of both images said. */
const Comparison = z.strictObject({
  outcome: z.enum(['same', 'different', 'unproven']),
  compared: count,
  /** Static checks. */
  checked: count,
  problems: z.array(z.string()),
  differences: z.array(
    z.strictObject({ where: z.string(), run: z.string().exactOptional(), what: z.string(), original: z.string(), shrunk: z.string() }),
  ),
  missing: z.array(z.string()),
  uncompared: z.array(z.string()),
  /** What varied by itself, and was accepted. */
  varied: z.array(Varied),
});
export type Comparison = z.infer<typeof Comparison>;

const Budget = z.strictObject({
  /** The limits; null where there is none. */
  maxSize: count.nullable(),
  maxFiles: count.nullable(),
  exceeded: z.boolean(),
  /** What takes most of it: names and bytes, or names and files. Empty where the budget is kept. */
  culprits: z.array(Thing.extend({ kept: Amount })),
});
export type Budget = z.infer<typeof Budget>;

/** What `pyshrink report --json` prints. All sizes are bytes. Lists are sorted, the largest first. */
export const Report = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  /** Version of the pyshrink that made the report. */
  pyshrink: z.string(),
  /** The original, as the user named it. */
  image: z.strictObject({ reference: z.string(), id: z.string(), platform: z.string() }),
  python: z.strictObject({ version: z.string(), executable: z.string() }),
  /** The shrunk image; null for a trace from which nothing was assembled. Then most of what follows is empty. */
  shrunk: z
    .strictObject({
      name: z.string(),
      /** Whether it got that name. One that behaves differently, is not proven, or is larger than its budget, does not. */
      named: z.boolean(),
      id: z.string(),
      level: z.enum(LEVELS),
    })
    .nullable(),
  sizes: z.strictObject({
    /** `layers`: the sum of the layers, as an engine counts. `merged`: what a container sees. null where it is not known. */
    before: z.strictObject({ layers: count.nullable(), merged: Amount.nullable() }),
    after: z
      .strictObject({
        layers: count.nullable(),
        merged: Amount,
        /** Bytes of the targets of symbolic links. `layers` is `merged.bytes` plus this, where no base image is below. */
        links: count,
      })
      .nullable(),
    /** `before.layers` / `after.layers`; null where one of them is not known. */
    ratio: z.number().nullable(),
  }),
  kinds: z.array(Change.extend({ kind: z.enum(KINDS) })),
  /** By distribution, and by package of the operating system. What belongs to none is only in `kinds`. */
  distributions: z.array(Thing.extend({ ...Change.shape, grade: z.enum(GRADES).nullable() })),
  packages: z.array(Thing.extend(Change.shape)),
  layers: z.strictObject({
    /** Bottom first, each with the command that made it; null where the engine doesn't say. */
    before: z.array(z.strictObject({ command: z.string(), bytes: count })).nullable(),
    after: z.array(z.strictObject({ name: z.enum(LAYER_NAMES), files: count, bytes: count })),
  }),
  /** The twenty largest things that are kept. */
  largest: z.array(LargeKept),
  programs: z.array(Program),
  /** The twenty largest things that code names and that are left out only for their size. */
  nearly: z.array(LeftOut),
  /** The twenty largest things that are left out. */
  cuts: z.array(LeftOut),
  coverage: Coverage,
  timeline: z.array(StepReport),
  /** null where the image was not compared. */
  comparison: Comparison.nullable(),
  repairs: z.array(z.strictObject({ path: z.string(), text: z.string() })),
  /** Places in the code that reading can't follow. */
  unsound: z.strictObject({ own: count, libraries: count }),
  warnings: z.array(z.string()),
  notes: z.array(z.string()),
  /** null where no budget was given. */
  budget: Budget.nullable(),
});
export type Report = z.infer<typeof Report>;
