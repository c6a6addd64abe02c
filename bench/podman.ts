/**
 * The time of `pyshrink shrink` on Podman beside that on Docker, in turns. The limit for the ratio is 1.5.
 * Usage: bench/run.sh podman [NAME...]   NAME is a fixture (default: hello and fastapi)
 *
 * PYSHRINK_TEST_PODMAN and PYSHRINK_TEST_PODMAN_ROOTLESS are the sockets of the services; fixtures/podman.sh starts them.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Fixture, fixtures } from './fixtures.js';
import { median, seconds } from './median.js';

const CLI = new URL('../dist/cli.js', import.meta.url).pathname;
const ROUNDS = 5;
const LIMIT = 1.5;

const wanted = process.argv.slice(2);
const names = await fixtures(wanted.length > 0 ? wanted : ['hello', 'fastapi']);
const services = [
  ['as root', process.env.PYSHRINK_TEST_PODMAN],
  ['as an ordinary user', process.env.PYSHRINK_TEST_PODMAN_ROOTLESS],
].flatMap(([who, socket]) => (socket === undefined ? [] : [{ who, host: `unix://${socket}` }]));
if (services.length === 0) throw new Error('no Podman service runs here: `bash fixtures/podman.sh` says why');

/** Seconds of a `shrink`. @param host address of the daemon; undefined for the one that the docker CLI finds */
async function shrink({ name, image, folder, args }: Fixture, host?: string): Promise<number> {
  const cwd = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  const exercise = ['--exercise', join(folder, 'exercise.yaml'), ...(args.length > 0 ? ['--', ...args] : [])];
  const words = [CLI, 'shrink', image, '--tag', `pyshrink-bench/${name.replace(':', '-')}:podman`, ...exercise];
  return seconds(() => execa(process.execPath, words, { cwd, ...(host && { env: { DOCKER_HOST: host } }) }));
}

console.log('| fixture | Podman | Podman takes | Docker takes | ratio |\n|---|---|--:|--:|--:|');
for (const fixture of names) {
  await shrink(fixture); // the first run fills caches
  for (const { host } of services) await shrink(fixture, host);
  const docker: number[] = [];
  const podman = services.map(() => [] as number[]);
  for (let round = 0; round < ROUNDS; round++) {
    docker.push(await shrink(fixture));
    for (const [at, { host }] of services.entries()) podman[at]?.push(await shrink(fixture, host));
  }
  for (const [at, { who }] of services.entries()) {
    const taken = podman[at] as number[];
    const ratio = median(taken.map((time, round) => time / (docker[round] as number)));
    console.log(`| ${fixture.name} | ${who} | ${median(taken).toFixed(1)} s | ${median(docker).toFixed(1)} s | ${ratio.toFixed(2)} |`);
    if (ratio > LIMIT) console.error(`${fixture.name}: Podman ${who} takes more than ${LIMIT} times as long as Docker`);
  }
}
