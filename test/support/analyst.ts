import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Analyst } from '../../src/keep/python/world.js';
import type { PythonLayout } from '../../src/python/layout.js';
import type { Sought } from '../../src/python/lines.js';
import { Summary } from '../../src/python/summary.js';
import type { RootFs } from '../../src/rootfs.js';
import { codeWithProbes, PYTHONS } from './probes.js';

const CODE = `
import json
from pyshrink_probes.summary import summary_of
request = json.load(sys.stdin)
print(json.dumps([summary_of(path, request["names"], request["own"]) for path in request["paths"]]))
`;

/** Summarizes files with probes/summary.py. `python` is an interpreter on this computer. */
export function summarizeFiles(
  paths: readonly string[],
  names: readonly string[] = [],
  python = PYTHONS[0] as string,
  own = false,
): Summary[] {
  const output = execFileSync(python, codeWithProbes(CODE), { input: JSON.stringify({ paths, names, own }), maxBuffer: 1 << 28 });
  return Summary.array().parse(JSON.parse(output.toString()));
}

const LINES = `
import json
from pyshrink_probes.lines import lines_of
request = json.load(sys.stdin)
print(json.dumps(lines_of(request["path"], request["texts"])["lines"]))
`;

/** The lines of texts in a file, by probes/lines.py. `python` is an interpreter on this computer. */
export function linesIn(path: string, texts: readonly Sought[], python = PYTHONS[0] as string): (number | null)[] {
  const output = execFileSync(python, codeWithProbes(LINES), { input: JSON.stringify({ path, texts }) });
  return JSON.parse(output.toString()) as (number | null)[];
}

/** Summarizes the source text or bytecode of one module. @param own whether it is the app's own code */
export function summarizeText(text: string | Buffer, python?: string, own = false): Summary {
  const path = join(mkdtempSync(join(tmpdir(), 'pyshrink-')), 'module.py');
  writeFileSync(path, text);
  return summarizeFiles([path], [], python, own)[0] as Summary;
}

/** Whether the image has a .pyc of a source. */
function isCompiled(path: string, fs: RootFs): boolean {
  return fs.list(`${dirname(path)}/__pycache__`).some((cached) => cached.includes(`/${basename(path, '.py')}.`));
}

/** Gives a source on this computer a .pyc, for the Python that reads it. */
function compile(path: string): void {
  execFileSync(PYTHONS[0] as string, ['-W', 'ignore', '-m', 'py_compile', path]);
}

/** An analyst for a made-up tree. It writes the files to a temporary folder, so that a Python on this computer can read them. */
export function analystOver(fs: RootFs): Analyst {
  const copy = async (paths: readonly string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    for (const path of paths) {
      const size = fs.lstat(path)?.size ?? 0;
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), await fs.read(path, 0, size));
      if (isCompiled(path, fs)) compile(join(folder, path));
    }
    return folder;
  };
  return {
    members: async () => [],
    locate: async (wanted) => {
      const folder = await copy([...wanted.keys()]);
      return new Map([...wanted].map(([path, texts]) => [path, linesIn(join(folder, path), texts)]));
    },
    summarize: async (paths, names, own) => {
      const folder = await copy(paths);
      const answers = summarizeFiles(
        paths.map((path) => join(folder, path)),
        names,
        undefined,
        own,
      );
      return new Map(paths.map((path, index) => [path, answers[index] as Summary]));
    },
  };
}

/** Layout of a CPython 3.13 that is installed under /usr. */
export const LAYOUT: PythonLayout = {
  version: '3.13.1',
  executable: '/usr/bin/python3',
  sitePackages: ['/usr/lib/python3.13/site-packages'],
  searchPath: ['/app', '/usr/lib/python3.13', '/usr/lib/python3.13/lib-dynload', '/usr/lib/python3.13/site-packages'],
  standardLibrary: ['/usr/lib/python3.13', '/usr/lib/python3.13/lib-dynload'],
  builtins: ['sys', 'builtins', '_io', 'time', '_imp'],
  suffixes: ['.cpython-313-x86_64-linux-gnu.so', '.abi3.so', '.so'],
  editable: {},
};
