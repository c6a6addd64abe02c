/** The database beside the fixtures that need one. */
import { execa } from 'execa';
import type { Beside } from '../test/support/behaviour.js';

const NETWORK = `pyshrink-bench-${process.pid}`;
const DATABASE = `${NETWORK}-postgres`;
const BESIDE = { network: NETWORK, env: [`DATABASE_URL=postgresql://postgres@${DATABASE}/postgres`] } as const;

/** The network and the environment of a fixture, or of a variant of it; undefined where it needs no database. */
export function databaseFor(name: string): Required<Beside> | undefined {
  return /^psycopg2(:|$)/.test(name) ? { network: BESIDE.network, env: [...BESIDE.env] } : undefined;
}

/** Starts PostgreSQL in a network of its own, and removes both when *work* is done. */
export async function withDatabase(work: () => Promise<void>): Promise<void> {
  await execa('docker', ['network', 'create', NETWORK], { reject: false });
  try {
    await execa('docker', ['run', '-d', '--rm', '--name', DATABASE, '--network', NETWORK, 'pyshrink-fixture/postgres']);
    while ((await execa('docker', ['exec', DATABASE, 'pg_isready', '-h', '127.0.0.1'], { reject: false })).exitCode !== 0);
    await work();
  } finally {
    await execa('docker', ['rm', '-f', DATABASE], { reject: false });
    await execa('docker', ['network', 'rm', NETWORK], { reject: false });
  }
}
