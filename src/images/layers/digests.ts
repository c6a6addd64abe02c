import { createHash } from 'node:crypto';
import { debug } from '../../debug.js';
import type { Entry } from '../../rootfs.js';
import { type Sink, TarReader } from '../../tar/reader.js';
import { type Disk, LayeredTree } from './tree.js';

/** Works out the digest of each file of an image while its layers stream by, lowest first. */
export class DigestReader {
  private readonly digests = new Map<string, string>();
  private readonly tree: LayeredTree;
  private damaged = false;

  /** @param what subject of error messages */
  constructor(private readonly what: string) {
    const disk: Disk = {
      make: (entry) => this.sinkFor(entry),
      link: (path, existing) => this.note(path, this.digests.get(existing)),
      update: () => {},
      remove: () => {}, // what is gone is not in the tree
    };
    this.tree = new LayeredTree(disk, what);
  }

  /** Passes on the uncompressed tar of the next layer. */
  async *layer(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    this.tree.startLayer();
    const reader = new TarReader((member) => this.tree.apply(member), this.what);
    for await (const chunk of chunks) {
      this.attempt(() => reader.write(chunk));
      yield chunk;
    }
    this.attempt(() => reader.end());
  }

  /** Path → digest of each file that the image has, `sha256:...`. Undefined where a layer could not be read: an engine may know more. */
  found(): ReadonlyMap<string, string> | undefined {
    if (this.damaged) return undefined;
    return new Map([...this.digests].filter(([path]) => this.tree.entries.get(path)?.type === 'f'));
  }

  private attempt(work: () => void): void {
    if (this.damaged) return;
    try {
      work();
    } catch (error) {
      debug.engine('%s: its files have no digests: %s', this.what, error);
      this.damaged = true;
    }
  }

  private sinkFor({ path, type }: Entry): Sink | undefined {
    if (type !== 'f') return undefined;
    const hash = createHash('sha256');
    return { write: (data) => hash.update(data), end: () => this.note(path, `sha256:${hash.digest('hex')}`) };
  }

  private note(path: string, digest: string | undefined): void {
    if (digest !== undefined) this.digests.set(path, digest);
  }
}
