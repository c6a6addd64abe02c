import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { CLI, workdir } from '../support/engine.js';

/** Files of dist/ that a command line loads. V8 lists them in its coverage report (NODE_V8_COVERAGE). */
async function loadedBy(...args: string[]): Promise<string[]> {
  const folder = workdir();
  await execa(process.execPath, [CLI, ...args], { env: { NODE_V8_COVERAGE: folder } });
  return readdirSync(folder).flatMap((name) =>
    (JSON.parse(readFileSync(join(folder, name), 'utf8')).result as { url: string }[]).flatMap(({ url }) =>
      url.startsWith('file:') ? [fileURLToPath(url)] : [],
    ),
  );
}

/** The commands that a file of dist/ belongs to. Shared code is in files named `chunk-...`. */
const commandsOf = (files: string[]) =>
  files.flatMap((file) => basename(file).match(/^(trace|assemble|smoke|shrink|why|doctor)-[^-]+\.js$/)?.[1] ?? []);

it.each(['--version', '--help'])('%s loads no command, and only the library that parses the command line', async (flag) => {
  const files = await loadedBy(flag);
  expect(files.map((file) => basename(file))).toContain('cli.js');
  expect(commandsOf(files)).toEqual([]);
  // All of dist/ is more than 2 MB.
  expect(files.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(100_000);
});

it('a command does not load the other commands', async () => {
  expect(commandsOf(await loadedBy('why', '--help'))).toEqual(['why']);
});
