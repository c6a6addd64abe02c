import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { applyLayers } from '../../src/images/layers/apply.js';
import { parseImageName } from '../../src/images/name.js';
import { readConfig } from '../../src/images/source.js';
import { type LayeredName, openSource } from '../../src/images/transports/open.js';
import { buildImage, buildSmallImage, CLI, docker, leftovers, workdir } from './engine.js';
import { has } from './needs.js';

// Many runs at once on one daemon, one cache and one folder: what each of them makes stays its own.

/** A way to shrink an image. */
interface Way {
  engine: 'docker' | 'local';
  /** It is read from a file, so that it is on the daemon only for this run. */
  imported: boolean;
  /** It is written into one OCI layout that others write, too. Otherwise to the daemon by name, or into a file of its own. */
  shared: boolean;
}

const WAYS: readonly Way[] = [
  { engine: 'docker', imported: true, shared: true },
  { engine: 'docker', imported: false, shared: false },
  { engine: 'local', imported: true, shared: true },
  { engine: 'docker', imported: true, shared: false },
  { engine: 'local', imported: true, shared: false },
];
/** A PID namespace and a host name of its own, as in a container. The shell is there to be its first process. */
const APART = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--uts', 'sh', '-c', 'hostname "$0"; "$@"; exit $?'];

/** An image that only one run shrinks. */
interface Made {
  image: string;
  /** A file of `docker save`. */
  archive: string;
  /** What it prints. */
  says: string;
}

/**
 * Shrinks as many images at once, and kills two more runs in their midst. Where that is possible, every second run has a PID
 * namespace of its own, so that the others can't ask it by its process id.
 * @returns what is wrong, a line for each: none is expected; and how many seconds the runs took
 */
export async function manyAtOnce(count: number): Promise<{ problems: string[]; seconds: number }> {
  const here = { cwd: workdir(), cache: workdir() };
  const base = await buildSmallImage('CMD ["python3", "-c", "pass"]\n', {});
  const images: Made[] = [];
  for (let index = 0; index < count + 2; index++) images.push(await made(base, here.cwd, index));
  const start = performance.now();
  const lives = images.slice(0, count).map(async (image, index) => {
    const problem = await problemOf(here, image, WAYS[index % WAYS.length] as Way, index);
    return problem === undefined ? [] : [`run ${index}: ${problem}`];
  });
  const [near, far] = images.slice(count) as [Made, Made];
  await Promise.all([killed(here, near, 'docker', false), killed(here, far, 'local', has('mount'))]);
  const problems = (await Promise.all(lives)).flat();
  const seconds = (performance.now() - start) / 1000;
  // What the killed ones had locked is free for the next run.
  for (const { archive } of [near, far]) {
    const { exitCode, all } = await pyshrink(here, ['trace', `docker-archive:${archive}`, '--engine', 'local']);
    if (exitCode !== 0) problems.push(`after a killed run: ${all}`);
  }
  await pyshrink(here, ['doctor', '--clean']);
  for (const left of await leftovers()) problems.push(`left on the daemon: ${left}`);
  for (const left of readdirSync(join(here.cache, 'sessions'))) problems.push(`left in the cache: ${left}`);
  const results = readdirSync(join(here.cwd, '.pyshrink')).filter((name) => existsSync(join(here.cwd, '.pyshrink', name, 'result.json')));
  if (results.length !== count) problems.push(`results: ${results.join(', ')}`);
  return { problems, seconds };
}

interface Here {
  cwd: string;
  cache: string;
}

async function made(base: string, folder: string, index: number): Promise<Made> {
  const says = `I am number ${index} at once`;
  const image = await buildImage(`FROM ${base}\nCMD ["python3", "-c", "print('${says}')"]\n`);
  const archive = join(folder, `original-${index}.tar`);
  await docker('save', '-o', archive, image);
  return { image, archive, says };
}

/** @param apart the name of its computer, where it gets namespaces of its own */
function pyshrink({ cwd, cache }: Here, args: readonly string[], apart?: string) {
  const [file = '', ...words] = [...(apart !== undefined ? [...APART, apart] : []), process.execPath, CLI, ...args];
  return execa(file, words, { cwd, reject: false, all: true, env: { PYSHRINK_CACHE: cache }, forceKillAfterDelay: false });
}

async function problemOf(here: Here, { image, archive, says }: Made, way: Way, index: number): Promise<string | undefined> {
  const tag = `pyshrink-test/at-once:${index}`;
  const own = way.engine === 'docker' ? undefined : `docker-archive:${join(here.cwd, `small-${index}.tar`)}`;
  const file = way.shared ? `oci:${join(here.cwd, 'shared')}:${index}` : own;
  const original = way.imported ? `docker-archive:${archive}` : image;
  const to = file === undefined ? ['--tag', tag] : ['--output', file];
  const apart = index % 2 === 0 && has('mount') ? `computer-${index}` : undefined;
  const { exitCode, all } = await pyshrink(here, ['shrink', original, '--engine', way.engine, ...to], apart);
  if (exitCode !== 0) return `exit code ${exitCode}\n${all}`;
  const said = file === undefined ? await docker('run', '--rm', tag) : await commandOf(file);
  return said.includes(says) ? undefined : `its image says ${said}`;
}

/** Reads all of an image in files, with its digests. Returns its command. */
async function commandOf(text: string): Promise<string> {
  const source = await openSource(text, parseImageName(text) as LayeredName, undefined, async () => join(workdir(), 'spool'));
  try {
    await applyLayers(source, { make: () => undefined, link: () => {}, update: () => {}, remove: () => {} });
    return JSON.stringify(readConfig(source.configBytes, text).config.Cmd);
  } finally {
    await source.close();
  }
}

/** Starts a run, and kills it when its app runs. */
async function killed(here: Here, { archive }: Made, engine: string, apart: boolean): Promise<void> {
  const app = ['python3', '-u', '-c', 'import time; print("up"); time.sleep(600)'];
  const args = ['trace', `docker-archive:${archive}`, '--engine', engine, '--debug', '--wait', '600', '--', ...app];
  const run = pyshrink(here, args, apart ? 'killed' : undefined);
  let said = '';
  run.all.on('data', (data: Buffer) => {
    said += data.toString();
  });
  while (!/wait 600 s/.test(said) && run.exitCode === null) await sleep(100);
  run.kill('SIGKILL');
  await run;
}
