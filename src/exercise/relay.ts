import { Duplex, type Readable, type Writable } from 'node:stream';
import { ByteReader } from '../guest/bytereader.js';

const HEADER = 9;

/** A listening TCP socket inside the container, or the path of a Unix socket. */
export type Listener = { address: string; port: number } | { path: string };

/**
 * Our end of probes/relay.py: connections into the container by the streams of one exec, so that neither a published
 * port nor a route to the container is needed. Frames: connection (u32), kind (1 byte), length (u32), payload.
 */
export class Relay {
  private readonly connections = new Map<number, Connection>();
  private readonly lists: ((listeners: Listener[]) => void)[] = [];
  private count = 0;
  private ended = false;

  constructor(
    private readonly input: Writable,
    output: Readable,
  ) {
    input.on('error', () => {});
    this.receive(new ByteReader(output))
      .catch(() => {})
      .finally(() => {
        this.ended = true;
        for (const connection of this.connections.values()) connection.destroy(new Error('the container has ended'));
        for (const resolve of this.lists) resolve([]);
      });
  }

  /** What listens now. Empty once the container has ended. */
  listeners(): Promise<Listener[]> {
    if (this.ended) return Promise.resolve([]);
    return new Promise((resolve) => {
      this.lists.push(resolve);
      this.send(0, 'L', Buffer.alloc(0));
    });
  }

  /** Opens a connection; its failure shows as the stream's error. */
  connect(target: [host: string, port: number] | [path: string]): Duplex {
    const number = ++this.count;
    const connection = new Connection(
      (kind, payload) => this.send(number, kind, payload),
      () => this.connections.delete(number),
    );
    this.connections.set(number, connection);
    this.send(number, 'C', Buffer.from(JSON.stringify(target)));
    return connection;
  }

  close(): void {
    this.input.end();
  }

  private send(number: number, kind: string, payload: Buffer): void {
    if (!this.input.writable) return; // the container has ended
    const header = Buffer.alloc(HEADER);
    header.writeUInt32BE(number, 0);
    header.write(kind, 4, 'latin1');
    header.writeUInt32BE(payload.length, 5);
    this.input.write(Buffer.concat([header, payload]));
  }

  private async receive(reader: ByteReader): Promise<void> {
    for (;;) {
      const header = await reader.bytes(HEADER);
      const payload = await reader.bytes(header.readUInt32BE(5));
      const kind = String.fromCharCode(header[4] as number);
      if (kind === 'L') {
        const rows = JSON.parse(payload.toString()) as ([string, number] | [string])[];
        this.lists.shift()?.(rows.map(([address, port]) => (port === undefined ? { path: address } : { address, port })));
      } else {
        this.connections.get(header.readUInt32BE(0))?.deliver(kind, payload);
      }
    }
  }
}

class Connection extends Duplex {
  constructor(
    private readonly frame: (kind: string, payload: Buffer) => void,
    private readonly onClose: () => void,
  ) {
    super();
  }

  deliver(kind: string, payload: Buffer): void {
    if (kind === 'O') this.emit('connect');
    else if (kind === 'D') this.push(payload);
    else if (kind === 'E') this.push(null);
    else if (kind === 'X') this.destroy(payload.length > 0 ? new Error(payload.toString()) : undefined);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.frame('D', chunk);
    done();
  }

  override _final(done: () => void): void {
    this.frame('E', Buffer.alloc(0));
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.frame('X', Buffer.alloc(0));
    this.onClose();
    done(error);
  }
}
