import type { RootFs } from '../rootfs.js';
import { runOf, type Trace } from '../trace/schema.js';
import type { Answer } from './why.js';

/**
 * An answer that also says which runs used its path, where there are several.
 * @param tree the original's file system, by which links are followed; undefined where it is not known
 */
export function withUsers(answer: Answer, trace: Trace, tree: Pick<RootFs, 'resolve'> | undefined): Answer {
  const path = answer.chain?.at(-1)?.path;
  if (trace.runs.length < 2 || path === undefined) return answer;
  const runs = usersOf(path, trace, tree);
  const line = runs.length === 0 ? 'No run used it.' : `Used in the runs: ${runs.join(', ')}.`;
  return { ...answer, lines: [...answer.lines, line], runs };
}

/** Names of the runs that used a path, or something below it where it is a folder. A run without a name is called by its number, from 1. */
export function usersOf(path: string, trace: Trace, tree: Pick<RootFs, 'resolve'> | undefined): string[] {
  const resolved = new Map<string, boolean>();
  const isMeant = (seen: string) => {
    let meant = resolved.get(seen);
    if (meant === undefined) {
      const target = tree?.resolve(seen)?.path ?? seen;
      meant = target === path || target.startsWith(`${path}/`) || seen === path;
      resolved.set(seen, meant);
    }
    return meant;
  };
  const users = new Set<number>();
  for (const seen of trace.observations) {
    const run = runOf(seen, trace);
    if (run !== undefined && !users.has(run) && isMeant(seen.path)) users.add(run);
  }
  return [...users].sort((a, b) => a - b).map((run) => trace.runs[run]?.name ?? `run ${run + 1}`);
}
