/** Prints a command's result on stdout: one JSON document with --json, else lines for people. */
export function print(json: true | undefined, document: unknown, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(document, null, 2)}\n` : `${lines.join('\n')}\n`);
}
