import type { Step } from '../exercise/steps.js';
import type { Untouched } from '../report/summary.js';
import { commandLineOf, isServer, type Looked, quoted, uniqueRoutes } from './propose.js';

/** The path of a URL in a command line. */
const URL_PATH = /\bhttps?:\/\/[^\s/"']+(\/[^\s"')]*)?/g;

/** What was done to an image in one run. */
export interface Touched {
  /** Words after the entrypoint. */
  args: readonly string[];
  /** The steps that were done. */
  done: readonly Step[];
}

/** Routes of the app's code that no request touched; of a program without a port, subcommands that no command line has. */
export function untouchedBy(looked: Looked, runs: readonly Touched[]): Untouched {
  // What a script asks for is not known.
  const isHidden = runs.some(({ done }) => done.some(({ kind }) => kind === 'script'));
  return isServer(looked)
    ? { what: 'routes', lines: isHidden ? [] : routesLeft(looked, runs) }
    : { what: 'subcommands', lines: commandsLeft(looked, runs) };
}

function routesLeft(looked: Looked, runs: readonly Touched[]): string[] {
  const requests = runs.flatMap(({ done }) => done.flatMap((step) => (step.kind === 'http' ? [step] : [])));
  const ofHealth = [...looked.healthcheck.join(' ').matchAll(URL_PATH)].map(([, path = '/']) => ({ method: 'GET', path }));
  const isTouched = (method: string, route: string) =>
    [...requests, ...ofHealth].some((request) => request.method === method && isOfRoute(route, request.path.replace(/[?#].*$/s, '')));
  return uniqueRoutes(looked)
    .filter(({ method, path }) => !isTouched(method, path))
    .map(({ method, path }) => `- http: ${quoted(method === 'GET' ? path : `${method} ${path}`)}`);
}

/**
 * Whether a request's path is one of a route. A parameter is `<name>`, `<int:name>` (Flask, Django) or `{name}` (Starlette, aiohttp),
 * and one of the kind `path` may have slashes. A blueprint or router may put a prefix before the route. The time grows with the
 * lengths only, since the route is text of the image.
 */
export function isOfRoute(route: string, path: string): boolean {
  const end = path.replace(/\/$/, '').length;
  if (route === '/') return end === 0;
  // Where in the path the parts so far may end.
  let ends = new Set([0, ...indexesOf('/', path)]);
  for (const part of route.replace(/\/$/, '').split(/(<[^<>]*>|\{[^{}]*\})/)) {
    if (part === '') continue;
    const isParameter = /^[<{].*[>}]$/.test(part);
    ends = isParameter ? afterParameter(path, ends, /^<path:|:path\}$/.test(part)) : afterText(path, ends, part);
  }
  return ends.has(end);
}

function afterText(path: string, ends: ReadonlySet<number>, text: string): Set<number> {
  return new Set([...ends].flatMap((at) => (path.startsWith(text, at) ? at + text.length : [])));
}

function afterParameter(path: string, ends: ReadonlySet<number>, maySlash: boolean): Set<number> {
  const after = new Set<number>();
  let isInside = false;
  for (let at = 0; at < path.length; at++) {
    isInside ||= ends.has(at);
    if (path[at] === '/' && !maySlash) isInside = false;
    if (isInside) after.add(at + 1);
  }
  return after;
}

function indexesOf(character: string, text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => index).filter((index) => text[index] === character);
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
