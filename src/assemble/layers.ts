import { isAdded } from '../os/places.js';
import { type Entry, parentOf, type RootFs } from '../rootfs.js';
import { BLOCK, padding, tarHeader } from '../tar/header.js';

/** Layers by how often they change, the most stable first, so that images share the lower ones. */
export const LAYER_NAMES = ['system', 'python', 'distributions', 'app'] as const;
export type LayerName = (typeof LAYER_NAMES)[number];

/** One layer. Its members are in the order in which they are written. */
export interface Layer {
  name: LayerName;
  members: Member[];
  /** Bytes of the whole tar. It is known before any file is read, so the layer can be streamed into an archive. */
  size: number;
}

export interface Member {
  entry: Entry;
  /** For a hard link: the path of an earlier member that is the same file. */
  hardLinkTo?: string;
}

/** Paths of the interpreter and its packages, without links. */
export interface PythonPlaces {
  executable: string;
  version: string;
  sitePackages: readonly string[];
}

/**
 * Distributes entries to layers. Each layer contains the parents of its entries, so that it can be unpacked without the
 * others. Hard links of one file are in one layer. The same entries give the same layers.
 */
export function planLayers(entries: readonly Entry[], fs: RootFs, python: PythonPlaces): Layer[] {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1));
  const kept = new Map(sorted.map((entry) => [entry.path, entry]));
  const layerOf = classifier(python);
  const groups = new Map<string, LayerName>();
  const layers = new Map<LayerName, Map<string, Entry>>(LAYER_NAMES.map((name) => [name, new Map()]));
  for (const entry of sorted) {
    const own = layerOf(entry.path);
    const name = entry.group === undefined ? own : (groups.get(entry.group) ?? own);
    if (entry.group !== undefined) groups.set(entry.group, name);
    const layer = layers.get(name) as Map<string, Entry>;
    layer.set(entry.path, entry);
    for (let parent = parentOf(entry.path); parent !== '/' && !layer.has(parent); parent = parentOf(parent)) {
      const directory = kept.get(parent) ?? fs.lstat(parent);
      if (directory) layer.set(parent, directory);
    }
  }
  return LAYER_NAMES.map((name) => finish(name, layers.get(name) as Map<string, Entry>)).filter((layer) =>
    layer.members.some(({ entry }) => layerOf(entry.path) === layer.name),
  );
}

function finish(name: LayerName, entries: Map<string, Entry>): Layer {
  const first = new Map<string, string>();
  const members = [...entries.values()]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map((entry): Member => {
      const target = entry.group === undefined ? undefined : first.get(entry.group);
      if (entry.group !== undefined && target === undefined) first.set(entry.group, entry.path);
      return target === undefined ? { entry } : { entry, hardLinkTo: target };
    });
  return { name, members, size: sizeOf(members) };
}

function sizeOf(members: readonly Member[]): number {
  let size = 2 * BLOCK;
  for (const { entry, hardLinkTo } of members) {
    const content = hardLinkTo === undefined ? entry.size : 0;
    size += tarHeader(entry, hardLinkTo).length + Math.ceil(content / BLOCK) * BLOCK;
  }
  return size;
}

/** What tells the layer of a path. */
export function classifier({ executable, version, sitePackages }: PythonPlaces): (path: string) => LayerName {
  const [major, minor] = version.split('.');
  const standard = new RegExp(`^/(usr|usr/local|opt/[^/]+)/lib(64)?/(python${major}(\\.${minor})?(/|$)|libpython${major})`);
  const prefix = parentOf(parentOf(executable));
  return (path) => {
    if (sitePackages.some((folder) => path.startsWith(`${folder}/`))) return 'distributions';
    if (standard.test(path) || path === executable || (prefix !== '/' && prefix !== '/usr' && path.startsWith(`${prefix}/`)))
      return 'python';
    return isAdded(path) ? 'app' : 'system';
  };
}

/** The files whose contents a layer needs, in the order in which it needs them. */
export function contentsOf(layer: Layer): Entry[] {
  return layer.members
    .filter(({ entry, hardLinkTo }) => entry.type === 'f' && entry.size > 0 && hardLinkTo === undefined)
    .map(({ entry }) => entry);
}

/**
 * Writes a layer's tar.
 * @param take returns the next `size` bytes of the files of {@link contentsOf}
 */
export async function* layerBytes(layer: Layer, take: (size: number) => AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for (const { entry, hardLinkTo } of layer.members) {
    yield tarHeader(entry, hardLinkTo);
    if (entry.type !== 'f' || entry.size === 0 || hardLinkTo !== undefined) continue;
    yield* take(entry.size);
    yield padding(entry.size);
  }
  yield Buffer.alloc(2 * BLOCK);
}
