import { type Duplex, PassThrough, type Readable } from 'node:stream';
import { debug } from '../../debug.js';

/** Bytes of a frame's header. */
const HEADER = 8;

/**
 * Splits the stream of an attached container without a terminal into stdout and stderr. It reads no faster than both are
 * read. Format: "Stream format" of the Docker Engine API: type (1 byte), 3 zeros, length (u32, big endian), payload.
 */
export function demultiplex(stream: Duplex): { stdout: Readable; stderr: Readable } {
  const stdout = new PassThrough({ highWaterMark: 1 << 20 });
  const stderr = new PassThrough();
  const outputs = [stdout, stdout, stderr];
  const pump = async () => {
    let header = Buffer.alloc(0);
    let left = 0;
    let output = stdout;
    for await (const data of stream) {
      let chunk = data as Buffer;
      while (chunk.length > 0) {
        if (left === 0) {
          const taken = Math.min(HEADER - header.length, chunk.length);
          header = Buffer.concat([header, chunk.subarray(0, taken)]);
          chunk = chunk.subarray(taken);
          if (header.length < HEADER) break;
          output = outputs[header[0] ?? 1] ?? stdout;
          left = header.readUInt32BE(4);
          header = Buffer.alloc(0);
          continue;
        }
        const part = chunk.subarray(0, left);
        chunk = chunk.subarray(part.length);
        left -= part.length;
        if (!output.write(part)) await drained(output);
      }
    }
  };
  const end = () => {
    stdout.end();
    stderr.end();
  };
  // Where the connection breaks, the output ends too: the daemon is then asked for the container's state.
  pump().then(end, (error: unknown) => {
    debug.engine('the stream of a container broke off: %s', error);
    end();
  });
  return { stdout, stderr };
}

function drained(output: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      output.off('drain', done);
      output.off('close', done);
      resolve();
    };
    output.on('drain', done);
    output.on('close', done);
  });
}
