import type { LibrarySearch } from '../elf/search.js';
import type { ImageConfig } from '../images/config.js';
import type { Entry, RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import type { Addition } from './keepset.js';
import type { Level } from './level.js';
import type { PythonWorld } from './python/world.js';

/** What every rule may look at. */
export interface Context {
  fs: RootFs;
  trace: Trace;
  config: ImageConfig;
  /** The app's environment, of the image and of the run. */
  environment: Readonly<Record<string, string>>;
  /** ENTRYPOINT and CMD as they were run, and every other command that the configuration names. */
  commands: readonly (readonly string[])[];
  /** Files that were executed, or that a command names. */
  programs: ReadonlySet<string>;
  libraries: LibrarySearch;
  level: Level;
  /** From `reachable` on. */
  python: PythonWorld | undefined;
  /** Whether a kept path may be ELF, by mode and name. */
  isElf: (path: string) => boolean;
  /** What rules have to tell the user, a line each. */
  notes: string[];
}

type Additions = Iterable<Addition> | Promise<Iterable<Addition>>;

/** One small rule. Rules run until none adds anything. */
export interface Rule {
  readonly name: string;
  /** What it adds before anything is kept. */
  begin?(context: Context): Additions;
  /** Told of all paths that are about to be visited, so that it can ask for what it needs of them at once. */
  prepare?(entries: readonly Entry[], context: Context): Promise<void>;
  /** What it adds because a path is kept; called once for each. */
  visit?(entry: Entry, context: Context): Additions;
}
