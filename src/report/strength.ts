import type { Reason } from '../keep/reason.js';

/**
 * How strong reasons are, the strongest first. A path is surely needed by what ran and by what the configuration names. It
 * is likely needed where code or an ELF file names it as such. It may be needed where only a word looks like its name.
 */
const RANKS: readonly (readonly string[])[] = [
  // 1: somebody says so.
  ['entrypoint', 'user', 'python/own-code', 'python/command', 'base'],
  // 2: it was used, or its absence was seen.
  ['observed/exec', 'observed/map', 'observed/open', 'observed/ldd', 'observed/chdir', 'observed/list', 'python/imported', 'repair'],
  ['observed', 'runtime', 'python/interpreter', 'python/interpreter-name', 'python/environment'],
  // 4: what is kept does not work without it.
  ['elf/needed', 'elf/loader', 'elf/preload', 'scripts', 'links/target', 'python/import', 'python/c-code', 'python/own-data'],
  [
    ...['elf', 'links', 'system/always', 'system/soname', 'system/program', 'system/imported', 'system/observed', 'system/name-service'],
    'system/perl',
  ],
  // 6: code gives its name in a way that means it.
  ['python/attribute', 'python/dynamic', 'python/lazy', 'python/plugin', 'python/extension', 'named/find-library', 'named/library'],
  ['system', 'distribution/app', 'distribution/opened', 'distribution/record', 'distribution/app-program', 'named/path', 'named/inside'],
  // 8: code has its name in a string, or it belongs to something that is kept.
  ['python', 'named', 'shell', 'distribution'],
  ['whole', 'parents'],
];

const RANK_OF: ReadonlyMap<string, number> = new Map(RANKS.flatMap((names, index) => names.map((name) => [name, index + 1] as const)));

/** The rank of the weakest reasons. */
export const LOWEST = RANKS.length;

/** How strong a reason is: 1 is the strongest. A kind without a rank of its own has the one of its rule. */
export function rankOf({ rule, kind }: Pick<Reason, 'rule' | 'kind'>): number {
  return RANK_OF.get(`${rule}/${kind}`) ?? RANK_OF.get(rule) ?? LOWEST;
}

/** Reasons, the strongest first. Equally strong ones stay in their order. */
export function ranked<R extends Pick<Reason, 'rule' | 'kind'>>(reasons: readonly R[]): R[] {
  return [...reasons].sort((a, b) => rankOf(a) - rankOf(b));
}
