import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type Edit, edited } from '../elf/strip.js';
import type { Entry } from '../rootfs.js';
import { dockerArchiveStream } from '../tar/dockerarchive.js';
import { contentsOf, type Layer, layerBytes } from './layers.js';

/** Streams the bytes of files, one after the other, to `use`. */
export type ContentSource = (files: Entry[], use: (chunks: AsyncGenerator<Buffer>) => Promise<void>) => Promise<void>;

export interface ArchiveInput {
  layers: Layer[];
  /** Number of the base's layers. The daemon has them, so they are named but not sent. */
  baseLayers: number;
  contents: ContentSource;
  /** Path of a file → how it is made from the original's. The layers have the new sizes. */
  edits: ReadonlyMap<string, Edit>;
  /** Makes the configuration once the layers' digests are known. */
  config: (diffIds: string[]) => Buffer;
  /** Called for each file with the digest of the bytes that the image gets and of those that the original sent, `sha256:...`. */
  digested: (path: string, digest: string, sent: string) => void;
  /** Name under which the image is loaded. */
  name: string;
}

/** Streams the assembled image as an archive for `docker load`. No layer is ever in memory as a whole. */
export function imageArchive({ layers, baseLayers, contents, edits, digested, config, name }: ArchiveInput): Readable {
  return dockerArchiveStream(async (add) => {
    const diffIds: string[] = [];
    const wanted = layers.flatMap(contentsOf).map((entry) => ({ ...entry, size: edits.get(entry.path)?.before ?? entry.size }));
    await contents(wanted, async (chunks) => {
      const next = splitter(chunks);
      const take = async function* ({ path, size }: Entry) {
        const edit = edits.get(path);
        const [sent, written] = [createHash('sha256'), createHash('sha256')];
        if (edit) yield* hashed(edited(hashed(next(edit.before), sent), edit), written);
        else yield* hashed(next(size), sent);
        const [before, after] = [sent, edit ? written : sent].map((hash) => `sha256:${hash.copy().digest('hex')}`) as [string, string];
        digested(path, after, before);
      };
      for (const layer of layers) {
        const hash = createHash('sha256');
        await add({ path: layerPath(layer), size: layer.size, bytes: hashed(layerBytes(layer, take), hash) });
        diffIds.push(`sha256:${hash.digest('hex')}`);
      }
    });
    const shared = Array.from({ length: baseLayers }, (_, index) => `base-${index}/layer.tar`);
    return { config: config(diffIds), name, layers: [...shared, ...layers.map(layerPath)] };
  });
}

function layerPath(layer: Layer): string {
  return `${layer.name}/layer.tar`;
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Cuts a stream of chunks into runs of a given length. */
function splitter(chunks: AsyncGenerator<Buffer>): (size: number) => AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  return async function* (size) {
    let left = size;
    while (left > 0) {
      if (rest.length === 0) {
        const next = await chunks.next();
        if (next.done) throw new Error('the original image sent fewer bytes than its kept files have');
        rest = next.value;
      }
      const part = rest.subarray(0, left);
      rest = rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  };
}
