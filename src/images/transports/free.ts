import { lstat } from 'node:fs/promises';
import { UserError, usageError } from '../../errors.js';
import { isOurs } from '../origin.js';
import { MissingImageError, readConfig } from '../source.js';
import { isReplaced, layoutAt, madeByUs } from './ocilayout/contents.js';
import { type LayeredName, openSource } from './open.js';
import { takenError } from './taken.js';
import type { FileTarget } from './write.js';

/**
 * Checks that a target is free, or has an image that pyshrink made. What can't be read is not free.
 * @param spool names a new file for data that must be stored on the way
 * @throws UserError that names --force
 */
export async function requireFree(target: FileTarget, spool: () => Promise<string>): Promise<void> {
  switch (target.transport) {
    case 'rootfs':
      return; // it must be new or empty in any case
    case 'oci': {
      const layout = await layoutAt(target.path).catch((error: unknown) => {
        throw unreadable(target, error);
      });
      for (const one of layout?.manifests ?? [])
        if (isReplaced(one, target.name) && !(layout && (await madeByUs(layout, one)))) throw takenError(`${target.text} is an image`);
      return;
    }
    case 'docker-archive':
    case 'oci-archive': {
      if (!(await exists(target.path))) return;
      const { name: _, ...any } = target;
      if (!(await isOursAt(any, spool).catch(() => false))) throw takenError(`${target.path} is something`);
      return;
    }
    case 'docker': {
      const ours = await isOursAt(target, spool).catch((error: unknown) => {
        if (error instanceof MissingImageError) return undefined;
        throw unreadable(target, error);
      });
      if (ours === false) throw takenError(`${target.text} is an image`);
    }
  }
}

/**
 * Checks what --force does not change: an image can be added to an OCI layout, and not to another folder that has files.
 * @throws UserError (usage) for such a folder
 */
export async function requireLayout(target: FileTarget): Promise<void> {
  if (target.transport !== 'oci') return;
  try {
    await layoutAt(target.path);
  } catch (error) {
    throw usageError(
      `${target.path} is no OCI layout: ${(error as Error).message.replace(/\.$/, '')}. It has files, and --force replaces no folders.`,
      'Choose a new or empty folder with --output, or one with an OCI layout.',
    );
  }
}

/** Whether a file or a name in a registry holds one image, and pyshrink made it. */
async function isOursAt(name: LayeredName, spool: () => Promise<string>): Promise<boolean> {
  const source = await openSource(name.text, name, undefined, spool);
  await source.close();
  // An image for several platforms is none of ours, as pyshrink writes one platform.
  return source.several !== true && isOurs(readConfig(source.configBytes, name.text).config);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
}

function unreadable({ text }: FileTarget, error: unknown): UserError {
  const [why, first] = error instanceof UserError ? [error.message, `${error.remedy} `] : [String(error), ''];
  return new UserError(
    `What is at ${text} can't be read, so it may not be pyshrink's to replace: ${why}`,
    `${first}Or choose another with --tag or --output. Where nothing is there yet, or your login may only write, give --force.`,
  );
}
