import type { RootFs } from '../rootfs.js';

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

type Shebang = ReturnType<typeof parseShebang>;

const KNOWN = new WeakMap<RootFs, Map<string, Promise<Shebang>>>();

/** The first line of a file, read once: several rules ask for it. @param path without links */
export function shebangAt(path: string, fs: RootFs): Promise<Shebang> {
  const all = KNOWN.get(fs) ?? new Map<string, Promise<Shebang>>();
  KNOWN.set(fs, all);
  const found = all.get(path) ?? fs.read(path, 0, FIRST_LINE).then(parseShebang);
  all.set(path, found);
  return found;
}

/**
 * Names of the programs that the first line of a script may run, without their folders: `env` and `bash` of `#!/usr/bin/env bash`,
 * `dumb-init` and `sh` of `#!/usr/bin/dumb-init /bin/sh`. Options are among them. @returns undefined when the bytes do not begin with `#!`
 */
export function interpretersIn(bytes: Uint8Array): string[] | undefined {
  const shebang = parseShebang(bytes);
  const words = shebang && [shebang.interpreter, ...(shebang.argument?.split(/\s+/) ?? [])];
  return words?.map((word) => word.slice(word.lastIndexOf('/') + 1));
}
