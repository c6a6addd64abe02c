import { posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import type { ImageInfo, Session } from '../engines/engine.js';
import { PLAIN_RUN } from '../engines/runoptions.js';
import { environmentOf } from '../images/config.js';
import { baseName, parentOf, type RootFs } from '../rootfs.js';
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

/**
 * Finds the interpreter that ran most of the app.
 * @param used the interpreter that the helper runs by
 * @returns its name as it was executed; undefined where it is `used`. Interpreters with the same binary differ by their
 * folder, as those of virtual environments do.
 */
export function otherInterpreter(
  fs: RootFs,
  { processes, observations }: Pick<Facts, 'processes' | 'observations'>,
  used: string,
): string | undefined {
  const weights = weightsOf({ processes, observations });
  const main = [...weights].sort(([, a], [, b]) => b - a)[0]?.[0];
  if (main === undefined) return undefined;
  const named = [...new Set(observations.flatMap(({ kind, path }) => (kind === 'exec' && fs.resolve(path)?.path === main ? [path] : [])))];
  const folder = (path: string) => fs.resolve(parentOf(path))?.path;
  return named.some((path) => folder(path) === folder(used)) ? undefined : named[0];
}

/** How much each interpreter did, by its path. */
function weightsOf({ processes, observations }: Pick<Facts, 'processes' | 'observations'>): Map<string, number> {
  const weights = new Map<string, number>();
  for (const { process } of observations) {
    const executable = process === null ? null : processes[process]?.executable;
    if (executable && PYTHON.test(baseName(executable))) weights.set(executable, (weights.get(executable) ?? 0) + 1);
  }
  return weights;
}

/** Whether an app ran any interpreter. */
export function runsPython(facts: Pick<Facts, 'processes' | 'observations'>): boolean {
  return weightsOf(facts).size > 0;
}
