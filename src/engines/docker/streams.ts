import { type Duplex, PassThrough, type Readable } from 'node:stream';

const FRAME = 8;

/**
 * Splits the stream of an attached container without a terminal into stdout and stderr, waiting where the reader is
 * slow. Format: "Stream format" of the Docker Engine API: type (1 byte), 3 zeros, length (u32, big endian), payload.
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
          const taken = Math.min(FRAME - header.length, chunk.length);
          header = Buffer.concat([header, chunk.subarray(0, taken)]);
          chunk = chunk.subarray(taken);
          if (header.length < FRAME) break;
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
  // A connection that closes without its end being read says nothing that asking the daemon would not say better.
  pump().then(end, end);
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
