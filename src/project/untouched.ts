import type { Step } from '../exercise/steps.js';
import type { Untouched } from '../report/summary.js';
import { commandLineOf, isServer, type Looked, quoted, uniqueRoutes } from './propose.js';

/** What was done to an image in one run. */
export interface Touched {
  /** Words after the entrypoint. */
  args: readonly string[];
  /** The steps that were done. */
  done: readonly Step[];
}

/** Routes of the app's code that no request touched; of a program without a port, subcommands that no command line has. */
export function untouchedBy(looked: Looked, runs: readonly Touched[]): Untouched {
  return isServer(looked)
    ? { what: 'routes', lines: routesLeft(looked, runs) }
    : { what: 'subcommands', lines: commandsLeft(looked, runs) };
}

function routesLeft(looked: Looked, runs: readonly Touched[]): string[] {
  const requests = runs.flatMap(({ done }) => done.flatMap((step) => (step.kind === 'http' ? [step] : [])));
  const isTouched = (method: string, pattern: RegExp) =>
    requests.some((request) => request.method === method && pattern.test(request.path.replace(/[?#].*$/s, '')));
  return uniqueRoutes(looked)
    .filter(({ method, path }) => !isTouched(method, patternOf(path)))
    .map(({ method, path }) => `- http: ${quoted(method === 'GET' ? path : `${method} ${path}`)}`);
}

/**
 * What matches a route's paths: a parameter is `<name>`, `<int:name>` (Flask, Django) or `{name}` (Starlette, aiohttp), and one of the
 * kind `path` may have slashes. A blueprint or router may put a prefix before it.
 */
function patternOf(route: string): RegExp {
  const parts = route.replace(/\/$/, '').split(/(<[^<>]*>|\{[^{}]*\})/);
  const body = parts.map((part, index) => {
    if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return /^<path:|:path\}$/.test(part) ? '.+' : '[^/]+';
  });
  return new RegExp(route === '/' ? '^/?$' : `^(/.*)?${body.join('')}/?$`);
}

function commandsLeft(looked: Looked, runs: readonly Touched[]): string[] {
  const found = commandLineOf(looked);
  if (!found) return [];
  const words = new Set(
    runs
      .flatMap(({ args, done }) => [...args, ...done.flatMap((step) => (step.kind === 'exec' ? step.command : []))])
      .concat(looked.command),
  );
  return found.subcommands
    .filter((name) => !words.has(name))
    .map(
      (name) => `- { name: help-${name}, command: [${[...found.program, name, '--help'].map(quoted).join(', ')}], steps: [until-exit] }`,
    );
}
