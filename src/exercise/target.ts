import type { Capture } from './capture.js';
import type { Relay } from './relay.js';

/** What a command printed that was run beside the app, and its exit status. */
export interface ExecAnswer {
  exit: number;
  stdout: Capture;
  stderr: Capture;
}

/** A running app, as far as an exercise needs it. */
export interface RunningApp {
  /** What the app has printed so far. */
  readonly stdout: Capture;
  readonly stderr: Capture;
  /** Exit status; undefined while the app runs. */
  readonly exit: number | undefined;
  /** Set when {@link stop} stopped the app: how many bytes it had printed before. */
  readonly untilStop: { stdout: number; stderr: number } | undefined;
  /** Resolves with the exit status when the app has ended and its output was read. */
  readonly ended: Promise<number>;
  /** Runs a command beside the app, as `docker exec` does. */
  exec(command: readonly string[]): Promise<ExecAnswer>;
  /** Sends a signal to the app's first process. `name` is e.g. `SIGHUP`. */
  signal(name: string): Promise<void>;
  /** Waits `milliseconds`, or less if the app ends before. */
  endedWithin(milliseconds: number): Promise<void>;
  /** Opens the relay at the first call; later calls return the same one. */
  relay(): Promise<Relay>;
  /** Stops the app as `docker stop` does. Does nothing to an app that has ended. */
  stop(): Promise<void>;
}
