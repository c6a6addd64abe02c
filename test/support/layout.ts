import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { decompressed } from '../../src/images/compression.js';
import { BLOCK } from '../../src/tar/header.js';
import { filesBelow } from './canary.js';

const OPEN = '{'.charCodeAt(0);

/** All that an OCI layout, or the data of a registry, holds: its files, but for layers each member of these instead. Names have no slash at their start. */
export async function* contentsOf(layout: string): AsyncGenerator<{ name: string; bytes: Buffer }> {
  for (const { path } of filesBelow(layout)) {
    const bytes = readFileSync(path);
    // Descriptions are JSON, and a registry also has small files with digests.
    if (bytes.length < BLOCK || bytes[0] === OPEN) {
      yield { name: path.slice(layout.length + 1), bytes };
      continue;
    }
    const archive = extract();
    Readable.from(decompressed(Readable.from([bytes]), path)).pipe(archive);
    for await (const entry of archive) {
      const { name, linkname, uname, pax } = entry.header as typeof entry.header & { pax?: Record<string, string> };
      const content = await text(entry.setEncoding('latin1'));
      yield { name, bytes: Buffer.from(content, 'latin1') };
      yield { name: `the header of ${name}`, bytes: Buffer.from(JSON.stringify([name, linkname, uname, pax])) };
    }
  }
}
