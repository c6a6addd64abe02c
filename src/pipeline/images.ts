import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LABELS } from '../assemble/config.js';
import type { CommandContext } from '../commands/context.js';
import type { TargetFlags } from '../commands/options.js';
import type { ImageInfo } from '../engines/engine.js';
import { UserError, usageError } from '../errors.js';
import type { ImageConfig } from '../images/config.js';
import { type ImageName, parseImageName, shrunkName } from '../images/name.js';
import { parseReference } from '../images/reference.js';
import { readConfig } from '../images/source.js';
import { type LayeredName, openSource } from '../images/transports/open.js';
import { type FileTarget, writeImage } from '../images/transports/write.js';
import { Folder } from '../workspace/folder.js';

/** Where the shrunk image goes. */
export interface Target {
  name: ImageName;
  /** As the user would write it. */
  text: string;
  /** The name that it bears in a daemon or an archive. */
  label: string;
}

export interface OpenOptions {
  /** Which image of an index. */
  platform?: string | undefined;
  /** What `host:` runs, and the variables that it gets: `NAME=VALUE`. */
  command?: readonly string[];
  environment?: readonly string[];
}

/** Finds an image wherever it is, and takes it in where it is not the engine's own. @throws UserError where there is none */
export async function openImage(
  { engine, session, progress }: CommandContext,
  text: string,
  options: OpenOptions = {},
): Promise<ImageInfo> {
  const name = parseImageName(text);
  switch (name.transport) {
    case 'docker-daemon':
      return engine.inspect(name.text);
    case 'rootfs':
      return session.importDirectory(text, name.path);
    case 'host':
      if (!session.importHost) throw usageError('host: can only be the image that is shrunk.', 'Name another image.');
      return session.importHost(options.command ?? [], options.environment ?? []);
    default:
      return progress.task(`Reading ${text}`, async () => {
        const source = await openSource(text, name, options.platform, () => session.spool());
        try {
          return await session.importImage(source);
        } catch (error) {
          await source.close();
          throw error;
        }
      });
  }
}

/** Where to put the shrunk image. @throws UserError where something is there that pyshrink did not make */
export async function targetOf(context: CommandContext, reference: string, flags: TargetFlags): Promise<Target> {
  if (flags.tag !== undefined && parseReference(flags.tag).digest !== undefined)
    throw usageError(`--tag ${flags.tag} is not a name that an image can get`, 'Write NAME[:TAG].');
  const original = parseImageName(reference);
  const label = flags.tag ?? shrunkName(original);
  const text = flags.output ?? (context.engine.features.imageNames ? label : defaultOutput(reference, label));
  const name = parseImageName(text);
  if (name.transport === 'host')
    throw usageError('--output host: is no place for an image.', 'Write to oci:DIR, oci-archive:FILE, docker-archive:FILE or rootfs:DIR.');
  if (name.transport === 'docker-daemon') {
    if (!context.engine.features.imageNames)
      throw usageError(
        `--output ${text}: no Docker daemon is used here.`,
        'Write to oci:DIR, oci-archive:FILE, docker-archive:FILE, rootfs:DIR or docker://NAME.',
      );
    if (name.reference.digest !== undefined) throw usageError(`--output ${text} is not a name that an image can get`, 'Write NAME[:TAG].');
  }
  if (!flags.force) await requireOurs(context, name, text);
  return { name, text, label: name.transport === 'docker-daemon' ? name.text : label };
}

/** Below the folder of the image's results. */
function defaultOutput(reference: string, label: string): string {
  return `oci:${join(Folder.for(reference).path, 'image')}:${label.slice(label.lastIndexOf(':') + 1)}`;
}

async function requireOurs({ engine, session }: CommandContext, name: ImageName, text: string): Promise<void> {
  const taken = (what: string) =>
    new UserError(`${what} that pyshrink did not make.`, 'Choose another with --tag or --output, or take it with --force.');
  const isOurs = (config: ImageConfig) => config.Labels?.[LABELS.original] !== undefined;
  /** Undefined where no image can be read. */
  const holdsOurs = async (place: LayeredName) => {
    const source = await openSource(text, place, undefined, () => session.spool()).catch(() => undefined);
    await source?.close();
    return source && isOurs(readConfig(source.configBytes, text).config);
  };
  if (name.transport === 'docker-daemon') {
    const holder = await engine.find(name.text);
    if (holder && !isOurs(holder.config)) throw taken(`The name ${text} belongs to an image`);
  } else if (name.transport === 'oci') {
    if ((await holdsOurs(name)) === false) throw taken(`${text} is an image`);
  } else if (name.transport === 'docker-archive' || name.transport === 'oci-archive') {
    const { name: _, ...anyName } = name;
    if ((await stat(name.path).catch(() => undefined)) && !(await holdsOurs(anyName))) throw taken(`${name.path} is something`);
  }
}

/** Gives an image its name: in the daemon, in files or in a registry. */
export async function publish({ engine, session, progress }: CommandContext, id: string, { name, text, label }: Target): Promise<void> {
  if (name.transport === 'docker-daemon') {
    await engine.tag(id, name.reference);
    await engine.untag(session.temporaryName);
    return;
  }
  await progress.task(`Writing ${text}`, async () => {
    const source = await session.exportImage(id);
    await writeImage(source, name as FileTarget, label, () => session.spool());
  });
}
