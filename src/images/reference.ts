import { usageError } from '../errors.js';

/** Parts of an image's name as distribution/reference has them. */
export interface Reference {
  /** Registry host, path and name, as given: `host:5000/x`. Empty for a bare id. */
  name: string;
  tag?: string;
  /** `sha256:...` */
  digest?: string;
}

const TAG = /^[\w][\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/i;
const NAME =
  /^(?:[A-Za-z0-9.-]+(?::\d+)?\/|\[[0-9a-fA-F:]+\](?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;
/** Sources that design names and other issues bring. */
const TRANSPORTS = ['docker-archive:', 'oci:', 'oci-archive:', 'rootfs:', 'docker://'];
const THIS_MACHINE = 'host:';

/**
 * Parses an image's name as Docker users write it. The prefix `docker-daemon:` is dropped.
 * @throws UserError (usage) for what is no name
 */
export function parseReference(text: string): Reference {
  const given = text.startsWith('docker-daemon:') ? text.slice('docker-daemon:'.length) : text;
  const transport = given === THIS_MACHINE ? THIS_MACHINE : TRANSPORTS.find((prefix) => given.startsWith(prefix));
  if (transport)
    throw usageError(
      `${text}: images as ${transport} are not supported yet`,
      'Load the image into the Docker daemon and name it as `docker images` does.',
    );
  if (DIGEST.test(given) || /^[0-9a-f]{12,64}$/.test(given)) return { name: '', digest: given };
  const at = given.indexOf('@');
  const digest = at < 0 ? undefined : given.slice(at + 1);
  const rest = at < 0 ? given : given.slice(0, at);
  const colon = rest.lastIndexOf(':');
  const tagged = colon > rest.lastIndexOf('/');
  const name = tagged ? rest.slice(0, colon) : rest;
  const tag = tagged ? rest.slice(colon + 1) : undefined;
  if (!NAME.test(name) || (tag !== undefined && !TAG.test(tag)) || (digest !== undefined && !DIGEST.test(digest))) {
    throw usageError(`${text || '""'} is not an image name`, 'Name it as `docker images` does, for instance myimage:latest.');
  }
  return { name, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/**
 * The name that the shrunk image gets by default: `<name>:<tag>-shrunk`.
 * Without a name it is called after its id; with a digest only, the tag is made of that.
 */
export function shrunkName(reference: Reference): string {
  const short = reference.digest?.replace(/^.*:/, '').slice(0, 12);
  if (!reference.name) return `pyshrink/${short}:shrunk`;
  return `${reference.name}:${reference.tag ?? (short ? short : 'latest')}-shrunk`;
}

/** The name of a folder for an image. */
export function folderName(reference: Reference): string {
  const text = reference.name ? `${reference.name}_${reference.tag ?? reference.digest ?? 'latest'}` : `${reference.digest}`;
  return text.replace(/[^A-Za-z0-9._-]+/g, '_');
}
