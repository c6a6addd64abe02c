/**
 * The time of `pyshrink shrink` on Podman beside that on Docker, in turns. The limit for the ratio is 1.5.
 * Usage: bench/run.sh podman [NAME...]   NAME is hello, fastapi, worker, healthcheck or a case of the entrypoint zoo (default: all)
 *
 * PYSHRINK_TEST_PODMAN and PYSHRINK_TEST_PODMAN_ROOTLESS are the sockets of the services; fixtures/podman.sh starts them.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { casesOfEngines, fixtureFile, shrinkWords, type Way, writeZooCase, type ZooCase } from '../test/support/way.js';
import { median, seconds } from './median.js';

const CLI = new URL('../dist/cli.js', import.meta.url).pathname;
const ROUNDS = 3;
const LIMIT = 1.5;
const NETWORK = 'pyshrink-bench-podman';

/** A way to run an image, which each daemon has. */
interface Case {
  name: string;
  image: string;
  way: Omit<Way, 'name'>;
  /** How the image is built, where fixtures/podman.sh has not brought it. */
  build?: Omit<ZooCase, 'name'>;
}

const worker = fixtureFile('worker', 'way.yaml') as Way;
const cases: Case[] = [
  { name: 'hello', image: 'pyshrink-fixture/hello', way: { level: 'reachable' } },
  { name: 'fastapi', image: 'pyshrink-fixture/fastapi', way: { ...fixtureFile('fastapi', 'exercise.yaml'), level: 'reachable' } },
  {
    name: 'worker',
    image: 'pyshrink-fixture/worker',
    way: { ...worker, options: (worker.options ?? []).map((word) => (word === 'pyshrink-test-ways' ? NETWORK : word)) },
  },
  { name: 'healthcheck', image: 'pyshrink-fixture/healthcheck', way: fixtureFile('healthcheck', 'way.yaml') },
  ...casesOfEngines().map(({ name, ...way }) => ({
    ...{ name, way, build: way },
    image: `pyshrink-bench/${name.toLowerCase().replace(/\W+/g, '-')}`,
  })),
];
const wanted = process.argv.slice(2);
const chosen = cases.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const services = [
  ['as root', process.env.PYSHRINK_TEST_PODMAN],
  ['as an ordinary user', process.env.PYSHRINK_TEST_PODMAN_ROOTLESS],
].flatMap(([who, socket]) => (socket === undefined ? [] : [{ who, host: `unix://${socket}` }]));
if (services.length === 0) throw new Error('no Podman service runs here: `bash fixtures/podman.sh` says why');
if (chosen.length === 0) throw new Error(`name one of: ${cases.map(({ name }) => name).join(', ')}`);

const docker = (host: string | undefined, ...args: string[]) =>
  execa('docker', args, { env: { DOCKER_BUILDKIT: '0', ...(host && { DOCKER_HOST: host }) } });

async function prepare({ image, build }: Case, host?: string): Promise<void> {
  if (!build) return;
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  writeZooCase(build, folder);
  await docker(host, 'build', '-q', '-t', image, folder);
}

/** Seconds of a `shrink`. @param host address of the daemon; undefined for the one that the docker CLI finds */
async function shrink({ image, way }: Case, host?: string): Promise<number> {
  const cwd = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  const words = [CLI, ...shrinkWords(image, way, 'pyshrink-bench/small:podman', cwd)];
  const options = { cwd, ...(host && { env: { DOCKER_HOST: host } }), ...(way.input !== undefined && { input: way.input }) };
  return seconds(() => execa(process.execPath, words, options));
}

const hosts = [undefined, ...services.map(({ host }) => host)];
const redis = 'pyshrink-test-redis';
for (const host of hosts) {
  await docker(host, 'network', 'create', NETWORK);
  await docker(host, 'run', '-d', '--rm', '--name', redis, '--network', NETWORK, 'pyshrink-fixture/redis');
}
const ratios: number[][] = services.map(() => []);
try {
  console.log('| case | Podman | Podman takes | Docker takes | ratio |\n|---|---|--:|--:|--:|');
  for (const one of chosen) {
    for (const host of hosts) {
      await prepare(one, host);
      await shrink(one, host); // the first run fills caches
    }
    const plain: number[] = [];
    const podman = services.map(() => [] as number[]);
    for (let round = 0; round < ROUNDS; round++) {
      plain.push(await shrink(one));
      for (const [at, { host }] of services.entries()) podman[at]?.push(await shrink(one, host));
    }
    for (const [at, { who }] of services.entries()) {
      const taken = podman[at] as number[];
      const ratio = median(taken.map((time, round) => time / (plain[round] as number)));
      ratios[at]?.push(ratio);
      console.log(`| ${one.name} | ${who} | ${median(taken).toFixed(1)} s | ${median(plain).toFixed(1)} s | ${ratio.toFixed(2)} |`);
      if (ratio > LIMIT) console.error(`${one.name}: Podman ${who} takes more than ${LIMIT} times as long as Docker`);
    }
  }
  for (const [at, { who }] of services.entries())
    console.log(`| median of these | ${who} | | | ${median(ratios[at] as number[]).toFixed(2)} |`);
} finally {
  for (const host of hosts) {
    await docker(host, 'rm', '-f', redis);
    await docker(host, 'network', 'rm', NETWORK);
    await docker(host, 'volume', 'rm', '-f', 'pyshrink-test-items');
  }
}
