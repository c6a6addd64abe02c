/**
 * Paths that strace saw opened or executed with success, made absolute.
 * @param log lines of one or more processes, with process numbers before each (`-f`) or of one process without (`-ff`)
 */
export function openedIn(log: string, workingDirectory: string): Set<string> {
  const paths = new Set<string>();
  const directories = new Map<string, string>();
  // An unfinished call and its resumption are one.
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
/** The name under which a .pyc is written first. */
const RANDOM = /\.pyc\.\d+$/;

/** The paths among them that are the image's and the same in every run. */
export function lasting(paths: Iterable<string>): string[] {
  return [...paths].filter((path) => !KERNEL.test(path) && !RANDOM.test(path));
}
