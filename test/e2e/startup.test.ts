import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { CLI, workdir } from '../support/engine.js';

/** Files of pyshrink and its packages that a command line loads. V8 lists them in its coverage report (NODE_V8_COVERAGE). */
async function loadedBy(...args: string[]): Promise<string[]> {
  const folder = workdir();
  await execa(process.execPath, [CLI, ...args], { env: { NODE_V8_COVERAGE: folder } });
  return readdirSync(folder).flatMap((name) =>
    (JSON.parse(readFileSync(join(folder, name), 'utf8')).result as { url: string }[]).flatMap(({ url }) => {
      const file = url.startsWith('file:') ? url.replace(/^.*\/(dist|node_modules)\//, '') : '';
      return file === '' ? [] : [file];
    }),
  );
}

it.each(['--version', '--help'])('%s loads no command, and only the library that parses the command line', async (flag) => {
  const files = await loadedBy(flag);
  expect(files).toContain('cli.js');
  expect(files.filter((file) => !/^(cli|errors|version)\.js$|^(@commander-js\/extra-typings|commander)\//.test(file))).toEqual([]);
});

it('a command does not load the other commands', async () => {
  const files = await loadedBy('why', '--help');
  expect(files.filter((file) => file.startsWith('commands/'))).toEqual(expect.arrayContaining(['commands/why.js']));
  expect(files).not.toContain('commands/shrink.js');
});
