import { filesThatRan } from '../trace/ranfiles.js';
import type { OwnModule, Trace } from '../trace/schema.js';
import type { Contents } from './contents.js';
import type { Coverage } from './model.js';

/** The app's own modules, and what of them the exercise ran. */
export function coverageOf(trace: Trace, contents: Contents | undefined): Coverage {
  const real = (path: string) => contents?.tree.resolve(path)?.path ?? path;
  const names = new Map<string, string>();
  for (const [name, file] of Object.entries(trace.modules)) if (file?.endsWith('.py')) names.set(real(file), name);
  const own = withoutSources(trace.own ?? ownCode(trace, contents, real)).map(({ path, ran, functions }) => ({
    name: names.get(path) ?? path,
    path,
    ran,
    functions: functions && {
      all: functions.length,
      ran: functions.filter(({ ran }) => ran).length,
      missed: functions.flatMap(({ name, line, ran }) => (ran ? [] : [{ name, line }])),
    },
  }));
  const measured = own.flatMap(({ functions }) => functions ?? []);
  const sum = (count: 'all' | 'ran') => measured.reduce((total, one) => total + one[count], 0);
  return {
    modules: { all: own.length, ran: own.filter(({ ran }) => ran).length },
    functions: measured.length > 0 ? { all: sum('all'), ran: sum('ran') } : null,
    own,
  };
}

/** Without the files that an installer copied: with `pip install .`, the copies run. */
function withoutSources(own: readonly OwnModule[]): OwnModule[] {
  const installed = new Set(own.flatMap(({ path }) => /\/(?:site|dist)-packages\/(.+)$/.exec(path)?.[1] ?? []));
  const isSource = (path: string) => [...path.matchAll(/\//g)].some(({ index }) => installed.has(path.slice(index + 1)));
  return own.filter(({ path, ran }) => ran || /\/(site|dist)-packages\//.test(path) || !isSource(path));
}

/** The app's own code of a trace that does not list it, as the assembled image shows it. */
function ownCode(trace: Trace, contents: Contents | undefined, real: (path: string) => string): OwnModule[] {
  const files = filesThatRan(trace, real);
  return (contents?.items ?? [])
    .filter(({ path, kind, isFile }) => kind === 'app' && isFile && path.endsWith('.py'))
    .map(({ path }) => ({ path, ran: files.has(path), functions: null }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}
