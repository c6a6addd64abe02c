import { readFile } from 'node:fs/promises';

/**
 * When a process started, in clock ticks since boot (proc(5), stat, field 22). Number and start time together identify a
 * process, since numbers are used again. Undefined where there is no such process, or no /proc.
 */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return line?.slice(line.lastIndexOf(')') + 2).split(' ')[19];
}
