import { baseName, type RootFs, readText } from '../rootfs.js';
import type { Distributions } from './distributions.js';

/** The library with all modules of a distribution that mypyc compiled. Source: mypy, mypyc/build.py, shared_lib_name. */
const OF_MYPYC = /__mypyc\./;
/** Bytes. A larger file is not read. */
const LARGEST = 64 << 20;

/**
 * Extension modules that a compiler made from the Python module beside them → that module, which does the same more slowly. In other
 * pairs, the one in Python may be for other interpreters, and may need what the image lacks: backports.zstd.
 * mypyc and Cython have the name of the source in what they make, for tracebacks. Source: Cython, Compiler/ModuleNode.py, `__pyx_f`.
 * @param suffixes of extension modules
 */
export async function compiledSources(
  fs: RootFs,
  { all }: Pick<Distributions, 'all'>,
  suffixes: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const sources = new Map<string, string>();
  for (const { files } of all) {
    const known = new Set(files);
    const isMypyc = files.some((file) => OF_MYPYC.test(baseName(file)));
    for (const file of files) {
      const suffix = suffixes.find((ending) => file.endsWith(ending));
      const source = suffix && `${file.slice(0, -suffix.length)}.py`;
      if (!source || !known.has(source)) continue;
      if (isMypyc || ((await names(file, baseName(source), fs)) && !(await isForCython(source, fs)))) sources.set(file, source);
    }
  }
  return sources;
}

/** What Cython's pure Python mode has that Python alone does not run, or only with Cython. Source: Cython, Shadow.py. */
const FOR_CYTHON = /\bcython\b/;

async function isForCython(source: string, fs: RootFs): Promise<boolean> {
  return FOR_CYTHON.test((await readText(fs, source)) ?? '');
}

/** Whether a file has the name of a source as a string, with or without its folders. */
async function names(file: string, source: string, fs: RootFs): Promise<boolean> {
  const entry = fs.lstat(file);
  if (entry?.type !== 'f' || entry.size > LARGEST) return false;
  const bytes = Buffer.from(await fs.read(file, 0, entry.size));
  return ['/', '\0'].some((before) => bytes.includes(`${before}${source}\0`));
}
