import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { boundError, boundOf } from '../bounds.js';
import type { StepAnswer } from './answers.js';
import type { Listener, Relay } from './relay.js';
import type { HttpStep } from './steps.js';

/** How long to wait for a server that sends something before it is asked. */
const BANNER_MILLISECONDS = 500;
/** Texts with which HTTPS servers answer a plain HTTP request. */
const WRONG_SCHEME = /HTTPS? ?(server|port|request)|https:/i;

/** Whatever opens connections into the container. */
export type Connector = Pick<Relay, 'connect'>;

/** Whether a listener speaks TLS. */
export type Scheme = 'http' | 'https';

/** Whether an answer shows that the listener speaks no plain HTTP. */
export function isNotHttp(answer: StepAnswer): boolean {
  return (
    answer.kind === 'failed' ||
    (answer.kind === 'http' && answer.status === 400 && WRONG_SCHEME.test(Buffer.from(answer.body, 'base64').toString()))
  );
}

/** Opens a connection to a listener inside the container. Does not verify certificates: they are the app's own. */
export function open(relay: Connector, listener: Listener, scheme: Scheme): Duplex {
  const plain = relay.connect('path' in listener ? [listener.path] : [reachable(listener.address), listener.port]);
  return scheme === 'http' ? plain : connect({ socket: plain, rejectUnauthorized: false, servername: 'localhost' });
}

/** How a client names the host. */
export function hostOf(listener: Listener): string {
  return 'path' in listener ? 'localhost' : `localhost:${listener.port}`;
}

/** Sends one request and reads its whole answer. */
export function send(relay: Connector, step: HttpStep, listener: Listener, scheme: Scheme): Promise<StepAnswer> {
  return new Promise<StepAnswer>((resolve) => {
    const failed = (error: Error) => resolve({ kind: 'failed', reason: error.message });
    let answered = false;
    const body = bodyOf(step);
    const sent = request(
      {
        method: step.method,
        path: step.path,
        createConnection: () => open(relay, listener, scheme),
        headers: {
          host: hostOf(listener),
          connection: 'close',
          ...(body && { 'content-length': body.length }),
          ...step.headers,
        },
      },
      (response) => {
        answered = true;
        // Only the values of `set-cookie` come as a list. They have commas of their own.
        const headers = Object.fromEntries(
          Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join('\n') : String(value)]),
        );
        bodyFrom(response)
          .then((content) => resolve({ kind: 'http', status: response.statusCode ?? 0, body: content.toString('base64'), headers }))
          .catch(failed);
      },
    );
    sent.on('error', (error) => {
      // A server that has answered may reset the connection, as it did not read all of the request. A cut answer fails by itself.
      if (!answered) failed(error);
    });
    sent.end(body);
  }).catch((error: Error) => ({ kind: 'failed', reason: error.message })); // a captured value that no header can hold
}

/** Why an answer is not read to its end: it goes over the limit `answer`. */
export function tooMuch(subject: string): string {
  const { message, remedy } = boundError('answer', subject);
  return `${message} ${remedy}`;
}

/** The body of an answer. @throws Error where it goes over the limit `answer` */
async function bodyFrom(response: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response) {
    length += part.length;
    if (length > boundOf('answer')) throw new Error(tooMuch("The app's answer"));
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** The bytes of a request's body. */
function bodyOf({ body, bodyBase64 }: HttpStep): Buffer | undefined {
  if (bodyBase64 !== undefined) return Buffer.from(bodyBase64, 'base64');
  return body === undefined ? undefined : Buffer.from(body);
}

/** Connects and waits a moment for what the server sends first. Most send nothing. */
export async function greet(relay: Connector, listener: Listener): Promise<StepAnswer> {
  const connection = open(relay, listener, 'http');
  const parts: Buffer[] = [];
  let length = 0;
  const failure = await Promise.race([
    new Promise<string>((resolve) =>
      connection.on('data', (part: Buffer) => {
        length += part.length;
        if (length > boundOf('answer')) resolve(tooMuch('What the app sends'));
        else parts.push(part);
      }),
    ),
    new Promise<string>((resolve) => connection.once('error', (error) => resolve(error.message))),
    new Promise<undefined>((resolve) => connection.once('end', () => resolve(undefined))),
    sleep(BANNER_MILLISECONDS, undefined),
  ]);
  connection.on('error', () => {}).destroy();
  return failure === undefined ? { kind: 'tcp', banner: Buffer.concat(parts).toString('base64') } : { kind: 'failed', reason: failure };
}

/** The address to connect to, for an address that a server listens on. */
function reachable(address: string): string {
  return address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address;
}
