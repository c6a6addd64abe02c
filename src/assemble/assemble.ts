import type { Edit } from '../elf/strip.js';
import type { ImageInfo, Session } from '../engines/engine.js';
import { sha256 } from '../images/digest.js';
import type { KeepSet } from '../keep/keepset.js';
import type { Entry, RootFs } from '../rootfs.js';
import type { Trace } from '../trace/schema.js';
import { type ContentSource, imageArchive } from './archive.js';
import { imageConfig } from './config.js';
import { type PythonPlaces, planLayers } from './layers.js';

export interface AssembleInput {
  session: Session;
  original: ImageInfo;
  base: ImageInfo | undefined;
  /** Everything that is written; over the base, where there is one. */
  entries: Entry[];
  /** The tree of the entries: the original's, or the base with the entries in it. */
  fs: RootFs;
  trace: Trace;
  level: string;
  contents: ContentSource;
  /** Path of a file → what is left out of it. */
  edits: ReadonlyMap<string, Edit>;
}

/** The new image. */
export interface Assembled {
  /** The engine's identifier of the new image. */
  id: string;
  /** Number of files among the entries. */
  files: number;
  /** Path of a file → digest of its bytes, `sha256:...`. */
  digests: ReadonlyMap<string, string>;
  /** The same of the bytes that the original sent: others where a file is edited. */
  sent: ReadonlyMap<string, string>;
}

/** Digest of a file without bytes. */
const EMPTY = sha256('');

/** The entries of a keep set. */
export function keptEntries(keep: KeepSet, fs: RootFs): Entry[] {
  return [...keep.reasons.keys()].map((path) => fs.lstat(path)).filter((entry): entry is Entry => entry !== undefined);
}

/** Where Python is in a tree, without links. */
export function placesOf({ executable, version, sitePackages }: Trace['python'], fs: RootFs): PythonPlaces {
  const real = (path: string) => fs.resolve(path)?.path ?? path;
  return { executable: real(executable), version, sitePackages: sitePackages.map(real) };
}

/** Streams the image into the engine under a temporary name. It gets the user's name only after the comparison has passed. */
export async function assembleImage(input: AssembleInput): Promise<Assembled> {
  const { session, original, base, entries, fs, trace, level, contents, edits } = input;
  const written = entries.map((entry) => ({ ...entry, size: edits.get(entry.path)?.after ?? entry.size }));
  const layers = planLayers(written, fs, placesOf(trace.python, fs));
  const digests = new Map<string, string>();
  const sent = new Map<string, string>();
  const archive = imageArchive({
    layers,
    digested: (path, digest, original) => {
      digests.set(path, digest);
      sent.set(path, original);
    },
    baseLayers: base?.layers.length ?? 0,
    contents,
    edits,
    name: session.temporaryName,
    config: (diffIds) =>
      imageConfig({ original, base, level, layers: diffIds.map((diffId, index) => ({ diffId, name: layers[index]?.name ?? '' })) }),
  });
  const id = await session.load(archive, base);
  for (const { entry, hardLinkTo } of layers.flatMap(({ members }) => members)) {
    if (entry.type !== 'f' || digests.has(entry.path)) continue;
    for (const known of [digests, sent]) {
      const same = hardLinkTo === undefined ? EMPTY : known.get(hardLinkTo);
      if (same !== undefined) known.set(entry.path, same);
    }
  }
  return { id, files: entries.filter(({ type }) => type === 'f').length, digests, sent };
}
