import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningApp } from './target.js';

const POLL_MILLISECONDS = 100;
/** An app has started when it has printed nothing for so long, and was hardly running. */
export const QUIET_MILLISECONDS = 2000;
/** Part of the looks at an app that is waiting for work which may find a process of it running: it has timers. */
const BUSY_SHARE = 0.2;
/** After so long, an app that is never quiet has started, too. */
const MOST_MILLISECONDS = 20_000;
/** How long an answer about the processes may take. */
const ANSWER_MILLISECONDS = 2000;

/**
 * Waits until an app that answers nobody has started: it still runs, and waits for work. The line that it printed last is
 * the one that says so, where it prints at all.
 * @param line what an earlier run printed last: this one has not started before it has printed such a line, too
 * @param quiet milliseconds without a sign of life
 * @param until looked at all the while: once it is true, there is nothing more to wait for
 * @returns the line, as this run printed it; undefined where the app has ended, or printed nothing
 */
export async function settled(
  app: RunningApp,
  { line, quiet = QUIET_MILLISECONDS, until }: { line?: string | undefined; quiet?: number; until?: () => Promise<boolean> } = {},
): Promise<string | undefined> {
  const relay = await app.relay().catch(() => undefined); // logged where it was opened
  const began = Date.now();
  const looks: { time: number; busy: boolean }[] = [];
  let printed = [0, 0];
  let latest = app.stdout;
  let since = began;
  while (app.exit === undefined) {
    const busy = (await Promise.race([relay?.busy(), sleep(ANSWER_MILLISECONDS, true, { ref: false })])) === true;
    const now = Date.now();
    looks.push({ time: now, busy });
    const lengths = [app.stdout.length, app.stderr.length];
    if (lengths.some((length, index) => length !== printed[index])) {
      latest = lengths[1] === printed[1] ? app.stdout : app.stderr;
      [printed, since] = [lengths, now];
    }
    const lately = looks.filter(({ time }) => time >= now - quiet);
    const isIdle = lately.filter((look) => look.busy).length <= lately.length * BUSY_SHARE;
    const isQuiet = now - Math.max(since, began) >= quiet && isIdle;
    const said = line === undefined ? lastLine(latest.bytes) : likeLine([app.stdout.bytes, app.stderr.bytes], line);
    const isLate = now - began >= Math.max(MOST_MILLISECONDS, quiet);
    if ((await until?.()) || (isQuiet && (line === undefined || said !== undefined)) || isLate) return said ?? lastLine(latest.bytes);
    await app.endedWithin(POLL_MILLISECONDS);
  }
  return undefined;
}

function lines(bytes: Buffer): string[] {
  return bytes
    .toString()
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
}

function lastLine(bytes: Buffer): string | undefined {
  return lines(bytes).at(-1);
}

/** The last line of outputs that says the same as another line. */
function likeLine(outputs: readonly Buffer[], line: string): string | undefined {
  const shape = shapeOf(line);
  return outputs.flatMap((output) => lines(output).filter((one) => shapeOf(one) === shape)).at(-1);
}

/** The words of a line that hold no digit. The others are times, numbers, identifiers and names of hosts. */
function shapeOf(line: string): string {
  return line
    .split(/\s+/)
    .filter((word) => !/\d/.test(word))
    .join(' ');
}
