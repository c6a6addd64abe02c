import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import type { ImageInfo, Session } from '../engines/engine.js';
import { PLAIN_RUN } from '../engines/runoptions.js';
import { environmentOf } from '../images/config.js';
import { ENVIRONMENT_FILE, type Installation, installationOf, isSameInstallation } from '../python/installation.js';
import { baseName, join, parentOf, type RootFs } from '../rootfs.js';
import type { Facts } from '../trace/facts.js';

const PYTHON = /^python[\d.]*$/;
/** Interpreters that may run an app. Others are configuration scripts, or copies inside packages. */
const IN_PROGRAMS = /(^|\/)bin\/python(3(\.\d+)?)?$/;

/** Usual places of an interpreter that is not on PATH. */
const ELSEWHERE = [
  '/usr/local/bin/python3',
  '/usr/bin/python3',
  '/opt/venv/bin/python',
  '/venv/bin/python',
  '/app/.venv/bin/python',
  '/opt/conda/bin/python',
  '/usr/local/bin/python',
  '/usr/bin/python',
];

/**
 * Names under which an image may have its interpreter, the most likely first: the one in its command, one in the same
 * folder as its command (where pip puts console scripts), those on PATH and in usual places, and then any in a listing
 * of the whole image.
 */
export async function* interpretersOf(session: Session, image: ImageInfo): AsyncGenerator<string> {
  if (image.python !== undefined) {
    yield image.python;
    return;
  }
  const { config } = image;
  const command = [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])][0] ?? '';
  const environment = environmentOf(config.Env);
  const likely = [
    ...(PYTHON.test(baseName(command)) ? [command] : []),
    ...(command.startsWith('/') && !/^\/(usr\/)?s?bin\//.test(command)
      ? [`${parentOf(command)}/python3`, `${parentOf(command)}/python`]
      : []),
    ...(environment.VIRTUAL_ENV ? [`${environment.VIRTUAL_ENV}/bin/python`] : []),
    'python3',
    ...ELSEWHERE,
  ];
  const tried = new Set<string>();
  const fresh = (name: string) => !tried.has(name) && tried.add(name);
  for (const name of likely) if (fresh(name)) yield name;
  for await (const name of listed(session, image)) if (fresh(name)) yield name;
}

/** Every file of the image that has the name of an interpreter. */
async function* listed(session: Session, image: ImageInfo): AsyncGenerator<string> {
  const known = await session.entriesOf(image.id);
  if (known) {
    for (const { path, type } of known.values()) if (type !== 'd' && IN_PROGRAMS.test(path)) yield path;
    return;
  }
  const container = await session.create({
    image: image.id,
    command: ['pyshrink'],
    run: PLAIN_RUN,
    volume: await session.createVolume(),
    attachInput: false,
    role: 'helper',
  });
  const found: string[] = [];
  const archive = extract();
  archive.on('entry', (header, entry, next) => {
    const path = posix.join('/', header.name);
    if (header.type !== 'directory' && IN_PROGRAMS.test(path)) found.push(path);
    entry.on('end', next).resume();
  });
  await pipeline(await container.getArchive('/'), archive);
  await container.remove();
  yield* found;
}

type Ran = Pick<Facts, 'processes' | 'observations'>;

/**
 * Finds the interpreter that ran most of the app.
 * @param used the interpreter that the helper runs by
 * @returns a name under which it is started; undefined where it is `used`. Interpreters with the same binary differ by their
 * virtual environment.
 */
export function otherInterpreter(fs: RootFs, facts: Ran, used: string): string | undefined {
  const main = mainInstallation(fs, facts);
  if (main === undefined) return undefined;
  const { executable, environment } = main;
  if (environment !== undefined) {
    const own = installationOf(used, fs);
    if (own && isSameInstallation(own, main)) return undefined;
    const names = fs.list(join(environment, 'bin')).filter((path) => PYTHON.test(baseName(path)) && fs.resolve(path)?.path === executable);
    return names.sort((a, b) => a.length - b.length)[0];
  }
  const isNamed = (path: string) => fs.resolve(path)?.path === executable && installationOf(path, fs)?.environment === undefined;
  const named = [...new Set(facts.observations.flatMap(({ kind, path }) => (kind === 'exec' && isNamed(path) ? [path] : [])))];
  const folder = (path: string) => fs.resolve(parentOf(path))?.path;
  return named.some((path) => folder(path) === folder(used)) ? undefined : named[0];
}

/** The installation whose processes did most. */
function mainInstallation(fs: RootFs, facts: Ran): Installation | undefined {
  const environments = environmentsOf(fs, facts);
  const all: { installation: Installation; weight: number }[] = [];
  for (const { process } of facts.observations) {
    const executable = process === null ? null : facts.processes[process]?.executable;
    if (!executable || !PYTHON.test(baseName(executable))) continue;
    const environment = environments[process as number];
    const installation = { executable, ...(environment !== undefined && { environment }) };
    const known = all.find((one) => isSameInstallation(one.installation, installation));
    if (known) known.weight++;
    else all.push({ installation, weight: 1 });
  }
  return all.sort((a, b) => b.weight - a.weight)[0]?.installation;
}

/**
 * The virtual environment of each process: an interpreter looks for pyvenv.cfg beside its name when it starts (PEP 405). A process that
 * was forked, and looked for none, has that of its parent. A script's first line names the interpreter to the kernel alone, so what
 * was executed does not say it.
 */
function environmentsOf(fs: RootFs, { processes, observations }: Ran): (string | undefined)[] {
  const found = new Map<number, string | undefined>();
  for (const { kind, path, process } of observations) {
    if (process === null || baseName(path) !== ENVIRONMENT_FILE) continue;
    const file = kind === 'open' ? fs.resolve(path)?.path : undefined;
    // The first one is the interpreter's own; a tool may read others.
    if (file !== undefined) found.set(process, found.get(process) ?? parentOf(file));
    else if (!found.has(process)) found.set(process, undefined);
  }
  const environments: (string | undefined)[] = [];
  /** Index of the newest process with a pid. */
  const newest = new Map<number, number>();
  processes.forEach(({ pid, parent, executable }, index) => {
    // After an exec of the same interpreter, a look-up in the same process is not seen again.
    const before = newest.get(pid) ?? newest.get(parent) ?? -1;
    const isForked = !found.has(index) && processes[before]?.executable === executable;
    environments.push(isForked ? environments[before] : found.get(index));
    newest.set(pid, index);
  });
  return environments;
}

/** Whether an app ran any interpreter. */
export function runsPython(facts: Ran): boolean {
  return facts.observations.some(({ process }) => process !== null && PYTHON.test(baseName(facts.processes[process]?.executable ?? '')));
}
