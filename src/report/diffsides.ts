import { normalizeName } from '../python/metadata.js';
import { sourceOf } from '../trace/ranfiles.js';
import type { Trace } from '../trace/schema.js';
import { Chains } from './chains.js';
import { amountOf, byThing, Contents } from './contents.js';
import type { Diff } from './diffmodel.js';
import type { Inside } from './inside.js';
import { explaining } from './largest.js';
import type { Link, Thing } from './model.js';
import { isListed } from './programs.js';
import { UsedChains } from './usedchains.js';

/** A path that counts in a diff; `size` is null where it is not known. */
interface Compared {
  path: string;
  size: number | null;
}

/** Paths of one thing on one side of a diff. */
export interface Part {
  thing: Thing;
  paths: readonly Compared[];
  amount: Diff['a']['kept'];
  /**
   * Why it is there, from it to the app's own code or to what was started.
   * @param own the paths that only this side has
   */
  chain(own: readonly Compared[]): Link[];
}

/** One side of a diff: what it has, by the kind and name of things. */
export interface Side {
  description: Diff['a'];
  parts: ReadonlyMap<string, Part>;
  paths: ReadonlySet<string>;
  programs: readonly string[];
}

/** What a shrunk image keeps. */
export function keptSide(inside: Inside & { made: NonNullable<Inside['made']> }): Side {
  const { made, trace } = inside;
  const { keep, result } = made;
  const contents = new Contents(keep, trace.python);
  const kept = contents.items.filter((item) => item.kept);
  const chains = new Chains(keep.kept);
  const parts = byThing(contents, kept).map(
    ({ thing, items }): Part => ({ thing, paths: items, amount: amountOf(items), chain: () => explaining(items, chains) }),
  );
  const { name, level, size } = { name: result.tag, level: keep.level, size: result.size ?? null };
  return {
    description: { ...originalOf(inside), name, level, size, kept: keep.totals.kept },
    parts: byName(parts),
    paths: new Set(kept.map(({ path }) => path)),
    programs: Object.keys(keep.kept).filter((path) => isListed(path, keep.kept[path] ?? {})),
  };
}

/** What the runs of a trace used, whether or not an image was assembled from it. */
export function usedSide(inside: Inside): Side {
  const { made, trace } = inside;
  const chains = new UsedChains(trace);
  const things = new Map<string, { thing: Thing; paths: string[] }>();
  const versions = new Map<string, string>();
  const paths = usedPaths(trace);
  for (const path of paths) {
    const thing = thingUsed(path, trace.python);
    const key = keyOf(thing);
    // Only the folder with its metadata has the version of a distribution.
    if (thing.version !== null) versions.set(key, thing.version);
    const known = things.get(key);
    if (known) known.paths.push(path);
    else things.set(key, { thing, paths: [path] });
  }
  const parts = [...things].map(
    ([key, { thing, paths: own }]): Part => ({
      thing: { ...thing, version: versions.get(key) ?? null },
      paths: own.map((path) => ({ path, size: null })),
      amount: { files: own.length, bytes: null },
      // A trace has a reason for each path alone, so that of what is new says the most.
      chain: (only) => chains.ofAny(only.length > 0 ? only.map(({ path }) => path) : own),
    }),
  );
  const executed = new Set(trace.observations.flatMap(({ kind, path }) => (kind === 'exec' ? [path] : [])));
  const { name, level, size } = { name: made?.result.tag ?? null, level: made?.keep.level ?? null, size: made?.result.size ?? null };
  return {
    description: { ...originalOf(inside), name, level, size, kept: { files: paths.size, bytes: null } },
    parts: byName(parts),
    paths,
    programs: [...paths].filter((path) => executed.has(path)),
  };
}

function originalOf({ trace, check }: Inside): Pick<Diff['a'], 'reference' | 'id' | 'platform' | 'outcome'> {
  const { reference, id, platform } = trace.image;
  return { reference, id, platform, outcome: check?.outcome ?? null };
}

function byName(parts: readonly Part[]): Map<string, Part> {
  return new Map(parts.map((part) => [keyOf(part.thing), part]));
}

function keyOf({ thing, name }: Thing): string {
  return `${thing} ${name}`;
}

/** Places whose files are in no image: the kernel makes them. */
const VIRTUAL = /^\/(proc|sys|dev)(\/|$)/;

/** Files that the runs opened, executed or mapped. Not those that they made themselves: such names are often random. */
function usedPaths({ observations, modules }: Trace): Set<string> {
  const made = new Set(observations.flatMap(({ kind, path }) => (kind === 'create' ? [path] : [])));
  const used = new Set<string>();
  for (const { kind, path } of observations) {
    if ((kind === 'open' || kind === 'exec' || kind === 'map') && !made.has(path) && !VIRTUAL.test(path)) used.add(sourceOf(path));
  }
  for (const file of Object.values(modules)) if (file !== null) used.add(sourceOf(file));
  return used;
}

/** What a path of a trace belongs to, by its place alone. */
function thingUsed(path: string, { executable, version, sitePackages, standardLibrary }: Trace['python']): Thing {
  const below = (folders: readonly string[]) => folders.find((folder) => path.startsWith(`${folder}/`));
  const site = below(sitePackages);
  const [top = ''] = site === undefined ? [] : path.slice(site.length + 1).split('/');
  if (site !== undefined && !top.endsWith('.pth')) {
    const about = /^(.+?)-([^-]+)\.(dist|egg)-info$/.exec(top);
    const name = about?.[1] ?? top.replace(/\..*$/, '');
    return { thing: 'distribution', name: normalizeName(name), version: about?.[2] ?? null };
  }
  if (path === executable || (site === undefined && below(standardLibrary) !== undefined))
    return { thing: 'interpreter', name: 'python', version };
  return { thing: 'file', name: path, version: null };
}
