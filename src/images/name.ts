import { basename, resolve } from 'node:path';
import { usageError } from '../errors.js';
import { parseReference, type Reference } from './reference.js';

/** Where an image is, or is to be put: containers-transports(5), and two of our own. */
export type ImageName =
  | { transport: 'docker-daemon'; reference: Reference; text: string }
  /** A registry. */
  | { transport: 'docker'; reference: Reference; text: string }
  /** `name`: which of its images, or the name that an archive gets. */
  | { transport: 'docker-archive'; path: string; name?: string }
  /** `name`: the annotation org.opencontainers.image.ref.name of the index. */
  | { transport: 'oci' | 'oci-archive'; path: string; name?: string }
  | { transport: 'rootfs'; path: string }
  /** This machine's own root file system. */
  | { transport: 'host' };

const IN_FILES = ['docker-archive', 'oci-archive', 'oci', 'rootfs'] as const;

/**
 * Parses an image's name with or without a transport; without, it is the daemon's.
 * @throws UserError (usage) for what is no name
 */
export function parseImageName(text: string): ImageName {
  if (text === 'host:') return { transport: 'host' };
  if (text.startsWith('docker://')) return registryName(text.slice('docker://'.length));
  for (const transport of IN_FILES) {
    if (!text.startsWith(`${transport}:`)) continue;
    const rest = text.slice(transport.length + 1);
    const colon = transport === 'rootfs' ? -1 : rest.indexOf(':');
    const path = colon < 0 ? rest : rest.slice(0, colon);
    if (path === '') throw usageError(`${text} names no path`, `Write ${transport}:${transport === 'oci' ? 'DIR[:TAG]' : 'PATH'}.`);
    const name = colon < 0 ? undefined : rest.slice(colon + 1);
    if (name !== undefined && transport === 'docker-archive') parseReference(name);
    return transport === 'rootfs' ? { transport, path } : { transport, path, ...(name !== undefined && { name }) };
  }
  const given = text.startsWith('docker-daemon:') ? text.slice('docker-daemon:'.length) : text;
  return { transport: 'docker-daemon', reference: parseReference(given), text: given };
}

function registryName(text: string): ImageName {
  const reference = parseReference(text);
  if (reference.name === '')
    throw usageError(`docker://${text} is not the name of an image in a registry`, 'Write docker://HOST/NAME:TAG.');
  return { transport: 'docker', reference, text };
}

/**
 * The name that the shrunk image gets by default: `<name>:<tag>-shrunk`.
 * Without a name it is called after its id or its file; with a digest only, the tag is made of that.
 */
export function shrunkName(name: ImageName): string {
  if (name.transport === 'docker-daemon' || name.transport === 'docker') return shrunkReference(name.reference);
  if (name.transport === 'host') return 'host:shrunk';
  if (name.transport === 'docker-archive' && name.name !== undefined) return shrunkReference(parseReference(name.name));
  const tag = name.transport === 'rootfs' || name.name === undefined || !/^[\w][\w.-]*$/.test(name.name) ? 'latest' : name.name;
  const stem = basename(resolve(name.path))
    .replace(/\.(tar|tgz|oci)(\.(gz|zst))?$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${stem || 'image'}:${tag}-shrunk`;
}

function shrunkReference(reference: Reference): string {
  const short = reference.digest?.replace(/^.*:/, '').slice(0, 12);
  if (!reference.name) return `pyshrink/${short}:shrunk`;
  return `${reference.name}:${reference.tag ?? (short ? short : 'latest')}-shrunk`;
}

/** The name of a folder for an image. */
export function folderName(name: ImageName): string {
  const safe = (text: string) => text.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[._-]+/, '');
  switch (name.transport) {
    case 'docker-daemon':
    case 'docker': {
      const { name: repository, tag, digest } = name.reference;
      return safe(repository ? `${repository}_${tag ?? digest ?? 'latest'}` : `${digest}`);
    }
    case 'host':
      return 'host';
    default: {
      const more = 'name' in name && name.name !== undefined ? `_${name.name}` : '';
      return safe(`${name.transport}_${basename(resolve(name.path))}${more}`) || name.transport;
    }
  }
}
