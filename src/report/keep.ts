import { keptEntries } from '../assemble/assemble.js';
import { LAYER_NAMES, type LayerName, type PythonPlaces, planLayers } from '../assemble/layers.js';
import type { Edit } from '../elf/strip.js';
import type { KeepResult } from '../keep/compute.js';
import type { KeepSet } from '../keep/keepset.js';
import type { Level } from '../keep/level.js';
import type { Entry, RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import { type Amount, KEEP_VERSION, type KeepReport, type Omission } from '../workspace/keepreport.js';
import { omittedFiles } from './omitted.js';
import type { Owners } from './owners.js';

export interface KeepReportInput extends Pick<KeepResult, 'keep' | 'python' | 'grades' | 'costly' | 'gpu'> {
  /** The original's file system. */
  fs: RootFs;
  original: Pick<Trace['image'], 'reference' | 'id' | 'platform'>;
  level: Level;
  places: PythonPlaces;
  owners: Owners;
  /** Kept files that somebody may run as a program. */
  programs: ReadonlySet<string>;
  /** Path of a file → digest of the bytes that the shrunk image has. */
  digests?: ReadonlyMap<string, string>;
  /** Path of a file → what is left out of it. */
  edits?: ReadonlyMap<string, Edit>;
}

/** Why each path is kept or left out, with sizes and layers: the contents of keep.json. */
export function keepReport(input: KeepReportInput): KeepReport {
  const { fs, keep, python, grades, costly, gpu, original, level, places, owners, programs, digests, edits = new Map() } = input;
  const sizes = sizesOf(fs, keep);
  const stripped = strippedOf(sizes, edits);
  const layers = layersOf(keep, fs, places);
  const ownerOf = (path: string) => {
    const owner = owners.of.get(path);
    return owner === undefined ? {} : { owner };
  };
  const kept: KeepReport['kept'] = {};
  for (const [path, reasons] of keep.reasons) {
    const entry = fs.lstat(path);
    const digest = entry?.type === 'f' ? digests?.get(path) : undefined;
    kept[path] = {
      type: entry?.type ?? 'f',
      size: (sizes.get(path) ?? 0) - (stripped.get(path) ?? 0),
      ...(stripped.has(path) && { stripped: stripped.get(path) as number }),
      layer: layers.get(path) ?? 'system',
      ...(digest !== undefined && { digest }),
      ...(programs.has(path) && { program: true }),
      ...ownerOf(path),
      reasons,
    };
  }
  const omissions = new Map<string, { index: number; omission: Omission }>();
  const omitted: KeepReport['omitted'] = {};
  for (const [path, omission] of omittedFiles(fs, { keep, python, costly, gpu }, level, (path) => owners.of.has(path))) {
    const key = `${omission.kind} ${omission.subject} ${omission.bytes}`;
    const known = omissions.get(key) ?? { index: omissions.size, omission };
    omissions.set(key, known);
    omitted[path] = { size: sizes.get(path) ?? 0, because: known.index, ...ownerOf(path) };
  }
  const amount = (entries: readonly Entry[]): Amount => ({
    files: entries.length,
    bytes: entries.reduce((sum, { path }) => sum + (sizes.get(path) ?? 0), 0),
  });
  const small = (entries: readonly Entry[]): Amount => {
    const { files, bytes } = amount(entries);
    return { files, bytes: bytes - entries.reduce((sum, { path }) => sum + (stripped.get(path) ?? 0), 0) };
  };
  const files = [...fs.entries.values()].filter(({ type }) => type === 'f');
  const keptFiles = files.filter(({ path }) => keep.has(path));
  const ofLayer = (name: LayerName) => small(keptFiles.filter(({ path }) => layers.get(path) === name));
  return {
    version: KEEP_VERSION,
    original: { reference: original.reference, id: original.id, platform: original.platform },
    level,
    targetGpu: gpu.target,
    kept,
    omitted,
    omissions: [...omissions.values()].map(({ omission }) => omission),
    owners: owners.all,
    links: Object.fromEntries([...fs.entries.values()].flatMap(({ path, target }) => (target === undefined ? [] : [[path, target]]))),
    distributions: distributionsOf({ keep, python, grades }),
    totals: {
      original: amount(files),
      kept: small(keptFiles),
      stripped: { files: stripped.size, bytes: [...stripped.values()].reduce((sum, bytes) => sum + bytes, 0) },
      omitted: amount(files.filter(({ path }) => !keep.has(path))),
      layers: { system: ofLayer('system'), python: ofLayer('python'), distributions: ofLayer('distributions'), app: ofLayer('app') },
    },
  };
}

/** Path of a file → bytes. Of several names of a file (hard links), one has the size: a kept one where there is any. */
function sizesOf(fs: RootFs, keep: KeepSet): Map<string, number> {
  const files = [...fs.entries.values()].filter(({ type }) => type === 'f');
  const groups = new Set<string>();
  const sizes = new Map<string, number>();
  for (const { path, size, group } of [...files.filter(({ path }) => keep.has(path)), ...files.filter(({ path }) => !keep.has(path))]) {
    sizes.set(path, group !== undefined && groups.has(group) ? 0 : size);
    if (group !== undefined) groups.add(group);
  }
  return sizes;
}

/** Path of a file → bytes that are left out of it. Of several names of a file, the one that has its size. */
function strippedOf(sizes: ReadonlyMap<string, number>, edits: ReadonlyMap<string, Edit>): Map<string, number> {
  const files = [...edits].filter(([path]) => (sizes.get(path) ?? 0) > 0);
  return new Map(files.map(([path, { before, after }]) => [path, before - after]));
}

/** Kept path → its layer. Layers repeat the directories above their files, so the lowest layer counts. */
function layersOf(keep: KeepSet, fs: RootFs, places: PythonPlaces): Map<string, LayerName> {
  const layers = planLayers(keptEntries(keep, fs), fs, places).sort((a, b) => LAYER_NAMES.indexOf(b.name) - LAYER_NAMES.indexOf(a.name));
  return new Map(layers.flatMap(({ name, members }) => members.map(({ entry }): [string, LayerName] => [entry.path, name])));
}

function distributionsOf({ keep, python, grades }: Pick<KeepReportInput, 'keep' | 'python' | 'grades'>): KeepReport['distributions'] {
  return (python?.distributions.all ?? []).map((distribution) => {
    const { name, version, metadata, files } = distribution;
    const known = grades.get(distribution);
    return {
      name,
      version,
      metadata,
      files: files.length,
      kept: files.filter((path) => keep.has(path)).length,
      grade: known?.grade ?? null,
      ...(known?.by !== undefined && { by: known.by }),
    };
  });
}
