import { Duplex, type Readable, type Writable } from 'node:stream';
import type { z } from 'zod';
import { boundError, boundOf } from '../bounds.js';
import { debug } from '../debug.js';
import { ByteReader } from '../guest/bytereader.js';
import { Busy, type ConnectTarget, encodeFrame, ListenerRows, type RequestKind, readFrame } from '../guest/frames.js';
import { refusedAnswer } from '../guest/refused.js';
import { inTime } from './intime.js';

/** A TCP socket or a Unix socket inside the container that listens. */
export type Listener = { address: string; port: number } | { path: string };

/** Why connections fail once the relay has ended. */
const ENDED = 'the container has ended';

/**
 * Our end of probes/relay.py. Carries connections into the container over the streams of one exec, so that the app
 * needs no published port and no network. guest/frames.ts has the form of what is sent.
 */
export class Relay {
  private readonly connections = new Map<number, Connection>();
  /** Questions without an answer yet, the oldest first. The probe answers in the same order; undefined: it has ended. */
  private readonly questions: ((answer: unknown) => void)[] = [];
  private count = 0;
  private ended = false;

  constructor(
    private readonly input: Writable,
    output: Readable,
  ) {
    input.on('error', () => {}); // the output ends too
    this.receive(new ByteReader(output))
      .catch((error: Error) => debug.watch('the relay ended: %s', error.message))
      .finally(() => {
        this.ended = true;
        for (const connection of this.connections.values()) connection.destroy(new Error(ENDED));
        for (const resolve of this.questions) resolve(undefined);
      });
  }

  /** Everything that listens now. Empty once the container has ended. @throws UserError for a wrong answer, or none in time */
  async listeners(): Promise<Listener[]> {
    const rows = believed(ListenerRows, (await this.ask('L')) ?? []);
    return rows.map(([address, port]) => (port === undefined ? { path: address } : { address, port }));
  }

  /** Whether a process of the app is running now, and not waiting. False once the container has ended. @throws as above */
  async busy(): Promise<boolean> {
    return believed(Busy, (await this.ask('B')) ?? false);
  }

  /** Opens a connection. If that fails, the stream emits the error. */
  connect(target: ConnectTarget): Duplex {
    const number = ++this.count;
    const connection = new Connection(
      (kind, payload) => this.send(number, kind, payload),
      () => this.connections.delete(number),
    );
    if (this.ended) {
      // No frame comes any more, so the connection would wait forever. Node's HTTP client listens to errors only from the
      // next tick on.
      setImmediate(() => connection.destroy(new Error(ENDED)));
      return connection;
    }
    this.connections.set(number, connection);
    this.send(number, 'C', Buffer.from(JSON.stringify(target)));
    return connection;
  }

  /** Ends the probe, and with it all connections. */
  close(): void {
    this.input.end();
  }

  private ask(kind: 'L' | 'B'): Promise<unknown> {
    if (this.ended) return Promise.resolve(undefined);
    const answer = new Promise((resolve) => {
      this.questions.push(resolve);
      this.send(0, kind, Buffer.alloc(0));
    });
    return inTime(answer, boundOf('helper'), () => boundError('helper', 'The relay in the container is silent or slow, and its answer'));
  }

  private send(number: number, kind: RequestKind, payload: Buffer): void {
    if (!this.input.writable) return; // the container has ended
    this.input.write(encodeFrame(number, kind, payload));
  }

  private async receive(reader: ByteReader): Promise<void> {
    for (;;) {
      const { connection, kind, payload } = await readFrame(reader);
      if (kind === 'L' || kind === 'B') this.questions.shift()?.(JSON.parse(payload.toString()));
      else this.connections.get(connection)?.deliver(kind, payload);
    }
  }
}

/** @throws UserError for an answer that the probe never gives: the image's own Python is in between */
function believed<T>(kind: z.ZodType<T>, answer: unknown): T {
  const found = kind.safeParse(answer);
  if (!found.success) throw refusedAnswer('the relay says what no relay can say');
  return found.data;
}

/** One connection through the relay. */
class Connection extends Duplex {
  constructor(
    private readonly frame: (kind: RequestKind, payload: Buffer) => void,
    private readonly onClose: () => void,
  ) {
    super();
  }

  /** Takes a frame that came from the probe. */
  deliver(kind: string, payload: Buffer): void {
    if (kind === 'O') this.emit('connect');
    else if (kind === 'D') this.hold(payload);
    else if (kind === 'E') this.push(null);
    else if (kind === 'X') this.destroy(payload.length > 0 ? new Error(payload.toString()) : undefined);
  }

  /** Nobody can tell the probe to wait. So what comes faster than it is read has a limit. */
  private hold(payload: Buffer): void {
    this.push(payload);
    if (this.readableLength > boundOf('answer')) this.destroy(boundError('answer', 'What the app sends at once'));
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.frame('D', chunk);
    done();
  }

  /**
   * Head and body of a request are one frame, so that the server receives both at once. One that answers after the head, and
   * closes, would reset the connection when the body arrives.
   */
  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'buffer', done);
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
