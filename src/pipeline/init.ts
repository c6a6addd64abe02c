import { posix } from 'node:path';
import type { ImageInfo } from '../engines/engine.js';
import { Helper } from '../guest/helper.js';
import { environmentOf, exposedPorts, healthcheckCommand } from '../images/config.js';
import type { CodeFile, Looked } from '../project/propose.js';
import { normalizeName } from '../python/metadata.js';
import type { RootFs } from '../rootfs.js';
import type { Context } from './context.js';

/** Files of the app's code that are read, and the bytes that one may have. */
const MOST = { files: 2000, bytes: 1 << 20 };
/** Files in one request. */
const BATCH = 200;
/** Folders below the app's own that hold code of others, or code that is not run in production. */
const OTHERS = /\/(site-packages|dist-packages|node_modules|\.?venv|env|tests?|testing|migrations|docs?|examples?|\.[^/]+)\//;
/** Where apps are, by custom, if the image has no working directory. */
const CUSTOMARY = ['/app', '/srv', '/code', '/usr/src/app', '/opt/app', '/home'];
/** The folder of an installed distribution's metadata: https://packaging.python.org/en/latest/specifications/recording-installed-packages/ */
const METADATA = /\/([^/]+?)-[^-/]+\.(?:dist-info|egg-info)\/(?:METADATA|PKG-INFO)$/;

/** Looks at an image by its helper only: nothing of the app is run. @throws UserError where the image has no Python */
export async function lookAt(context: Context, image: ImageInfo): Promise<Looked> {
  const helper = await context.progress.task(`Looking at ${image.reference}`, () => Helper.start(context.session, image));
  return lookWith(helper, await helper.rootFs(), image);
}

/** The same by a helper that runs already. @param fs the image's file system */
export async function lookWith(helper: Helper, fs: RootFs, image: ImageInfo): Promise<Looked> {
  const { config } = image;
  const workdir = config.WorkingDir || '/';
  const paths = codePaths(fs, workdir, [...(config.Entrypoint ?? []), ...(config.Cmd ?? [])]);
  const code: CodeFile[] = [];
  for (let at = 0; at < paths.length; at += BATCH) {
    const part = paths.slice(at, at + BATCH);
    const answers = await helper.appCode(part);
    code.push(...answers.map((answer, index) => ({ path: part[index] as string, ...answer })));
  }
  return {
    image: image.reference,
    entrypoint: config.Entrypoint ?? [],
    command: config.Cmd ?? [],
    workdir,
    ports: exposedPorts(config).map(String),
    healthcheck: healthcheckCommand(config) ?? [],
    environment: Object.keys(environmentOf(config.Env)),
    python: helper.python.executable,
    distributions: new Set([...fs.entries.keys()].flatMap((path) => METADATA.exec(path)?.[1] ?? []).map(normalizeName)),
    code,
  };
}

/** The app's own Python files, those nearest to its folder first. */
export function codePaths(fs: Pick<RootFs, 'entries'>, workdir: string, words: readonly string[]): string[] {
  const scripts = words.filter((word) => word.endsWith('.py')).map((word) => posix.dirname(posix.resolve(workdir, word)));
  const roots = [...new Set([...(workdir === '/' ? CUSTOMARY : [workdir]), ...scripts])].filter((root) => root !== '/');
  const found = [...fs.entries.values()].filter(
    ({ path, type, size }) =>
      type === 'f' &&
      path.endsWith('.py') &&
      size <= MOST.bytes &&
      roots.some((root) => path.startsWith(`${root}/`) && !OTHERS.test(path.slice(root.length))),
  );
  const depth = (path: string) => path.split('/').length;
  return found
    .map(({ path }) => path)
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
    .slice(0, MOST.files);
}
