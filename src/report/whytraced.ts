import { posix } from 'node:path';
import type { Reason } from '../keep/reason.js';
import { ModuleFinder } from '../python/finder.js';
import { own } from '../records.js';
import { sourceOf } from '../trace/ranfiles.js';
import type { Observation, Trace } from '../trace/schema.js';
import { linkOf } from './chains.js';
import type { Link } from './model.js';
import { rankOf } from './strength.js';
import { treeOf } from './tree.js';
import { type Answer, chainTree, isNamed } from './why.js';

/** What each kind of observation is as a reason. What was made, removed or connected to is not in the image. */
const AS_REASON = {
  open: 'open',
  write: 'write',
  list: 'list',
  lookup: 'lookup',
  exec: 'exec',
  chdir: 'chdir',
  change: 'change',
  map: 'map',
  ldd: 'ldd',
  create: 'create-in',
  remove: 'remove',
  connect: 'connect-in',
} as const satisfies Record<Observation['kind'], string>;

/** The kinds by which a run used a file's contents. */
const USES: ReadonlySet<Observation['kind']> = new Set(['open', 'exec', 'map']);

/**
 * Why a path or a module would be kept, as far as a trace alone can say: who used it. What the code reaches, and which
 * libraries are needed, is known once an image was assembled.
 * @param subject an absolute path, a dotted module name, or the name of a file or library without its folder
 * @returns undefined where no run used anything of that name
 */
export function whyTraced(subject: string, trace: Trace): Answer | undefined {
  const path = subject.startsWith('/')
    ? posix.normalize(subject).replace(/(.)\/$/, '$1')
    : (usedModule(subject, trace) ?? usedFile(subject, trace));
  if (path === undefined) return undefined;
  // Of a module that was imported before, only the bytecode is read.
  const seen = trace.observations.filter((one) => one.path === path || sourceOf(one.path) === path);
  const links = seen.map((one) => ({ one, link: linkFor(one, trace) }));
  links.sort((a, b) => strengthOf(a.one) - strengthOf(b.one));
  const [first] = links;
  if (!first) return undefined;
  const chain = chainTraced(first.one, trace);
  const reasons = [...new Map(links.map(({ link }) => [link.text, link])).values()];
  const others = reasons.slice(1).map(({ text }) => `  [observed] ${text}`);
  return {
    subject,
    kept: true,
    lines: [
      ...chainTree(chain),
      ...(others.length > 0 ? ['other reasons, the strongest first:', ...others] : []),
      'Nothing was assembled from this trace yet, so only what was seen is known.',
    ],
    chain,
    reasons,
  };
}

/** The file of a module that a run used. An import says the module's name, and seldom its file, so that is looked for among the files that were used. */
function usedModule(name: string, { modules, observations, python }: Trace): string | undefined {
  const known = own(modules, name);
  if (typeof known === 'string') return known;
  if (!/^[\w.]+$/.test(name)) return undefined;
  const used = observations.filter(({ kind }) => USES.has(kind)).map(({ path }) => [sourceOf(path), { type: 'f', size: 0 }] as const);
  return new ModuleFinder(treeOf({ kept: Object.fromEntries(used), omitted: {}, links: {} }), python).find(name)?.file;
}

/** The first file of that name that a run used, a library also without its version: `libpq`. */
function usedFile(name: string, { observations }: Trace): string | undefined {
  return observations.find(({ kind, path }) => USES.has(kind) && isNamed(path, name))?.path;
}

/** How strong an observation is as a reason: 1 is the strongest. */
export function strengthOf({ kind }: Pick<Observation, 'kind'>): number {
  return rankOf({ rule: 'observed', kind: AS_REASON[kind] });
}

/** From the first program of a run to a path that was observed. */
export function chainTraced(seen: Observation, trace: Trace): Link[] {
  return [...startedBy(seen.process, trace), linkFor(seen, trace)];
}

function linkFor({ kind, path, process }: Observation, { processes }: Trace): Link {
  const executable = process === null ? null : processes[process]?.executable;
  const by = executable ? { parents: [executable], subject: posix.basename(executable) } : { parents: [] };
  return linkOf({ path, reason: { rule: 'observed', kind: AS_REASON[kind], ...by } }, executable ?? undefined);
}

/** The programs from the first one of the run to the one that is meant, each started by the one before it. */
function startedBy(process: number | null, { processes }: Trace): Link[] {
  const chain: Link[] = [];
  for (let at = process ?? -1; at >= 0; ) {
    const one = processes[at];
    if (!one) break;
    if (one.executable !== null) {
      const reason: Reason = { rule: 'observed', kind: 'exec', parents: [] };
      chain.unshift(linkOf({ path: one.executable, reason }, undefined));
    }
    // A process that executes another program is listed again with the same pid, later than its parent and than itself.
    do at--;
    while (at >= 0 && !(processes[at]?.run === one.run && [one.pid, one.parent].includes(processes[at]?.pid ?? -1)));
  }
  return chain.map((link, index) => ({ ...link, parent: chain[index - 1]?.path ?? null }));
}
