import type { KeepSet } from '../keep/keepset.js';
import { isExecutable } from '../keep/scripts.js';
import { baseName, parentOf, type RootFs } from '../rootfs.js';

/** What the kernel runs: an ELF file, or a script with a first line (execve(2)). */
const RUNS = ['\x7fELF', '#!'];
/** Folders of programs. A shell also runs a file there that has no first line. */
const PROGRAMS = /^s?bin$/;

/** Kept files that somebody may run as a program. Many data files may be executed, too, where a copy gave all files the same mode. */
export async function runnableIn(fs: RootFs, keep: KeepSet): Promise<Set<string>> {
  const executable = [...keep.reasons.keys()].filter((path) => isExecutable(fs.lstat(path)));
  const begins = await Promise.all(executable.map(async (path) => Buffer.from(await fs.read(path, 0, 4)).toString('latin1')));
  const isRun = (path: string, begin: string) => PROGRAMS.test(baseName(parentOf(path))) || RUNS.some((magic) => begin.startsWith(magic));
  return new Set(executable.filter((path, index) => isRun(path, begins[index] as string)));
}
