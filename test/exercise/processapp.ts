import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Capture } from '../../src/exercise/capture.js';
import { Relay } from '../../src/exercise/relay.js';
import type { ExecAnswer, RunningApp } from '../../src/exercise/target.js';
import { PYTHONS, probe } from '../support/probes.js';

/** An app that is a process of this computer. Its listeners are found, and connected to, through probes/relay.py. */
export class ProcessApp implements RunningApp {
  readonly stdout = new Capture();
  readonly stderr = new Capture();
  exit: number | undefined;
  untilStop: RunningApp['untilStop'];
  readonly ended: Promise<number>;
  private connection: Promise<Relay> | undefined;

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (data: Buffer) => this.stdout.add(data));
    child.stderr?.on('data', (data: Buffer) => this.stderr.add(data));
    this.ended = new Promise((resolve) =>
      child.on('close', (status) => {
        this.exit = status ?? 137;
        resolve(this.exit);
      }),
    );
  }

  /** Starts an app. `script` is JavaScript that Node runs, with `http` and `net` at hand. */
  static start(script: string): ProcessApp {
    const prelude = "const http = require('node:http'), net = require('node:net'), https = require('node:https');";
    return new ProcessApp(spawn(process.execPath, ['-e', `${prelude}${script}`], { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  async exec([program, ...args]: readonly string[]): Promise<ExecAnswer> {
    const run = await execa(program as string, args, { reject: false, encoding: 'buffer', stripFinalNewline: false });
    if (run.exitCode === undefined) throw new Error(run.shortMessage);
    const captured = (bytes: Uint8Array) => {
      const capture = new Capture();
      capture.add(Buffer.from(bytes));
      return capture;
    };
    return { exit: run.exitCode, stdout: captured(run.stdout), stderr: captured(run.stderr) };
  }

  async signal(name: string): Promise<void> {
    this.child.kill(name as NodeJS.Signals);
  }

  async endedWithin(milliseconds: number): Promise<void> {
    const timer = new AbortController();
    await Promise.race([sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => {}), this.ended]);
    timer.abort();
  }

  relay(): Promise<Relay> {
    this.connection ??= (async () => {
      const command = probe('relay', String(this.child.pid));
      const run = execa(PYTHONS[0] as string, command, { stdin: 'pipe', buffer: false, reject: false });
      return new Relay(run.stdin, run.stdout);
    })();
    return this.connection;
  }

  async stop(): Promise<void> {
    const relay = await this.connection?.catch(() => undefined);
    relay?.close();
    if (this.exit !== undefined) return;
    this.untilStop = { stdout: this.stdout.length, stderr: this.stderr.length };
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** A new folder for Unix sockets. Not in /tmp: sockets there are taken for a program's own, not for a server's. */
export function socketFolder(): string {
  return mkdtempSync('/dev/shm/pyshrink-');
}

/** A port that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
