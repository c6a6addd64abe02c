import type { Answers, StepAnswer } from '../exercise/answers.js';
import { asText } from './body.js';

/** What a program printed, in base64. */
type Output = Pick<Answers['app'], 'stdout' | 'stderr'>;

/**
 * Bytes of each output that all of these answers have, if the program printed them: each may have been kept up to another limit.
 * An output that reached its limit is as long as the limit. @returns infinity where nothing was cut
 */
export function commonLimit(answers: readonly (StepAnswer | Answers['app'])[]): number {
  const limits = answers.flatMap((one) => ('cut' in one && one.cut ? [Math.max(lengthOf(one.stdout), lengthOf(one.stderr))] : []));
  return Math.min(...limits);
}

function lengthOf(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}

/** An output up to a limit in bytes. The last line may then be half a line, so it is left out. */
function within(base64: string, most: number): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length < most) return bytes;
  const kept = bytes.subarray(0, most);
  const end = kept.lastIndexOf(0x0a);
  return end < 0 ? kept : kept.subarray(0, end + 1);
}

/** What a server logged, up to a limit in bytes of each output. */
export function logWithin(answers: Answers, most: number): Answers {
  if (most === Number.POSITIVE_INFINITY) return answers;
  const { app } = answers;
  const [stdout, stderr] = [app.stdout, app.stderr].map((output) => within(output, most).toString('base64')) as [string, string];
  return { ...answers, app: { ...app, stdout, stderr } };
}

/** What a terminal overwrites: a progress bar, whose updates depend on timing. */
const OVERWRITTEN = /[^\n]*\r(?!\n)/g;

/** What a program printed, up to a limit in bytes of each output, without what a terminal overwrites. */
export function outputOf({ stdout, stderr }: Output, most: number): Record<'stdout' | 'stderr', Buffer> {
  const shown = (base64: string) => {
    const lines = within(base64, most);
    // Not in binary output, where such a byte is one like others.
    if (!lines.includes(0x0d) || asText(lines) === undefined) return lines;
    return Buffer.from(lines.toString('latin1').replace(OVERWRITTEN, ''), 'latin1');
  };
  return { stdout: shown(stdout), stderr: shown(stderr) };
}
