import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket, { type RawData } from 'ws';
import { boundOf } from '../bounds.js';
import type { StepAnswer } from './answers.js';
import { inTime } from './intime.js';
import type { Listener } from './relay.js';
import { type Connector, hostOf, open, type Scheme, tooMuch } from './request.js';
import type { WebSocketStep } from './steps.js';
import { unmetParts } from './unmet.js';

type Answer = Extract<StepAnswer, { kind: 'websocket' }>;

/** The code of the error with which ws refuses a message that is longer than it may be. */
const TOO_LONG = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
/** Milliseconds for a server to close a connection that we close. */
const CLOSE_MILLISECONDS = 2000;

/**
 * Opens a WebSocket (RFC 6455), sends and receives what the step says, and closes it.
 * @param seconds how long the opening may take, and each message of the server
 * @returns a failure where no connection can be opened, or a message does not come
 */
export async function talk(
  relay: Connector,
  step: WebSocketStep,
  listener: Listener,
  scheme: Scheme,
  seconds: number,
): Promise<StepAnswer> {
  const inbox = new Inbox();
  let socket: WebSocket;
  try {
    socket = connecting(relay, step, listener, scheme);
  } catch (error) {
    return { kind: 'failed', reason: `no WebSocket can be asked for: ${(error as Error).message}` };
  }
  socket.on('message', (data, isBinary) => inbox.add(bytesOf(data), isBinary));
  let refused: number | undefined;
  socket.on('unexpected-response', (_, response) => {
    refused = response.statusCode;
    inbox.end(`it answered ${response.statusCode} instead of opening a WebSocket`);
    response.destroy();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => inbox.end(error.code === TOO_LONG ? tooMuch("The app's message") : error.message));
  socket.on('close', (code) => inbox.end(`the server closed the connection with the code ${code}`, code));
  const opened = new Promise<void>((resolve) => socket.once('open', resolve));
  try {
    // The time limit of ws (`handshakeTimeout`) needs a socket of the system. Ours goes through the relay.
    await inTime(Promise.race([opened, inbox.ended]), seconds, () => new Error(`the server did not open a WebSocket within ${seconds} s`));
    for (const message of step.messages) {
      if ('send' in message) socket.send(message.send);
      else if ('close' in message) await inbox.closed(seconds);
      else await inbox.receive(message, seconds);
    }
    // Whether a server has closed it already is a matter of chance, where no step waits for that.
    const isAwaited = step.messages.some((message) => 'close' in message);
    return { kind: 'websocket', protocol: socket.protocol, messages: inbox.taken, closed: isAwaited ? (inbox.code ?? null) : null };
  } catch (error) {
    if (refused !== undefined && step.expect?.status) return { kind: 'http', status: refused, headers: {}, body: '' };
    return { kind: 'failed', reason: (error as Error).message };
  } finally {
    if (socket.readyState === WebSocket.OPEN) {
      socket.close(1000);
      await Promise.race([inbox.gone, sleep(CLOSE_MILLISECONDS)]);
    }
    socket.terminate();
  }
}

/** A WebSocket that is about to open. @throws Error for a captured value that a path or a header can't hold, and a repeated subprotocol */
function connecting(relay: Connector, step: WebSocketStep, listener: Listener, scheme: Scheme): WebSocket {
  return new WebSocket(`${scheme === 'https' ? 'wss' : 'ws'}://${hostOf(listener)}${step.path}`, step.protocols ?? [], {
    createConnection: () => open(relay, listener, scheme) as never,
    headers: step.headers,
    maxPayload: boundOf('answer'),
    followRedirects: false,
  });
}

/** What a server has sent, as far as the steps have read it. */
class Inbox {
  /** Messages that steps have read. */
  readonly taken: Answer['messages'] = [];
  /** Why the connection has ended, once it has. */
  private reason: string | undefined;
  /** The code with which the server closed the connection. */
  code: number | undefined;
  private readonly waiting: Answer['messages'] = [];
  private length = 0;
  private wake: () => void = () => {};
  private finish: () => void = () => {};
  /** Resolves when the connection has ended. */
  readonly gone = new Promise<void>((resolve) => {
    this.finish = resolve;
  });
  /** Rejects when the connection ends. */
  readonly ended = this.gone.then(() => {
    throw new Error(this.reason);
  });

  constructor() {
    // Nobody may be waiting for it.
    this.ended.catch(() => {});
  }

  add(data: Buffer, isBinary: boolean): void {
    this.length += data.length;
    if (this.length > boundOf('answer')) {
      this.end(tooMuch("The app's messages"));
      return;
    }
    this.waiting.push({ data: data.toString('base64'), binary: isBinary });
    this.wake();
  }

  /** The first reason counts. */
  end(reason: string, code?: number): void {
    this.reason ??= reason;
    this.code ??= code;
    this.finish();
    this.wake();
  }

  /** Takes messages until one meets what is expected, or so many have come. @throws Error that says what was missing */
  async receive({ receive, until }: { receive: number; until?: Parameters<typeof unmetParts>[0] }, seconds: number): Promise<void> {
    const deadline = Date.now() + seconds * 1000;
    for (let count = 0; until !== undefined || count < receive; ) {
      const message = this.waiting.shift();
      if (message) {
        this.taken.push(message);
        count++;
        if (until && unmetParts(until, { kind: 'tcp', banner: message.data }).length === 0) return;
        continue;
      }
      const wanted = until ? 'the message that is waited for' : `${receive - count} more ${receive - count === 1 ? 'message' : 'messages'}`;
      if (this.reason !== undefined) throw new Error(`${wanted} did not come: ${this.reason}`);
      const left = deadline - Date.now();
      if (left <= 0) throw new Error(`${wanted} did not come within ${seconds} s; ${this.taken.length} came before`);
      await this.changed(left);
    }
  }

  /** Waits until the server has closed the connection. @throws Error where it does not */
  async closed(seconds: number): Promise<void> {
    await inTime(this.gone, seconds, () => new Error(`the server did not close the connection within ${seconds} s`));
    this.taken.push(...this.waiting.splice(0));
  }

  private async changed(milliseconds: number): Promise<void> {
    const timer = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    await Promise.race([woken, sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
