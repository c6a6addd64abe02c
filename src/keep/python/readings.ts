import { environmentOf, type ImageConfig } from '../../images/config.js';
import type { Entry, RootFs } from '../../rootfs.js';
import type { Trace } from '../../trace/schema.js';
import { KERNEL_DIRECTORIES } from '../data/directories.js';
import type { Readings } from '../variables.js';
import type { CodeThatRan } from './ran.js';

/** Bytes of a file, and of all files, that are read. A larger file is data. */
const [LARGEST, MOST] = [512 << 10, 4 << 20];
/** Bytes of all programs and extension modules that are searched for a name. */
const MOST_BINARIES = 16 << 20;
/** Files of the operating system, which name no variables of the app. */
const SYSTEM = /^\/(?:usr\/(?:lib|share)|lib|lib64)\//;
/** Files that are no text. */
const NO_TEXT = /\.(?:so[.\d]*|pyc|gz|zip|whl|png|jpe?g|gif|ico|woff2?|ttf|sqlite3?|db|npy|pkl)$/;

/**
 * What the app read that may name environment variables: its own code, and the scripts and configuration files that it opened.
 * @param commands command lines of the run
 * @param incomplete whether the app could read files that are not in the image
 */
export async function readingsOf(
  fs: RootFs,
  { observations }: Trace,
  { world, own }: CodeThatRan,
  config: ImageConfig,
  commands: readonly string[],
  incomplete: boolean,
): Promise<Readings> {
  const paths = new Set(own.code);
  for (const { kind, path } of observations) {
    const found = kind === 'open' || kind === 'exec' ? fs.resolve(path)?.path : undefined;
    if (found !== undefined && !SYSTEM.test(found) && !world.isStandard(found) && !world.isInstalled(found)) paths.add(found);
  }
  for (const { local, files } of world.distributions.all) if (local) for (const path of files) paths.add(path);
  const files = [...paths].flatMap((path) => fs.lstat(path) ?? []).filter(({ type, path }) => type === 'f' && isText(path));
  const [taken, left] = within(
    files.filter(({ size }) => size <= LARGEST),
    MOST,
  );
  const bytes = await Promise.all(taken.map(({ path, size }) => fs.read(path, 0, size)));
  const texts = bytes.filter((content) => !content.includes(0)).map((content) => Buffer.from(content).toString('utf8'));
  const { Entrypoint, Cmd, Healthcheck } = config;
  return {
    image: Object.keys(environmentOf(config.Env)),
    texts: [...texts, [...(Entrypoint ?? []), ...(Cmd ?? []), ...(Healthcheck?.Test ?? []), ...commands].join('\n')],
    words: world.words(),
    incomplete: incomplete || left > 0 || texts.length === 0,
  };
}

/** Those of the names that a program or an extension module in use has in its bytes. */
export async function namesInBinaries(fs: RootFs, { observations }: Trace, names: readonly string[]): Promise<Set<string>> {
  const used = observations.filter(({ kind }) => kind === 'exec' || kind === 'map' || kind === 'open');
  const paths = new Set(
    used.flatMap(({ kind, path }) => (kind === 'exec' || /\.so(?:\.|$)/.test(path) ? (fs.resolve(path)?.path ?? []) : [])),
  );
  const files = [...paths].flatMap((path) => fs.lstat(path) ?? []).filter(({ type }) => type === 'f');
  const [taken] = within(files, MOST_BINARIES);
  const found = new Set<string>();
  for (const { path, size } of taken) {
    const bytes = Buffer.from(await fs.read(path, 0, size));
    for (const name of names) if (bytes.includes(name)) found.add(name);
  }
  return found;
}

function isText(path: string): boolean {
  return !KERNEL_DIRECTORIES.test(path) && !NO_TEXT.test(path);
}

/** As many files as fit, the smallest first, and how many do not. */
function within(files: readonly Entry[], most: number): [taken: Entry[], left: number] {
  let sum = 0;
  const sorted = [...files].sort((a, b) => a.size - b.size);
  const taken = sorted.filter(({ size }) => {
    sum += size;
    return sum <= most;
  });
  return [taken, files.length - taken.length];
}
