import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { debug } from '../debug.js';
import { UserError, usageError } from '../errors.js';
import { parseImageName } from '../images/name.js';
import { FILES, Folder, ROOT, readTrace } from './folder.js';
import type { Result } from './result.js';

/** What a user may mean by a name in a command that needs only the workspace. */
export interface Found {
  folder: Folder;
  /** The trace that was named; undefined where a folder, an image or nothing was. */
  trace: string | undefined;
}

const HOW = 'Name an image that pyshrink has traced here, a trace.json, or a folder that has one.';

/**
 * Finds the results that a user means: those of an image, of a trace, or in a folder.
 * @param subject name of an original or of a shrunk image, which goes before a folder of that name here; path of a trace, a folder below `.pyshrink`, or a folder that
 *   has a `.pyshrink`; undefined: the newest results below the working directory
 * @throws UserError where there are none
 */
export async function findResults(subject: string | undefined): Promise<Found> {
  if (subject === undefined) {
    const folder = await newestIn(ROOT);
    if (folder) return { folder, trace: undefined };
    throw new UserError('There is nothing here to look at yet.', 'Run `pyshrink shrink IMAGE` first, or name a folder that has a trace.');
  }
  const kind = await stat(subject).catch(() => undefined);
  // A folder or a file may have the name of the image. `./NAME` means the folder.
  const image = kind && !/\/|\.json$|^\.+$/.test(subject) ? await ofImage(subject) : undefined;
  if (image) return { folder: image, trace: undefined };
  if (kind?.isDirectory()) {
    const folder = (await has(subject, FILES.trace))
      ? new Folder(subject)
      : ((await newestIn(join(subject, ROOT))) ?? (await newestIn(subject)));
    // A folder of sources may have the name of an image with a namespace: shop/api.
    const found = folder ?? (await ofImage(subject));
    if (found) return { folder: found, trace: undefined };
    throw usageError(`The folder ${subject} has no trace.`, HOW);
  }
  if (kind) {
    const isResult = basename(subject) === FILES.keep || basename(subject) === FILES.result;
    return { folder: new Folder(dirname(subject)), trace: isResult ? undefined : subject };
  }
  const folder = await ofImage(subject);
  if (folder) return { folder, trace: undefined };
  throw usageError(
    `There is no trace here of an image ${subject}, pyshrink made no image of that name here, and no file has that name.`,
    HOW,
  );
}

/**
 * The traces that a result was made from. Their paths are relative to the directory in which pyshrink ran, so they are
 * looked for in the folder too: it may be elsewhere now.
 */
export async function tracesOf(folder: Folder, { traces }: Result): Promise<string[]> {
  const found = await Promise.all(
    traces.map(async (path) => {
      // The folder itself may be a copy, while its original has a newer trace.
      const own =
        basename(dirname(path)) === basename(resolve(folder.path)) || traces.length === 1 ? [join(folder.path, basename(path))] : [];
      const beside = join(dirname(dirname(folder.path)), path);
      for (const place of [...own, beside, path]) if (await stat(place).catch(() => undefined)) return place;
      return undefined;
    }),
  );
  return found.every((path) => path !== undefined) ? found : [folder.tracePath];
}

/** The folder of an image that was traced, or that was made here. The newest, where there are several (platforms). */
async function ofImage(name: string): Promise<Folder | undefined> {
  for (const folder of await foldersIn(ROOT)) {
    const result = await folder.result().catch(() => undefined);
    if (result?.tag === name || result?.id === name) return folder;
    const stored = await readTrace(folder.tracePath).catch((error: unknown) => {
      debug.keep('%s is passed over: %o', folder.path, error);
      return undefined;
    });
    const reference = stored?.trace.image.reference;
    if (reference !== undefined && (reference === name || plain(reference) === plain(name))) return folder;
  }
  return damagedFolderOf(name);
}

/** The folder that belongs to an image, where its trace is there but can't be read: whoever reads it then says why. */
async function damagedFolderOf(name: string): Promise<Folder | undefined> {
  let folder: Folder;
  try {
    folder = Folder.for(parseImageName(name));
  } catch {
    return undefined; // it is no name of an image
  }
  return (await has(folder.path, FILES.trace)) ? folder : undefined;
}

/** A name with its tag, and without the transport that is the default. */
function plain(name: string): string {
  const bare = name.replace(/^docker-daemon:/, '');
  return /[:@][^/]*$/.test(bare) ? bare : `${bare}:latest`;
}

async function newestIn(root: string): Promise<Folder | undefined> {
  return (await foldersIn(root))[0];
}

/** Folders with a trace or a result, the newest first. */
async function foldersIn(root: string): Promise<Folder[]> {
  const names = await readdir(root).catch(() => []);
  const dated = await Promise.all(
    names.map(async (name) => {
      const path = join(root, name);
      const times = await Promise.all(
        [FILES.trace, FILES.result].map(async (file) => (await stat(join(path, file)).catch(() => undefined))?.mtimeMs),
      );
      return { path, time: Math.max(0, ...times.filter((time) => time !== undefined)) };
    }),
  );
  return dated
    .filter(({ time }) => time > 0)
    .sort((a, b) => b.time - a.time)
    .map(({ path }) => new Folder(path));
}

async function has(folder: string, name: string): Promise<boolean> {
  return (await stat(join(folder, name)).catch(() => undefined)) !== undefined;
}
