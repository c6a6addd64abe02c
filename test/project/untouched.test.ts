import { describe, expect, it } from 'vitest';
import { requestOf, type Step } from '../../src/exercise/steps.js';
import type { CodeFile } from '../../src/project/propose.js';
import { isOfRoute, untouchedBy } from '../../src/project/untouched.js';
import { codeFile, lookedAt } from '../support/looked.js';

const looked = (more: Partial<CodeFile>) => lookedAt({ code: [codeFile('/app/main.py', more)] });
const requests = (...texts: string[]) => [{ args: [], done: texts.map((text) => requestOf(text) as Step) }];

describe('routes that no step touched', () => {
  const app = (...routes: string[]) =>
    looked({
      applications: [{ framework: 'flask', variable: 'app' }],
      routes: routes.map((route) => {
        const [method, path] = route.split(' ') as [string, string];
        return { method, path };
      }),
    });
  const left = (routes: string[], ...texts: string[]) => untouchedBy(app(...routes), requests(...texts)).lines;

  it('are lines of a project file, those without parameters first', () => {
    expect(untouchedBy(app('GET /items/<int:id>', 'POST /items', 'GET /'), requests('/'))).toEqual({
      what: 'routes',
      lines: ['- http: POST /items', "- http: '/items/<int:id>'"],
    });
  });

  it('are not those that HEALTHCHECK asks for', () => {
    const healthcheck = ['/bin/sh', '-c', `curl -f "http://localhost:8000/health" || python -c 'get("https://[::1]/ready?x=1")'`];
    const code = { ...app('GET /health', 'POST /health', 'GET /ready', 'GET /'), healthcheck };
    expect(untouchedBy(code, requests('/a')).lines).toEqual(['- http: /', '- http: POST /health']);
    expect(untouchedBy({ ...code, healthcheck: ['curl', 'http://127.0.0.1'] }, requests('/a')).lines).not.toContain('- http: /');
  });

  it('are not known where a script was run', () => {
    const done: Step[] = [{ kind: 'script', command: 'pytest' }];
    expect(untouchedBy(app('GET /a'), [{ args: [], done }]).lines).toEqual([]);
  });

  it.each([
    ['the same path', 'GET /a', '/a'],
    ['a slash at the end', 'GET /a/', '/a'],
    ['a query', 'GET /a', '/a?b=/c'],
    ['a value for a parameter', 'PUT /items/{id}/name', 'PUT /items/7/name'],
    ['a path for a parameter', 'GET /files/<path:name>', '/files/a/b.txt'],
    ['a path for a parameter of Starlette', 'GET /files/{name:path}', '/files/a/b.txt'],
    ['the prefix of a blueprint', 'GET /list', '/api/v1/list'],
    ['characters that mean something in an expression', 'GET /a.b(c)', '/a.b(c)'],
  ])('are not those with %s', (_, route, request) => expect(left([route], request)).toEqual([]));

  it.each([
    ['another method', 'POST /a', '/a'],
    ['a part more', 'GET /items/{id}', '/items/7/name'],
    ['a part less', 'GET /items/{id}', '/items/'],
    ['the end of another name', 'GET /list', '/blacklist'],
    ['only a prefix of it', 'GET /', '/a'],
    ['another character for a dot', 'GET /a.b', '/axb'],
  ])('are those with %s', (_, route, request) => expect(left([route], request)).toHaveLength(1));
});

it('a route is compared in little time, whatever it is', () => {
  const long = '/a'.repeat(2000);
  expect(isOfRoute(`/${'<path:x>a'.repeat(500)}b`, long)).toBe(false);
  expect(isOfRoute(`/${'<path:x>'.repeat(500)}`, long)).toBe(true);
  expect(isOfRoute(`/${'{x}{y}'.repeat(500)}`, `/${'a'.repeat(999)}`)).toBe(false);
  expect(isOfRoute(`/${'{x}{y}'.repeat(500)}`, `/${'a'.repeat(1000)}`)).toBe(true);
});

describe('subcommands that no step touched', () => {
  const code = looked({ applications: [{ framework: 'argparse', variable: 'parser' }], commands: ['build', 'serve', 'clean'] });

  it('are runs of a project file', () => {
    const runs = [
      { args: ['python3', 'main.py', 'build'], done: [] },
      { args: [], done: [{ kind: 'exec' as const, command: ['python3', 'main.py', 'clean'] }] },
    ];
    expect(untouchedBy(code, runs)).toEqual({
      what: 'subcommands',
      lines: ["- { name: help-serve, command: [python3, main.py, serve, '--help'], steps: [until-exit] }"],
    });
  });

  it('are not looked for in an app that has no command line', () => {
    expect(untouchedBy(looked({ commands: ['build'] }), [])).toEqual({ what: 'subcommands', lines: [] });
  });
});
