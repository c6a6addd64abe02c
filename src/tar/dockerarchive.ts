import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type Pack, pack } from 'tar-stream';
import { contentsOf, type Layer, layerBytes } from '../assemble/layers.js';
import type { Entry } from '../rootfs.js';

/** Bytes that are written at once. */
const GATHERED = 1 << 18;

/** Streams the bytes of files, one after the other, to `use`. */
export type ContentSource = (files: Entry[], use: (chunks: AsyncGenerator<Buffer>) => Promise<void>) => Promise<void>;

export interface ArchiveInput {
  layers: Layer[];
  /** Layers of the base, which the daemon has already: named, not sent. */
  baseLayers: number;
  contents: ContentSource;
  /** Makes the configuration once the layers' digests are known. */
  config: (diffIds: string[]) => Buffer;
  /** Name under which the image is loaded. */
  name: string;
}

/**
 * An archive as `docker save` writes it ("Docker Image Specification v1.2", combined image JSON and file system
 * changesets), streamed: no layer is ever held as a whole. Configuration and manifest come last, as they name the
 * layers by digest.
 */
export function imageArchive(input: ArchiveInput): Readable {
  const archive = pack();
  write(archive, input).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  return archive as unknown as Readable;
}

async function write(archive: Pack, { layers, baseLayers, contents, config, name }: ArchiveInput): Promise<void> {
  const diffIds: string[] = [];
  await contents(layers.flatMap(contentsOf), async (chunks) => {
    const take = splitter(chunks);
    for (const layer of layers) diffIds.push(await writeLayer(archive, layer, take));
  });
  const body = config(diffIds);
  const configName = `${createHash('sha256').update(body).digest('hex')}.json`;
  const shared = Array.from({ length: baseLayers }, (_, index) => `base-${index}/layer.tar`);
  const manifest = [{ Config: configName, RepoTags: [name], Layers: [...shared, ...layers.map(layerPath)] }];
  await entry(archive, configName, body);
  await entry(archive, 'manifest.json', Buffer.from(JSON.stringify(manifest)));
}

function layerPath(layer: Layer): string {
  return `${layer.name}/layer.tar`;
}

async function writeLayer(archive: Pack, layer: Layer, take: (size: number) => AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('sha256');
  await new Promise<void>((resolve, reject) => {
    const sink = archive.entry({ name: layerPath(layer), size: layer.size, mtime: new Date(0) }, (error?: Error | null) =>
      error ? reject(error) : resolve(),
    );
    const feed = async () => {
      for await (const part of gathered(layerBytes(layer, take))) {
        hash.update(part);
        if (!sink.write(part)) await new Promise<void>((go) => sink.once('drain', () => go()));
      }
      sink.end(Buffer.alloc(0));
    };
    feed().catch(reject);
  });
  return `sha256:${hash.digest('hex')}`;
}

function entry(archive: Pack, name: string, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    archive.entry({ name, mtime: new Date(0) }, body, (error) => (error ? reject(error) : resolve()));
  });
}

/** Joins small chunks: thousands of headers one by one would each be a write to the daemon. */
async function* gathered(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length < GATHERED) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  yield Buffer.concat(parts);
}

/** Cuts a stream of chunks into runs of given length. */
function splitter(chunks: AsyncGenerator<Buffer>): (size: number) => AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  return async function* (size) {
    let left = size;
    while (left > 0) {
      if (rest.length === 0) {
        const next = await chunks.next();
        if (next.done) throw new Error('the image ended before its kept files did');
        rest = next.value;
      }
      const part = rest.subarray(0, left);
      rest = rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  };
}
