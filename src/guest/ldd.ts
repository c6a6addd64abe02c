import { mayBeElf } from '../elf/reader.js';
import { LibrarySearch } from '../elf/search.js';
import type { RootFs } from '../rootfs.js';
import type { Helper } from './helper.js';

/** What the image's own loader adds to what our search finds. */
export interface LoaderOpinion {
  /** Paths that only the loader gave: they are kept too. */
  paths: string[];
  warnings: string[];
}

/**
 * Asks the image's loader for every ELF file among `paths` (what ldd does), and holds it against our own search.
 * Where the two disagree both answers are kept, and a warning says so.
 * @param environment the app's; the loader is asked without LD_LIBRARY_PATH, so with it only surplus counts
 */
export async function askLoader(
  fs: RootFs,
  helper: Helper,
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
    const told = answers[path];
    if (!told) continue;
    const closure = await search.closure(path);
    const ours = new Set(closure.objects.flatMap((object) => [object.path, ...object.variants]).map((found) => fs.resolve(found)?.path));
    for (const [name, target] of Object.entries(told)) {
      const real = target === null ? undefined : fs.resolve(target)?.path;
      if (real !== undefined && !ours.has(real)) {
        opinion.paths.push(target as string);
        if (real !== interpreterOf(await search.elf(path), fs))
          opinion.warnings.push(`${path}: the image's loader takes ${target} for ${name}, our search does not`);
      }
    }
  }
  return opinion;
}

function interpreterOf(elf: { interpreter?: string } | undefined, fs: RootFs): string | undefined {
  return elf?.interpreter === undefined ? undefined : fs.resolve(elf.interpreter)?.path;
}
