import type { Answers } from '../exercise/answers.js';
import { shownText } from './body.js';

/** All that an app printed. A line may have come only after we stopped it, which depends on timing. */
export function wholeLog({ app: { stdout, stderr } }: Answers): string {
  return `${textOf(stdout)}\n${textOf(stderr)}`;
}

/** What an app printed before we stopped it. What its threads and workers still print after that is not its fault. */
export function logUntilStop({ app: { stdout, stderr, untilStop } }: Answers): string {
  return `${textOf(stdout, untilStop?.stdout)}\n${textOf(stderr, untilStop?.stderr)}`;
}

function textOf(base64: string, length?: number): string {
  return shownText(Buffer.from(base64, 'base64').subarray(0, length));
}
