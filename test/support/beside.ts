import { docker } from './engine.js';

const NETWORK = 'pyshrink-test-ways';
/** Container name → its image, and a command that succeeds when the server is ready. */
const SERVERS: Record<string, [image: string, ...ready: string[]]> = {
  'pyshrink-test-redis': ['pyshrink-fixture/redis', 'redis-cli', 'ping'],
  'pyshrink-test-postgres2': ['pyshrink-fixture/postgres', 'pg_isready', '-h', '127.0.0.1'],
};

/** Starts the servers that some fixtures connect to, in a separate network. */
export async function startBeside(): Promise<void> {
  await stopBeside();
  await docker('network', 'create', NETWORK);
  for (const [name, [image]] of Object.entries(SERVERS)) await docker('run', '-d', '--rm', '--name', name, '--network', NETWORK, image);
  for (const [name, [, ...ready]] of Object.entries(SERVERS))
    while ((await docker('exec', name, ...ready).catch(() => '')) === '') await new Promise((go) => setTimeout(go, 100));
}

export async function stopBeside(): Promise<void> {
  for (const name of Object.keys(SERVERS)) await docker('rm', '-f', name).catch(() => {});
  await docker('network', 'rm', NETWORK).catch(() => {});
}
