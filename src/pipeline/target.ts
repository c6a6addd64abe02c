import { join } from 'node:path';
import { showName } from '../conceal.js';
import { usageError } from '../errors.js';
import { requireAttributes } from '../images/layers/attributes.js';
import { type ImageName, shrunkName } from '../images/name.js';
import { isOurs } from '../images/origin.js';
import { type Reference, referenceText } from '../images/reference.js';
import { requireFree, requireLayout } from '../images/transports/free.js';
import { takenError } from '../images/transports/taken.js';
import { requireWritable, writeImage } from '../images/transports/write.js';
import type { Entry } from '../rootfs.js';
import type { Folder } from '../workspace/folder.js';
import type { Context } from './context.js';

/** What the user says about where the shrunk image goes. */
export interface TargetChoice {
  /** Default: `<name>:<tag>-shrunk`. */
  tag?: Reference | undefined;
  /** Default: the daemon where one is used, else an OCI layout below the folder of the results. */
  output?: ImageName | undefined;
  /** Replaces also what pyshrink did not make. */
  force?: boolean | undefined;
}

/** Where the shrunk image goes. */
export interface Target {
  name: Exclude<ImageName, { transport: 'host' }>;
  /** Its name in a daemon or an archive. */
  label: string;
  /** Whether it may replace what pyshrink did not make. */
  force: boolean;
}

/** Endings of files. An image in the daemon may be called so, but hardly anybody wants that. */
const FILE = /\.(tar|tgz|tar\.(gz|zst)|oci)$/i;

/**
 * Decides where the shrunk image goes.
 * @throws UserError where it can't go there, or something is there that pyshrink did not make
 */
export async function targetOf(context: Context, original: ImageName, choice: TargetChoice, folder: Folder): Promise<Target> {
  const { tag, output } = choice;
  if (tag?.digest !== undefined)
    throw usageError(`--tag ${referenceText(tag)} has a digest, which a new image can't have yet.`, 'Write NAME[:TAG].');
  const reference = tag ?? shrunkName(original);
  const label = referenceText(reference);
  for (const shown of [label, output?.text]) if (shown !== undefined) showName(shown);
  const name = output ?? defaultTarget(context, reference, folder);
  if (name.transport === 'host')
    throw usageError('--output host: is no place for an image.', 'Write to oci:DIR, oci-archive:FILE, docker-archive:FILE or rootfs:DIR.');
  if (name.transport === 'docker-daemon') requireDaemonName(context, name);
  else await requireWritable(name);
  if (!choice.force) await requireOurs(context, name);
  else if (name.transport !== 'docker-daemon') await requireLayout(name);
  return { name, label: name.transport === 'docker-daemon' ? referenceText(name.reference) : label, force: choice.force === true };
}

function defaultTarget({ engine }: Context, reference: Reference, folder: Folder): ImageName {
  const text = referenceText(reference);
  if (engine.features.imageNames) return { text, transport: 'docker-daemon', reference };
  const [path, tag] = [join(folder.path, 'image'), reference.tag ?? 'latest'];
  return { text: `oci:${path}:${tag}`, transport: 'oci', path, name: tag };
}

function requireDaemonName({ engine }: Context, { text, reference }: Extract<ImageName, { transport: 'docker-daemon' }>): void {
  if (FILE.test(text) && !text.startsWith('docker-daemon:'))
    throw usageError(
      `--output ${text} names an image in the Docker daemon, and looks like a file.`,
      `Write docker-archive:${text} or oci-archive:${text} for a file, docker-daemon:${text} for an image of that name.`,
    );
  if (!engine.features.imageNames)
    throw usageError(
      `--output ${text}: no Docker daemon is used here.`,
      'Write to oci:DIR, oci-archive:FILE, docker-archive:FILE, rootfs:DIR or docker://NAME.',
    );
  if (reference.digest !== undefined)
    throw usageError(`--output ${text} has a digest, which a new image can't have yet.`, 'Write NAME[:TAG].');
}

/** @throws UserError where something is there that pyshrink did not make */
async function requireOurs({ engine, session }: Context, name: Target['name']): Promise<void> {
  if (name.transport !== 'docker-daemon') return requireFree(name, () => session.spool());
  const holder = await engine.find(referenceText(name.reference));
  if (holder && !isOurs(holder.config)) throw takenError(`The name ${name.text} belongs to an image`);
}

/** @throws UserError where the place of the shrunk image can't have all that belongs to its files */
export async function requireHolds({ name }: Target, entries: readonly Entry[]): Promise<void> {
  if (name.transport === 'rootfs') await requireAttributes(name.path, entries);
}

/** Gives an image its name: in the daemon, in files or in a registry. */
export async function publish(context: Context, id: string, { name, label, force }: Target): Promise<void> {
  const { engine, session, progress } = context;
  if (name.transport === 'docker-daemon') {
    // Somebody may have given the name to another image while pyshrink worked.
    if (!force) await requireOurs(context, name);
    await engine.tag(id, name.reference);
    await engine.untag(session.temporaryName);
    return;
  }
  await progress.task(`Writing ${name.text}`, async () => {
    const source = await session.exportImage(id);
    await writeImage(source, name, label, () => session.spool(), force);
  });
}
