import { mayBeElf } from '../elf/reader.js';
import { LibrarySearch } from '../elf/search.js';
import { own } from '../records.js';
import type { RootFs } from '../rootfs.js';
import type { LoaderAnswers } from './protocol.js';

/** How the answers of the image's own ELF loader differ from our own search. */
export interface LoaderOpinion {
  /** Paths that only the loader found. They are kept too. */
  paths: string[];
  warnings: string[];
}

/**
 * Asks the image's loader for the libraries of every ELF file among `paths`, as ldd does, and compares its answers
 * with our own search. Where they differ, both answers are kept and a warning says so.
 * @param helper of the image
 * @param environment the app's. The loader is asked without LD_LIBRARY_PATH, so our search may find libraries that the loader does not.
 */
export async function askLoader(
  fs: RootFs,
  helper: { askLoader: (paths: string[]) => Promise<LoaderAnswers> },
  paths: readonly string[],
  environment: Record<string, string>,
): Promise<LoaderOpinion> {
  const search = await LibrarySearch.open(fs, environment);
  const files = [
    ...new Set(
      paths
        .map((path) => fs.resolve(path))
        .filter((found) => found?.entry.type === 'f')
        .map((found) => (found as { path: string }).path),
    ),
  ];
  const elves: string[] = [];
  await Promise.all(
    files.map(async (path) => {
      if (mayBeElf(path, fs.lstat(path)?.mode ?? 0) && (await search.elf(path))?.dynamic) elves.push(path);
    }),
  );
  elves.sort();
  const answers = await helper.askLoader(elves);
  const opinion: LoaderOpinion = { paths: [], warnings: [] };
  for (const path of elves) {
    const answer = own(answers, path);
    if (!answer) continue;
    const closure = await search.closure(path);
    const ours = new Set(closure.objects.flatMap((object) => [object.path, ...object.variants]).map((found) => fs.resolve(found)?.path));
    for (const [name, target] of Object.entries(answer)) {
      const real = target === null ? undefined : fs.resolve(target)?.path;
      if (real !== undefined && !ours.has(real)) {
        opinion.paths.push(target as string);
        if (real !== interpreterOf(await search.elf(path), fs))
          opinion.warnings.push(`${path}: the image's loader finds ${name} at ${target}, pyshrink's own search does not; both are kept`);
      }
    }
  }
  return opinion;
}

function interpreterOf(elf: { interpreter?: string } | undefined, fs: RootFs): string | undefined {
  return elf?.interpreter === undefined ? undefined : fs.resolve(elf.interpreter)?.path;
}
