import { computeKeepSet, type KeepInput } from '../../src/keep/compute.js';
import { analystOver, LAYOUT } from './analyst.js';
import { makeTrace } from './keep.js';
import { makeTree, type Node } from './tree.js';

export const SITE = LAYOUT.sitePackages[0] as string;
export const STANDARD = '/usr/lib/python3.13';

/** What the runs of the app had or did. */
interface Seen {
  env?: string[];
  modules?: Record<string, string>;
  observations?: string[];
  mostBytes?: KeepInput['mostBytes'];
  level?: KeepInput['level'];
  /** The file system serves other apps, too. */
  isShared?: boolean;
}

/** A distribution with its list of files. */
export function distribution(
  name: string,
  files: Record<string, string | Buffer>,
  metadata: Record<string, string> = {},
): Record<string, Node> {
  const info = `${SITE}/${name}-1.dist-info`;
  const all = { ...files, ...Object.fromEntries(Object.entries(metadata).map(([file, text]) => [`${name}-1.dist-info/${file}`, text])) };
  return {
    [`${info}/METADATA`]: `Name: ${name}\nVersion: 1\n`,
    [`${info}/RECORD`]: [...Object.keys(all), `${name}-1.dist-info/METADATA`].map((file) => `${file},,\n`).join(''),
    ...Object.fromEntries(Object.entries(all).map(([file, text]) => [`${SITE}/${file}`, text])),
  };
}

/** What is kept of an image whose app is /app/app.py. */
export async function kept(
  nodes: Record<string, Node>,
  { env = [], modules = {}, observations = [], mostBytes, level = 'reachable', isShared = false }: Seen = {},
) {
  const fs = makeTree({
    '/usr/bin/python3': { text: '', mode: 0o755 },
    [`${STANDARD}/os.py`]: { text: '', mtime: 10_000 },
    ...nodes,
  });
  const trace = makeTrace(['open /app/app.py', ...observations], { python: LAYOUT, modules: { __main__: '/app/app.py', ...modules } });
  const { keep, costly, python } = await computeKeepSet({
    fs,
    trace: { ...trace, image: { ...trace.image, ...(isShared && { shared: true }) } },
    config: { WorkingDir: '/app', Env: ['PATH=/usr/local/bin:/usr/bin:/usr/sbin'] },
    env,
    commands: [['/usr/bin/python3', 'app.py']],
    choice: { include: [], exclude: [] },
    level,
    ...(mostBytes && { mostBytes }),
    analyst: analystOver(fs),
  });
  return { has: (path: string) => keep.has(path), paths: [...keep.reasons.keys()], costly, python };
}
