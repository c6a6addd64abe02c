import { spawn } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { constants } from 'node:os';
import { pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Capture } from './capture.js';
import type { Listener } from './relay.js';
import { type Connector, open, type Scheme } from './request.js';
import { shellFor } from './shell.js';

/** What a script printed, and its exit status. Without one, it took too long and was ended. */
export interface Scripted {
  exit: number | undefined;
  stdout: Capture;
  stderr: Capture;
}

/** A listener of the app that a script is to reach. */
export interface Reached {
  relay: Connector;
  listener: Listener;
  scheme: Scheme;
}

/** Exit status of a shell that could not be started, as shells have it for a program. */
const NOT_FOUND = 127;
/** Milliseconds that a script has to end after SIGTERM. */
const PATIENCE_MILLISECONDS = 1000;
/** Milliseconds that output may come after the end of a script. */
const LATE_OUTPUT_MILLISECONDS = 1000;
const HOST = '127.0.0.1';

interface ScriptWishes {
  /** Missing: the app listens nowhere, and the command gets no address. */
  reached?: Reached | undefined;
  /** Ends the command, as its time does. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs a command of this computer's shell, which reaches a listener of the app at an address of this computer: a server here gives
 * its connections to the relay, so the app publishes no port.
 *
 * Values that the app has answered are not put into the command: the app could run commands on this computer by them.
 * @param seconds how long it may take. What it has started is ended with it.
 */
export async function runScript(command: string, seconds: number, { reached, signal }: ScriptWishes = {}): Promise<Scripted> {
  if (!reached) return runShell(command, seconds, addressOf(undefined), signal);
  const sockets = new Set<Socket>();
  // A client may close its side of the connection and still wait for the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    const inside = open(reached.relay, reached.listener, 'http');
    pipeline(socket, inside, socket, () => {
      sockets.delete(socket);
      socket.destroy();
      inside.destroy();
    });
  });
  try {
    return await runShell(command, seconds, addressOf({ port: await listening(server), scheme: reached.scheme }), signal);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

type Address = Record<'PYSHRINK_HOST' | 'PYSHRINK_PORT' | 'PYSHRINK_URL', string | undefined>;

/** The variables by which a script knows where the app is. Undefined ones are not set. */
function addressOf(at: { port: number; scheme: Scheme } | undefined): Address {
  return {
    PYSHRINK_HOST: at && HOST,
    PYSHRINK_PORT: at && String(at.port),
    PYSHRINK_URL: at && `${at.scheme}://${HOST}:${at.port}`,
  };
}

async function runShell(command: string, seconds: number, address: Address, signal?: AbortSignal): Promise<Scripted> {
  const [stdout, stderr] = [new Capture(), new Capture()];
  const { args, env } = shellFor(command);
  // A process group of its own: only so all that the shell has started can be ended.
  const shell = spawn('sh', args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...address, ...env } });
  shell.stdout.on('data', (data: Buffer) => stdout.add(data));
  shell.stderr.on('data', (data: Buffer) => stderr.add(data));
  const closed = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  // Not its outputs, but its end counts: what it has left in the background may hold them open.
  const ended = new Promise<number>((resolve) => {
    shell.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    shell.once('error', () => resolve(NOT_FOUND));
  });
  const { pid } = shell;
  if (pid === undefined) return { exit: await ended, stdout, stderr };
  watchGroup(pid);
  try {
    const exit = await within(ended, seconds * 1000, signal);
    if (exit === undefined) {
      signalGroup(pid, 'SIGTERM');
      await within(ended, PATIENCE_MILLISECONDS);
    }
    signalGroup(pid, 'SIGKILL');
    await within(closed, LATE_OUTPUT_MILLISECONDS);
    return { exit, stdout, stderr };
  } finally {
    leaveGroup(pid);
    shell.stdout.destroy();
    shell.stderr.destroy();
  }
}

/** Waits for something. Undefined where it takes longer, or is aborted. */
async function within<T>(work: Promise<T>, milliseconds: number, signal?: AbortSignal): Promise<T | undefined> {
  const timer = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: signal ? AbortSignal.any([timer.signal, signal]) : timer.signal }).catch(
    () => undefined,
  );
  return Promise.race([work, late]).finally(() => timer.abort());
}

/** The process groups of scripts that run now. A Ctrl-C in our terminal does not reach them, so they are ended when this process ends. */
const groups = new Set<number>();

function watchGroup(group: number): void {
  if (groups.size === 0) process.on('exit', endGroups);
  groups.add(group);
}

function leaveGroup(group: number): void {
  groups.delete(group);
  if (groups.size === 0) process.off('exit', endGroups);
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // All of it has ended, or what is left belongs to another user.
  }
}

function endGroups(): void {
  for (const group of groups) signalGroup(group, 'SIGKILL');
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, () => resolve((server.address() as { port: number }).port));
  });
}
