import { usageError } from '../errors.js';

/** Parts of an image's name, as in the package distribution/reference of Docker. */
export interface Reference {
  /** Registry host, path and name, as given: `host:5000/x`. Empty for an image id alone. */
  name: string;
  tag?: string;
  /** `sha256:...` */
  digest?: string;
}

const TAG = /^[\w][\w.-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-f]{32,}$/i;
const NAME =
  /^(?:[A-Za-z0-9.-]+(?::\d+)?\/|\[[0-9a-fA-F:]+\](?::\d+)?\/)?[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*$/;

/**
 * Parses an image's name as Docker users write it.
 * @throws UserError (usage) for anything else
 */
export function parseReference(given: string): Reference {
  if (DIGEST.test(given) || /^[0-9a-f]{12,64}$/.test(given)) return { name: '', digest: given };
  const at = given.indexOf('@');
  const digest = at < 0 ? undefined : given.slice(at + 1);
  const rest = at < 0 ? given : given.slice(0, at);
  const colon = rest.lastIndexOf(':');
  const tagged = colon > rest.lastIndexOf('/');
  const name = tagged ? rest.slice(0, colon) : rest;
  const tag = tagged ? rest.slice(colon + 1) : undefined;
  if (!NAME.test(name) || (tag !== undefined && !TAG.test(tag)) || (digest !== undefined && !DIGEST.test(digest))) {
    throw usageError(`${given || '""'} is not an image name`, 'Name it as `docker images` does, for instance myimage:latest.');
  }
  return { name, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** The name as Docker takes it; the opposite of {@link parseReference}. */
export function referenceText({ name, tag, digest }: Reference): string {
  if (name === '') return digest ?? '';
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
