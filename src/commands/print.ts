import { ExitCode } from '../errors.js';
import { printable, printableJson } from '../printable.js';
import type { Outcome } from '../smoke/verdict.js';

/** What a command ends with after a comparison. */
export const EXIT_CODES: Readonly<Record<Outcome, number>> = {
  same: ExitCode.done,
  different: ExitCode.differs,
  unproven: ExitCode.unproven,
};

/** Prints a command's result on stdout: one JSON document with --json, else lines for people. No text of an image ends a line. */
export function print(json: true | undefined, document: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${printableJson(document)}\n` : `${lines.map(printable).join('\n')}\n`);
}

/** Prints a line for people on stderr, beside a result on stdout. */
export function say(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}
