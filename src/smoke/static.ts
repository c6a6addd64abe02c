import { mayBeElf } from '../elf/reader.js';
import { LibrarySearch } from '../elf/search.js';
import type { ImageConfig } from '../images/config.js';
import { findProgram, isProgram, programsOf } from '../keep/scripts.js';
import { shebangAt } from '../os/shebang.js';
import type { RootFs } from '../rootfs.js';

export interface StaticInput {
  /** The original's file system. */
  fs: RootFs;
  /** The shrunk image's file system. */
  small: RootFs;
  config: ImageConfig;
  environment: Readonly<Record<string, string>>;
  commands: readonly (readonly string[])[];
  /** Paths of the programs that the traced runs executed. */
  executed: readonly string[];
}

/**
 * What would not start in the shrunk image: libraries that are found only in the original, links without their target,
 * scripts without their interpreter, a missing entrypoint.
 * @returns the number of checks, and a line for each problem
 */
export async function staticChecks({
  fs,
  small,
  config,
  environment,
  commands,
  executed,
}: StaticInput): Promise<{ checked: number; problems: string[] }> {
  const [before, after] = [await LibrarySearch.open(fs, environment), await LibrarySearch.open(small, environment)];
  const programs = programsOf(executed, commands, { fs, environment, config });
  const problems: string[] = [];
  let checked = commands.length;
  for (const command of commands) {
    const name = command[0];
    if (name !== undefined && findProgram(name, { fs, environment, config }) && !findProgram(name, { fs: small, environment, config })) {
      problems.push(`${name} is run by the configuration and is not in the image`);
    }
  }
  for (const entry of small.entries.values()) {
    if (entry.type === 'l') {
      checked++;
      if (fs.resolve(entry.path) && !small.resolve(entry.path))
        problems.push(`${entry.path} links to ${entry.target}, which is not in the image`);
      continue;
    }
    if (entry.type !== 'f' || entry.size === 0 || !mayBeElf(entry.path, entry.mode)) continue;
    checked++;
    const elf = await after.elf(entry.path);
    if (elf) {
      const missing = (await after.closure(entry.path)).missing;
      const always = new Set((await before.closure(entry.path)).missing.map(({ name }) => name));
      for (const { name, by } of missing) if (!always.has(name)) problems.push(`${by} needs ${name}, which is not found in the image`);
      if (elf.interpreter !== undefined && fs.resolve(elf.interpreter) && !small.resolve(elf.interpreter))
        problems.push(`${entry.path} needs the loader ${elf.interpreter}, which is not in the image`);
    } else if (isProgram(entry.path, { fs, environment, programs })) {
      const shebang = await shebangAt(entry.path, small);
      if (shebang && fs.resolve(shebang.interpreter) && !small.resolve(shebang.interpreter))
        problems.push(`${entry.path} needs its interpreter ${shebang.interpreter}, which is not in the image`);
    }
  }
  return { checked, problems: [...new Set(problems)] };
}
