import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { debug } from '../debug.js';
import type { Attached, Container } from '../engines/engine.js';
import type { RunOptions } from '../engines/runoptions.js';
import { Capture } from '../exercise/capture.js';
import { Relay } from '../exercise/relay.js';
import type { ExecAnswer, RunningApp } from '../exercise/target.js';
import { type Kit, probeCommand } from '../guest/helper.js';
import type { ImageConfig } from '../images/config.js';

/** Seconds that `docker stop` gives an app by default. */
const DEFAULT_STOP_SECONDS = 10;
/** Milliseconds that the output of a command may come after its exit status. */
const LATE_OUTPUT = 1000;
/** Seconds after that until we kill the container: its supervisor did not end. */
const PATIENCE = 5;

/** An app in its container, watched or not. */
export abstract class App implements RunningApp {
  readonly stdout = new Capture();
  readonly stderr = new Capture();
  exit: number | undefined;
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
    // Without a handler, an error before anybody awaits `ended` would end this process.
    this.ended.catch((error: unknown) => debug.watch('waiting for the app failed: %o', error));
  }

  async exec(command: readonly string[]): Promise<ExecAnswer> {
    const process = await this.container.exec(this.execCommand(command));
    const stdout = new Capture();
    const stderr = new Capture();
    process.stdout.on('data', (data: Buffer) => stdout.add(data));
    process.stderr.on('data', (data: Buffer) => stderr.add(data));
    const read = Promise.all([streamEnd(process.stdout), streamEnd(process.stderr)]);
    const exit = await process.exit;
    // What it started may go on, and hold the streams open.
    await Promise.race([read, sleep(LATE_OUTPUT, undefined, { ref: false })]);
    return { exit, stdout, stderr };
  }

  signal(name: string): Promise<void> {
    return this.container.signal(name);
  }

  async endedWithin(milliseconds: number): Promise<void> {
    const timer = new AbortController();
    const time = sleep(milliseconds, undefined, { signal: timer.signal }).catch(() => {}); // aborted: the app has ended
    await Promise.race([time, this.ended]).finally(() => timer.abort());
  }

  /** The signal that asks the container's first process to stop the app: by default the image's own. */
  protected stopRequest(): string {
    return stopSignal(this.config);
  }

  /** The command line to execute in the container for a command of the exercise. */
  protected abstract execCommand(command: readonly string[]): string[];

  relay(): Promise<Relay> {
    this.connection ??= this.container
      .exec(probeCommand(this.kit, 'relay', ...(this.container.processId === undefined ? [] : [String(this.container.processId)])))
      .then((process) => {
        process.stderr.resume();
        return new Relay(process.stdin, process.stdout);
      });
    this.connection.catch((error: unknown) => debug.watch('the relay did not start: %o', error));
    return this.connection;
  }

  /** The supervisor ends a little later than the app: it has to write the exit status. */
  async stop(): Promise<void> {
    const relay = await this.connection?.catch(() => undefined); // logged where it was opened
    relay?.close();
    if (this.exit !== undefined) return;
    this.untilStop = { stdout: this.stdout.length, stderr: this.stderr.length };
    await this.container.signal(this.stopRequest());
    const seconds = stopSeconds(this.config) + PATIENCE;
    const timer = setTimeout(() => {
      debug.watch('the app did not stop within %d s: killing its container', seconds);
      this.container.signal('SIGKILL').catch((error: unknown) => debug.watch('SIGKILL failed: %o', error));
    }, seconds * 1000);
    await this.ended.finally(() => clearTimeout(timer));
  }
}

/** The command line of a container, from entrypoint, command and arguments as `docker run` combines them. */
export function commandOf(config: ImageConfig, run: Pick<RunOptions, 'entrypoint'>, args: readonly string[]): string[] {
  if (run.entrypoint !== undefined) return [...(run.entrypoint === '' ? [] : [run.entrypoint]), ...args];
  return [...(config.Entrypoint ?? []), ...(args.length > 0 ? args : (config.Cmd ?? []))];
}

/** The image's STOPSIGNAL, which may be a name or a number. SIGTERM where it has none, or one that this system does not know. */
export function stopSignal(config: ImageConfig): NodeJS.Signals {
  const signal = config.StopSignal ?? 'SIGTERM';
  const name = /^\d+$/.test(signal)
    ? Object.entries(constants.signals).find(([, number]) => number === Number(signal))?.[0]
    : signal.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  return name !== undefined && name in constants.signals ? (name as NodeJS.Signals) : 'SIGTERM';
}

/** Seconds that the app has to end after its stop signal. */
export function stopSeconds(config: ImageConfig): number {
  return typeof config.StopTimeout === 'number' ? config.StopTimeout : DEFAULT_STOP_SECONDS;
}

function streamEnd(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
}
