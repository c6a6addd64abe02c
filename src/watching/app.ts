import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Attached, Container } from '../engines/engine.js';
import type { RunOptions } from '../engines/runoptions.js';
import { Capture, OUTPUT_LIMIT } from '../exercise/answers.js';
import { Relay } from '../exercise/relay.js';
import { type Kit, probeCommand } from '../guest/helper.js';
import type { ImageConfig } from '../images/config.js';

/** Seconds that `docker stop` waits. */
const STOP_SECONDS = 10;
/** Seconds beyond that before we stop waiting for a supervisor. */
const PATIENCE = 5;

/** What a command in the container said. */
export interface ExecAnswer {
  exit: number;
  stdout: Capture;
  stderr: Capture;
}

/** An app in its container. */
export abstract class App {
  readonly stdout = new Capture(OUTPUT_LIMIT);
  readonly stderr = new Capture(OUTPUT_LIMIT);
  /** Set when the app has ended. */
  exit: number | undefined;
  /** Where it was us who ended it: how many bytes it had said by then. */
  untilStop: { stdout: number; stderr: number } | undefined;
  readonly ended: Promise<number>;
  private connection: Promise<Relay> | undefined;

  protected constructor(
    readonly container: Container,
    private readonly config: ImageConfig,
    protected readonly kit: Kit,
    streams: Attached,
  ) {
    streams.stdout.on('data', (data: Buffer) => this.stdout.add(data));
    streams.stderr.on('data', (data: Buffer) => this.stderr.add(data));
    const read = Promise.all([streamEnd(streams.stdout), streamEnd(streams.stderr)]);
    this.ended = Promise.all([container.wait(), read]).then(([status]) => {
      this.exit = status;
      return status;
    });
    this.ended.catch(() => {});
  }

  /** Runs a command in the container as `docker exec` does. */
  async exec(command: readonly string[]): Promise<ExecAnswer> {
    const process = await this.container.exec(this.execCommand(command));
    const stdout = new Capture(OUTPUT_LIMIT);
    const stderr = new Capture(OUTPUT_LIMIT);
    process.stdout.on('data', (data: Buffer) => stdout.add(data));
    process.stderr.on('data', (data: Buffer) => stderr.add(data));
    return { exit: await process.exit, stdout, stderr };
  }

  /** Waits so long, or until it has ended. */
  async endedWithin(milliseconds: number): Promise<void> {
    const timer = new AbortController();
    await Promise.race([sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => {}), this.ended]).finally(() => timer.abort());
  }

  /** What asks for the end: the image's stop signal, as of `docker stop`. */
  protected stopRequest(): string {
    return stopSignal(this.config);
  }

  /** What is really executed for a command. */
  protected abstract execCommand(command: readonly string[]): string[];

  /** Connections into the container, over one exec. */
  relay(): Promise<Relay> {
    this.connection ??= this.container
      .exec(probeCommand(this.kit, 'relay', ...(this.container.processId === undefined ? [] : [String(this.container.processId)])))
      .then((process) => {
        process.stderr.resume();
        return new Relay(process.stdin, process.stdout);
      });
    return this.connection;
  }

  /** Stops the app as `docker stop` does; the supervisor lives a little longer, to write down the end. */
  async stop(): Promise<void> {
    const relay = await this.connection?.catch(() => undefined);
    relay?.close();
    if (this.exit !== undefined) return;
    this.untilStop = { stdout: this.stdout.length, stderr: this.stderr.length };
    await this.container.signal(this.stopRequest());
    const seconds = stopSeconds(this.config) + PATIENCE;
    const timer = setTimeout(() => void this.container.signal('SIGKILL').catch(() => {}), seconds * 1000);
    await this.ended.finally(() => clearTimeout(timer));
  }
}

/** ENTRYPOINT and CMD as `docker run` puts them together. */
export function commandOf(config: ImageConfig, run: Pick<RunOptions, 'entrypoint'>, args: readonly string[]): string[] {
  if (run.entrypoint !== undefined) return [...(run.entrypoint === '' ? [] : [run.entrypoint]), ...args];
  return [...(config.Entrypoint ?? []), ...(args.length > 0 ? args : (config.Cmd ?? []))];
}

export function stopSignal(config: ImageConfig): NodeJS.Signals {
  const signal = config.StopSignal ?? 'SIGTERM';
  const name = /^\d+$/.test(signal)
    ? Object.entries(constants.signals).find(([, number]) => number === Number(signal))?.[0]
    : signal.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  return name !== undefined && name in constants.signals ? (name as NodeJS.Signals) : 'SIGTERM';
}

export function stopSeconds(config: ImageConfig): number {
  return typeof config.StopTimeout === 'number' ? config.StopTimeout : STOP_SECONDS;
}

function streamEnd(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
}
