/**
 * Prints the table of docs/benchmarks.md: for every fixture and level, the size and the number of behaviours that match the original.
 * Arguments select fixtures; default: all.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { LEVELS } from '../src/keep/level.js';
import { behave } from '../test/support/behaviour.js';
import { databaseFor, withDatabase } from './database.js';
import { type Fixture, fixtures, mb } from './fixtures.js';

const CLI = new URL('../dist/cli.js', import.meta.url).pathname;

const names = await fixtures(process.argv.slice(2));

await withDatabase(async () => {
  console.log(
    `| fixture | original |${LEVELS.map((level) => ` \`${level}\` |`).join('')} \`shrink\` takes |\n|---|--:|${LEVELS.map(() => '--:|').join('')}--:|`,
  );
  for (const fixture of names) console.log(await row(fixture));
});

async function row({ name, image, folder, args }: Fixture): Promise<string> {
  const database = databaseFor(name);
  const given = (database?.env ?? []).flatMap((entry) => ['-e', entry]);
  const network = database ? ['--network', database.network] : [];
  const cwd = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  const run = async (command: string, ...rest: string[]) =>
    JSON.parse((await execa(process.execPath, [CLI, command, '--json', ...rest], { cwd })).stdout);
  const tag = (level: string) => `pyshrink-bench/${name.replace(':', '-')}:${level}`;
  const exercise = ['--exercise', join(folder, 'exercise.yaml'), ...(args.length > 0 ? ['--', ...args] : [])];
  const { before, seconds } = await run('shrink', image, '--tag', tag('reachable'), ...given, ...network, ...exercise);
  const sizes: number[] = [];
  for (const level of LEVELS) sizes.push((await run('assemble', '--level', level, '--tag', tag(level), ...given)).size);
  const shrunk = LEVELS.map((level) => ({ image: tag(level), levels: LEVELS }));
  const results = await behave(folder, image, shrunk, database);
  const cells = sizes.map((size, index) => {
    const same = results.filter(({ differences }) => differences[index]?.length === 0).length;
    return ` ${mb(size)}, ${same}/${results.length} |`;
  });
  return `| ${name} | ${mb(before)} |${cells.join('')} ${seconds.toFixed(1)} s |`;
}
