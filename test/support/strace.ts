/**
 * Absolute paths that were opened or executed successfully, from a log of strace.
 * @param log lines of several processes, each with a process id in front (`-f`), or of one process without it (`-ff`)
 */
export function openedIn(log: string, workingDirectory: string): Set<string> {
  const paths = new Set<string>();
  const directories = new Map<string, string>();
  // strace splits a call in two lines when another process interrupts it; the first half waits here for the second.
  const unfinished = new Map<string, string>();
  for (const raw of log.split('\n')) {
    const [, pid = '', rest = ''] = /^(?:(\d+)\s+)?(.*)$/.exec(raw) ?? [];
    let call = rest;
    const cut = /^(.*) <unfinished \.\.\.>$/.exec(rest);
    if (cut) {
      unfinished.set(pid, cut[1] as string);
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (resumed) call = `${unfinished.get(pid) ?? ''}${resumed[1]}`;
    const match = /^(open|openat|execve|creat)\((?:AT_FDCWD<(.*?)>, |AT_FDCWD, |\d+<(.*?)>, )?"((?:[^"\\]|\\.)*)".*\)\s+= (\d+)/.exec(call);
    const change = /^chdir\("(.*)"\)\s+= 0/.exec(call);
    if (change?.[1]) directories.set(pid, change[1]);
    const path = match?.[4];
    if (!path) continue;
    const base = match[2] ?? match[3] ?? directories.get(pid) ?? workingDirectory;
    paths.add(path.startsWith('/') ? path : `${base.replace(/\/$/, '')}/${path}`);
  }
  return paths;
}

const KERNEL = /^\/(proc|sys|dev|strace|strace-out|\.pyshrink)(\/|$)|^\/tmp\/|^\/etc\/ld\.so\.cache$/;
/** CPython first writes a .pyc under a temporary name. */
const RANDOM = /\.pyc\.\d+$/;

/** Keeps only the paths that belong to the image and are the same in every run. */
export function lasting(paths: Iterable<string>): string[] {
  return [...paths].filter((path) => !KERNEL.test(path) && !RANDOM.test(path));
}
