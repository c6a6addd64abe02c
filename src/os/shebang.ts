/** Bytes of a script's first line that the kernel reads (BINPRM_BUF_SIZE, execve(2)). */
export const FIRST_LINE = 256;

/** Parses the first line of a script (execve(2), "Interpreter scripts"). @returns undefined when the bytes do not begin with `#!` */
export function parseShebang(bytes: Uint8Array): { interpreter: string; argument?: string } | undefined {
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return undefined;
  const line = Buffer.from(bytes).toString('utf8').slice(2).split('\n', 1)[0] as string;
  const match = /^[ \t]*(\S+)(?:[ \t]+(.*?))?[ \t\r]*$/.exec(line);
  if (!match?.[1]) return undefined;
  return { interpreter: match[1], ...(match[2] && { argument: match[2] }) };
}
