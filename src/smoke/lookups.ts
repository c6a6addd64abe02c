import { observedAdditions } from '../keep/observed.js';
import { matcher } from '../keep/user.js';
import { baseName, join, parentOf, type RootFs } from '../rootfs.js';
import type { Facts } from '../trace/facts.js';
import { mergeFacts } from '../trace/fromfacts.js';

/** What is known of the original and of the shrunk image. */
export interface Originals {
  /** The original's file system. */
  fs: RootFs;
  /** Whether the shrunk image has a path. */
  has: (path: string) => boolean;
  /** Whether the original used or looked up a path in a traced run. */
  traced: (path: string) => boolean;
  /** Globs of paths that the user leaves out. */
  exclude: readonly string[];
}

/** Paths that the original has, and that the shrunk image looked up and did not find. */
export interface Lookups {
  /** Those that count as missing. */
  missing: string[];
  /** Those that the user leaves out with --exclude. */
  excluded: string[];
  /** Those of `missing` that no traced run looked up: the shrunk image got further than the traced runs. */
  further: string[];
}

/** @param mount where the kit is mounted, which is no part of the image */
export function lookupsOf({ fs, has, traced, exclude }: Originals, facts: readonly Facts[], mount: string): Lookups {
  const globs = exclude.map(matcher);
  const missing = new Map<string, boolean>();
  const excluded = new Set<string>();
  for (const { path } of observedAdditions(fs, mergeFacts(facts, mount)).additions) {
    const found = fs.resolve(path);
    for (const needed of found ? [...found.links, found.path] : []) {
      if (has(needed) || hasSourceOf(needed, fs, has)) continue;
      if (globs.some((matches) => matches(needed))) excluded.add(needed);
      else missing.set(needed, (missing.get(needed) ?? false) || traced(path) || traced(needed));
    }
  }
  return {
    missing: [...missing.keys()].sort(),
    excluded: [...excluded].sort(),
    further: [...missing].flatMap(([path, wasTraced]) => (wasTraced ? [] : [path])).sort(),
  };
}

/** Whether a path is a .pyc whose source the shrunk image has: Python reads the source instead (PEP 3147). */
export function hasSourceOf(path: string, fs: RootFs, has: (path: string) => boolean): boolean {
  const module = /^(.+?)\.[\w-]+(?:\.opt-\d)?\.pyc$/.exec(baseName(path))?.[1];
  const folder = parentOf(path);
  if (module === undefined || baseName(folder) !== '__pycache__') return false;
  const source = join(parentOf(folder), `${module}.py`);
  return fs.lstat(source) !== undefined && has(source);
}
