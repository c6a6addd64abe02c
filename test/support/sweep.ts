import { readFileSync } from 'node:fs';
import { execa } from 'execa';

const SCRIPT = readFileSync(new URL('./sweep.py', import.meta.url), 'utf8');

/** Prints the public modules of distributions, from their RECORD files. Leaves out tests and programs. */
const LIST = `
import importlib.metadata as metadata, re, sys
for name in sys.argv[1:]:
    files = [str(file) for file in metadata.files(name) or ()]
    tests = {re.sub(r"[^/]*$", "", file) for file in files if re.search(r"/(test_[^/]*|[^/]*_test|conftest)\\.py$", file)}
    for file in files:
        match = re.match(r"((?:[A-Za-z]\\w*/)*[A-Za-z]\\w*?)(?:/__init__)?(\\.cpython-[^/]*\\.so|\\.abi3\\.so|\\.py)$", file)
        if not match or file.startswith("bin/"):
            continue
        parts = match.group(1).split("/")
        if any(part.startswith("_") or part in ("tests", "conftest", "__main__") or part.startswith("test_") for part in parts):
            continue
        if any(file.startswith(folder) and folder.endswith("/test/") for folder in tests):
            continue
        print(".".join(parts))
`;

/** Imports each module in an image. Each result is `fine` or the exception. */
export async function sweep(image: string, modules: readonly string[]): Promise<Map<string, string | undefined>> {
  const run = await execa('docker', ['run', '--rm', '-i', '--entrypoint', 'python3', image, '-c', SCRIPT], { input: modules.join('\n') });
  return new Map(
    run.stdout.split('\n').map((line) => {
      const space = line.indexOf(' ');
      return [line.slice(0, space), line.slice(space + 1)];
    }),
  );
}

/** Public modules of some distributions in an image. */
export async function publicModules(image: string, distributions: readonly string[]): Promise<string[]> {
  const run = await execa('docker', ['run', '--rm', '--entrypoint', 'python3', image, '-c', LIST, ...distributions]);
  return [...new Set(run.stdout.split('\n').filter(Boolean))];
}

/** Finds modules that can be imported in the original, but not in the shrunk image. */
export async function lostModules(
  original: string,
  shrunk: string,
  distributions: readonly string[],
): Promise<{ tried: number; lost: string[] }> {
  const modules = await publicModules(original, distributions);
  const [before = new Map(), after = new Map()] = await Promise.all([original, shrunk].map((image) => sweep(image, modules)));
  const fine = modules.filter((name) => before.get(name) === 'fine');
  const lost = fine.filter((name) => after.get(name) !== 'fine');
  return { tried: fine.length, lost: lost.map((name) => `${name}: ${after.get(name)}`) };
}
