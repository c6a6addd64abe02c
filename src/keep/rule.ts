import type { LibrarySearch } from '../elf/search.js';
import type { ImageConfig } from '../images/config.js';
import type { Entry, RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import type { Strength } from './data/costs.js';
import type { Gpu } from './gpu.js';
import type { Level } from './level.js';
import type { PythonWorld } from './python/world.js';
import type { Addition, RuleName } from './reason.js';
import type { Given } from './shellfiles.js';

/** What every rule may look at. */
export interface Context {
  fs: RootFs;
  trace: Trace;
  config: ImageConfig;
  /** The app's environment: the image's and that of the runs. */
  environment: Readonly<Record<string, string>>;
  /** ENTRYPOINT and CMD as they were run, and every other command of the configuration. */
  commands: readonly (readonly string[])[];
  /** Files that were executed, that a command names or that it gives to an interpreter, without links. */
  programs: ReadonlySet<string>;
  /** What the app's shell scripts and the commands give to interpreters. Empty below `reachable`. */
  given: Given;
  libraries: LibrarySearch;
  gpu: Gpu;
  level: Level;
  /** Set from `reachable` on. */
  python: PythonWorld | undefined;
  /** Whether a path may be an ELF file, by its mode and name. */
  isElf: (path: string) => boolean;
}

/** A line that the user should read: something that a rule did not keep, or could not do. */
export interface Note {
  note: string;
}

/** Paths that weak evidence names. They are kept together, where what they bring is cheap: see offers.ts. */
export interface Offer {
  offer: Strength;
  /** The first one is the path that the evidence names. */
  additions: readonly Addition[];
}

/** What a rule returns. */
export type Finding = Addition | Note | Offer;

type Findings = Iterable<Finding> | Promise<Iterable<Finding>>;

/** One small rule. Rules run until none of them adds anything. */
export interface Rule {
  readonly name: RuleName;
  /** Called once, before anything is kept. */
  begin?(context: Context): Findings;
  /** Called with all paths of the next round, so that a rule can load what it needs about them at once. */
  prepare?(entries: readonly Entry[], context: Context): Promise<void>;
  /** Called once for each kept path. */
  visit?(entry: Entry, context: Context): Findings;
  /** Called whenever nothing new is kept any more: for what depends on all kept paths. */
  settle?(context: Context): Findings;
}
