import { readdir } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { UserError } from '../../../errors.js';
import type { ImageConfig } from '../../config.js';
import { checked } from '../../digest.js';
import { DirectoryFiles, type Files, LARGEST_JSON, readSmall } from '../../files.js';
import { type Descriptor, Index, Manifest } from '../../manifest.js';
import { INDEXES, MANIFESTS } from '../../mediatypes.js';
import { isOurs } from '../../origin.js';
import { parseJson, readConfig } from '../../source.js';
import { blobPath, Layout, REF_NAME } from './source.js';

/** How deep indexes may name each other. */
const DEEPEST = 4;

/** What is needed to read a blob. */
type Stored = Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;

/** An OCI layout that exists. */
export interface LayoutContents {
  files: Files;
  manifests: readonly Descriptor[];
}

/**
 * What is in a folder that an image shall be added to.
 * @param lock name of the lock in it, which does not count; nor does what belongs to it and has a longer name
 * @returns undefined where there is no such folder, or nothing in it
 * @throws UserError for a folder that is no layout, or one that can't be read
 */
export async function layoutAt(folder: string, lock?: string): Promise<LayoutContents | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new UserError(`${folder} can't be read: ${error.message}.`, 'Choose another place with --output.');
  });
  if (names.every((name) => lock !== undefined && (name === lock || name.startsWith(`${lock}.`)))) return undefined;
  const files = new DirectoryFiles(folder);
  parseJson(Layout, await readSmall(files, 'oci-layout', folder), folder, 'oci-layout');
  return { files, manifests: parseJson(Index, await readSmall(files, 'index.json', folder), folder, 'index.json').manifests };
}

/** Whether an image of the given name replaces this one. */
export function isReplaced({ annotations }: Descriptor, name: string | undefined): boolean {
  return annotations?.[REF_NAME] === name;
}

/** Whether pyshrink made an image of a layout. One that can't be read, or that is for several platforms, is not ours. */
export async function madeByUs({ files }: LayoutContents, descriptor: Descriptor): Promise<boolean> {
  try {
    if (!MANIFESTS.includes(descriptor.mediaType)) return false;
    const { config } = parseJson(Manifest, await blob(files, descriptor), descriptor.digest, 'manifest');
    return isOurs(readConfig(await blob(files, config), descriptor.digest).config as ImageConfig);
  } catch {
    return false;
  }
}

/**
 * Digests of all blobs that some images need.
 * @returns undefined where one of them can't be followed, so that any blob may belong to it
 */
export async function neededBlobs({ files }: LayoutContents, images: readonly Stored[]): Promise<Set<string> | undefined> {
  const needed = new Set<string>();
  const follow = async (descriptor: Stored, depth: number): Promise<void> => {
    needed.add(descriptor.digest);
    if (depth > DEEPEST) throw new Error('too deep');
    if (MANIFESTS.includes(descriptor.mediaType)) {
      const { config, layers } = parseJson(Manifest, await blob(files, descriptor), descriptor.digest, 'manifest');
      for (const { digest } of [config, ...layers]) needed.add(digest);
    } else if (INDEXES.includes(descriptor.mediaType)) {
      const { manifests } = parseJson(Index, await blob(files, descriptor), descriptor.digest, 'index');
      for (const one of manifests) await follow(one, depth + 1);
    } else throw new Error(`unknown type ${descriptor.mediaType}`);
  };
  try {
    for (const image of images) await follow(image, 0);
    return needed;
  } catch {
    return undefined;
  }
}

async function blob(files: Files, { digest, size }: Stored): Promise<Buffer> {
  const path = blobPath(digest, digest);
  if (size > LARGEST_JSON || (await files.size(path)) !== size) throw new Error(`${digest} has another size`);
  return buffer(checked(files.open(path), digest, digest));
}
