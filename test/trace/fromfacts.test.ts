import { describe, expect, it } from 'vitest';
import { noImports, type Observed, parseFacts } from '../../src/trace/facts.js';
import { mergeFacts, type RunFacts, traceFromFacts } from '../../src/trace/fromfacts.js';
import { TraceSchema } from '../../src/trace/schema.js';
import { makeTrace } from '../support/keep.js';

describe('mergeFacts', () => {
  it("continues the numbers of processes, and leaves out pyshrink's own files and those of the kernel", () => {
    const one = parseFacts(
      '["process", 7, 1, "/.pyshrink/kit/libs/ld.so"]\n["fact", "open", 7, "/a"]\n["fact", "open", 7, "/.pyshrink/x"]',
    );
    const two = parseFacts(
      '["process", 7, 1, "/bin/b"]\n["fact", "open", 7, "/b"]\n["fact", "open", 7, "/proc/self/maps"]\n["fact", "open", 7, "/device"]',
    );
    expect(mergeFacts([one, two], '/.pyshrink')).toEqual({
      processes: [
        { pid: 7, parent: 1, executable: null },
        { pid: 7, parent: 1, executable: '/bin/b' },
      ],
      observations: [
        { kind: 'open', path: '/a', process: 0 },
        { kind: 'open', path: '/b', process: 1 },
        { kind: 'open', path: '/device', process: 1 },
      ],
    });
  });
});

/** A run of `python main.py` in /app. */
function run(lines: string[], more: Partial<RunFacts> = {}, observed: Partial<Observed> = {}): RunFacts {
  const { image, engine, python } = makeTrace([]);
  return {
    image,
    engine,
    python: { ...python, searchPath: ['/usr/lib/python3.13'], standardLibrary: ['/usr/lib/python3.13'], suffixes: ['.so'] },
    observed: { facts: [parseFacts(lines.join('\n'))], imports: noImports(), probed: new Set(), ...observed },
    mount: '/.pyshrink',
    command: ['python', 'main.py'],
    workdir: '/app',
    listened: true,
    environment: ['B', 'A'],
    steps: ['GET /'],
    exit: null,
    ...more,
  };
}

describe('traceFromFacts', () => {
  const python = '["process", 7, 1, "/usr/bin/python3.13"]';

  it('builds a valid trace of one run', () => {
    const trace = TraceSchema.parse(
      traceFromFacts(run([python, '["fact", "open", 7, "/etc/x"]', '["warning", "w"]'], {}, { probed: new Set([7]) })),
    );
    expect(trace).toMatchObject({
      runs: [{ environment: ['A', 'B'], exercise: ['GET /'], exit: null, tests: null }],
      processes: [{ pid: 7, parent: 1, executable: '/usr/bin/python3.13', run: 0 }],
      observations: [{ kind: 'open', path: '/etc/x', process: 0 }],
      tracers: ['supervisor', 'maps', 'ldd'],
      modules: {},
      warnings: ['w'],
    });
  });

  it('takes modules and the search path from the import probe, and recognises pytest', () => {
    const imports = {
      ...noImports(),
      modules: new Map([
        ['_pytest', '/s/_pytest/__init__.py'],
        ['app', null],
      ]),
      searchPath: ['/s'],
    };
    const trace = traceFromFacts(run([python], {}, { imports, probed: new Set([7]) }));
    expect(trace.modules).toEqual({ _pytest: '/s/_pytest/__init__.py', app: null });
    expect(Object.keys(trace.modules)).toEqual(['_pytest', 'app']);
    expect(trace.python.searchPath).toEqual(['/s', '/usr/lib/python3.13']);
    expect(trace.tracers).toContain('imports');
    expect(trace.runs[0]?.tests).toBe('pytest');
  });

  it('finds the modules of an interpreter without the import probe by the files that it opened', () => {
    const opened = ['"/app/main.py"', '"/app/helper.py"', '"/usr/lib/python3.13/json/__init__.py"', '"/etc/x"'];
    const trace = traceFromFacts(run([python, ...opened.map((path) => `["fact", "open", 7, ${path}]`)]));
    expect(trace.modules).toMatchObject({ helper: '/app/helper.py', json: '/usr/lib/python3.13/json/__init__.py' });
    expect(trace.python.searchPath).toEqual(['/app', '/usr/lib/python3.13']);
    expect(trace.tracers).not.toContain('imports');
  });

  it('does not guess for programs other than Python, nor for interpreters with the import probe', () => {
    const opened = '["fact", "open", 7, "/app/helper.py"]';
    expect(traceFromFacts(run(['["process", 7, 1, "/usr/bin/cat"]', opened])).modules).toEqual({});
    expect(traceFromFacts(run([python, opened], {}, { probed: new Set([7]) })).modules).toEqual({});
  });

  it('adds what a listener would have seen, where there was none', () => {
    const imports = {
      ...noImports(),
      modules: new Map([
        ['app', '/app/app.py'],
        ['sys', null],
      ]),
      searchPath: ['/app'],
    };
    const trace = traceFromFacts(run([python], { listened: false }, { imports, probed: new Set([7]) }));
    expect(trace.observations).toEqual([
      { kind: 'list', path: '/usr/lib/python3.13', process: null },
      { kind: 'open', path: '/app/app.py', process: null },
    ]);
    expect(trace.tracers).toEqual(['maps', 'ldd', 'imports']);
  });
});
