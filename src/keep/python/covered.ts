import { filesThatRan } from '../../trace/ranfiles.js';
import type { OwnModule, Trace } from '../../trace/schema.js';
import type { CodeThatRan } from './ran.js';

/**
 * What ran of the app's own code, by path.
 * @param functions those that ran, as `FILE TAB LINE`; undefined where functions were not measured
 */
export function ownModules({ world, own }: CodeThatRan, trace: Trace, functions: ReadonlySet<string> | undefined): OwnModule[] {
  const real = (path: string) => world.fs.resolve(path)?.path ?? path;
  const files = filesThatRan(trace, real);
  const ran =
    functions && new Set([...functions].map((place) => `${real(place.slice(0, place.indexOf('\t')))}${place.slice(place.indexOf('\t'))}`));
  return [...own.code]
    .filter((path) => path.endsWith('.py'))
    .sort()
    .map((path) => {
      const summary = world.codeIn(path).find(({ file }) => file === path)?.summary;
      return {
        path,
        ran: files.has(path),
        functions:
          ran && summary && summary.error === undefined
            ? summary.defined.map(([line, name]) => ({ name, line, ran: ran.has(`${path}\t${line}`) }))
            : null,
      };
    });
}
