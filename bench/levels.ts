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
import { type Fixture, fixtures, mb, needsDatabase } from './fixtures.js';

const CLI = new URL('../dist/cli.js', import.meta.url).pathname;
const NETWORK = `pyshrink-bench-${process.pid}`;
const DATABASE = `${NETWORK}-postgres`;

const names = await fixtures(process.argv.slice(2));

await execa('docker', ['network', 'create', NETWORK], { reject: false });
await execa('docker', ['run', '-d', '--rm', '--name', DATABASE, '--network', NETWORK, 'pyshrink-fixture/postgres']);
try {
  while ((await execa('docker', ['exec', DATABASE, 'pg_isready', '-h', '127.0.0.1'], { reject: false })).exitCode !== 0);
  console.log(
    `| fixture | original |${LEVELS.map((level) => ` \`${level}\` |`).join('')} \`shrink\` takes |\n|---|--:|${LEVELS.map(() => '--:|').join('')}--:|`,
  );
  for (const fixture of names) console.log(await row(fixture));
} finally {
  await execa('docker', ['rm', '-f', DATABASE], { reject: false });
  await execa('docker', ['network', 'rm', NETWORK], { reject: false });
}

async function row({ name, image, folder, args }: Fixture): Promise<string> {
  const env = needsDatabase(name) ? [`DATABASE_URL=postgresql://postgres@${DATABASE}/postgres`] : [];
  const given = env.flatMap((entry) => ['-e', entry]);
  const network = needsDatabase(name) ? ['--network', NETWORK] : [];
  const cwd = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  const run = async (command: string, ...rest: string[]) =>
    JSON.parse((await execa(process.execPath, [CLI, command, '--json', ...rest], { cwd })).stdout);
  const tag = (level: string) => `pyshrink-bench/${name.replace(':', '-')}:${level}`;
  const exercise = ['--exercise', join(folder, 'exercise.yaml'), ...(args.length > 0 ? ['--', ...args] : [])];
  const { before, seconds } = await run('shrink', image, '--tag', tag('reachable'), ...given, ...network, ...exercise);
  const sizes: number[] = [];
  for (const level of LEVELS) sizes.push((await run('assemble', '--level', level, '--tag', tag(level), ...given)).size);
  const beside = env.length > 0 ? { network: NETWORK, env } : {};
  const shrunk = LEVELS.map((level) => ({ image: tag(level), levels: LEVELS }));
  const results = await behave(folder, image, shrunk, beside);
  const cells = sizes.map((size, index) => {
    const same = results.filter(({ differences }) => differences[index]?.length === 0).length;
    return ` ${mb(size)}, ${same}/${results.length} |`;
  });
  return `| ${name} | ${mb(before)} |${cells.join('')} ${seconds.toFixed(1)} s |`;
}
