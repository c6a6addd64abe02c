/** The README's table: every fixture shrunk at the level `observed`. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const FIXTURES = new URL('../fixtures/', import.meta.url).pathname;
const CLI = new URL('../dist/cli.js', import.meta.url).pathname;
const NETWORK = 'pyshrink-bench';
const DATABASE = 'pyshrink-bench-postgres';

const names = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(join(FIXTURES, entry.name)).includes('expected.json'))
  .map(({ name }) => name);
await execa('docker', ['network', 'create', NETWORK], { reject: false });
await execa('docker', ['run', '-d', '--rm', '--name', DATABASE, '--network', NETWORK, 'pyshrink-fixture/postgres']);
try {
  while ((await execa('docker', ['exec', DATABASE, 'pg_isready', '-h', '127.0.0.1'], { reject: false })).exitCode !== 0);
  console.log('| fixture | before | after | ratio | files | time |\n|---|--:|--:|--:|--:|--:|');
  for (const name of names) {
    const { args = [] } = JSON.parse(readFileSync(join(FIXTURES, name, 'expected.json'), 'utf8')) as { args?: string[] };
    const beside = name === 'psycopg2' ? ['--network', NETWORK, '-e', `DATABASE_URL=postgresql://postgres@${DATABASE}/postgres`] : [];
    const run = await execa(
      process.execPath,
      [
        CLI,
        'shrink',
        `pyshrink-fixture/${name}`,
        '--json',
        '--exercise',
        join(FIXTURES, name, 'exercise.yaml'),
        ...beside,
        ...(args.length > 0 ? ['--', ...args] : []),
      ],
      { cwd: mkdtempSync(join(tmpdir(), 'pyshrink-')) },
    );
    const { before, after, ratio, files, seconds } = JSON.parse(run.stdout) as Record<string, number>;
    const mb = (bytes = 0) => `${(bytes / 1e6).toFixed(1)} MB`;
    console.log(`| ${name} | ${mb(before)} | ${mb(after)} | ${ratio?.toFixed(1)} | ${files} | ${seconds?.toFixed(1)} s |`);
  }
} finally {
  await execa('docker', ['rm', '-f', DATABASE], { reject: false });
  await execa('docker', ['network', 'rm', NETWORK], { reject: false });
}
