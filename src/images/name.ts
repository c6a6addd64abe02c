import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { usageError } from '../errors.js';
import { parseReference, type Reference } from './reference.js';

/**
 * Where an image is, or where it goes: a transport of containers-transports(5), or `rootfs:` and `host:`, which are ours.
 * `text` is the name as the user wrote it, for messages and records.
 */
export type ImageName = { text: string } & (
  | { transport: 'docker-daemon'; reference: Reference }
  /** A registry. */
  | { transport: 'docker'; reference: Reference }
  /** `name`: one of the images in the archive, or the name that a new archive gives its image. */
  | { transport: 'docker-archive'; path: string; name?: string }
  /** `name`: the annotation org.opencontainers.image.ref.name in the index. */
  | { transport: 'oci' | 'oci-archive'; path: string; name?: string }
  | { transport: 'rootfs'; path: string }
  /** The root file system of this computer. */
  | { transport: 'host' }
);

const IN_FILES = ['docker-archive', 'oci-archive', 'oci', 'rootfs'] as const;

/**
 * Parses an image's name with or without a transport. Without one, the image is in the Docker daemon.
 * @throws UserError (usage) for anything else
 */
export function parseImageName(text: string): ImageName {
  if (text === 'host:') return { text, transport: 'host' };
  if (text.startsWith('docker://')) return registryName(text);
  for (const transport of IN_FILES) {
    if (!text.startsWith(`${transport}:`)) continue;
    const rest = text.slice(transport.length + 1);
    const colon = transport === 'rootfs' ? -1 : rest.indexOf(':');
    const path = colon < 0 ? rest : rest.slice(0, colon);
    if (path === '') throw usageError(`${text} names no path`, `Write ${transport}:${transport === 'oci' ? 'DIR[:TAG]' : 'PATH'}.`);
    const name = colon < 0 ? undefined : rest.slice(colon + 1);
    if (name !== undefined && transport === 'docker-archive') parseReference(name);
    return transport === 'rootfs' ? { text, transport, path } : { text, transport, path, ...(name !== undefined && { name }) };
  }
  const given = text.startsWith('docker-daemon:') ? text.slice('docker-daemon:'.length) : text;
  return { text, transport: 'docker-daemon', reference: parseReference(given) };
}

function registryName(text: string): ImageName {
  const reference = parseReference(text.slice('docker://'.length));
  if (reference.name === '') throw usageError(`${text} is not the name of an image in a registry`, 'Write docker://HOST/NAME:TAG.');
  return { text, transport: 'docker', reference };
}

/**
 * The default name of the shrunk image: `<name>:<tag>-shrunk`. An image without a name is called after its id or its
 * file. Where there is only a digest, the tag is made from it.
 */
export function shrunkName(name: ImageName): Reference {
  switch (name.transport) {
    case 'docker-daemon':
    case 'docker':
      return shrunkReference(name.reference);
    case 'host':
      return { name: 'host', tag: 'shrunk' };
    default: {
      const inside = 'name' in name ? name.name : undefined;
      if (name.transport === 'docker-archive' && inside !== undefined) return shrunkReference(parseReference(inside));
      const tag = inside !== undefined && /^[\w][\w.-]*$/.test(inside) ? inside : 'latest';
      const stem = basename(resolve(name.path))
        .replace(/\.(tar|tgz|oci)(\.(gz|zst))?$/i, '')
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, '');
      return { name: stem || 'image', tag: `${tag}-shrunk` };
    }
  }
}

function shrunkReference({ name, tag, digest }: Reference): Reference {
  const short = digest?.replace(/^.*:/, '').slice(0, 12);
  return name === '' ? { name: `pyshrink/${short}`, tag: 'shrunk' } : { name, tag: `${tag ?? short ?? 'latest'}-shrunk` };
}

/**
 * The name of an image's folder below `.pyshrink`. Two images never share one: where the readable name leaves something
 * out (the folder of a file, a character that file names lack), a hash of the whole follows.
 * @param platform `os/architecture[/variant]` where it is not that of this computer
 */
export function folderName(name: ImageName, platform?: string): string {
  const [readable, whole] = describe(name);
  const text = platform === undefined ? readable : `${readable}_${platform}`;
  const safe = text.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[._-]+/, '') || name.transport;
  return whole === undefined ? safe : `${safe}_${createHash('sha256').update(whole).digest('hex').slice(0, 8)}`;
}

/** A readable name, and what to hash where the readable name alone could be another image's too. */
function describe(name: ImageName): [readable: string, whole: string | undefined] {
  switch (name.transport) {
    case 'docker-daemon':
    case 'docker': {
      const { name: repository, tag, digest } = name.reference;
      if (repository === '') return [`${digest}`, undefined];
      const readable = `${repository}_${tag ?? digest ?? 'latest'}`;
      const whole = JSON.stringify([name.transport, repository, tag, digest]);
      // A slash becomes an underscore, so a name with underscores may look like one with slashes.
      return [
        readable,
        name.transport === 'docker' || /[_:]/.test(repository) || tag?.includes('_') || (tag && digest) ? whole : undefined,
      ];
    }
    case 'host':
      return ['host', undefined];
    default: {
      const path = resolve(name.path);
      const inside = 'name' in name && name.name !== undefined ? `_${name.name}` : '';
      return [`${name.transport}_${basename(path)}${inside}`, `${name.transport}:${path}${inside}`];
    }
  }
}
