import { UserError } from '../../../errors.js';

/** How many redirects are followed. Registries need one: from the blob to their storage. */
const MOST_HOPS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];
/** Redirects that ask for the same request again (RFC 9110, 15.4). The others would turn an upload into a download. */
const SAME_REQUEST = [307, 308];

const ASK = 'Ask the administrator of the registry.';

/** Whether a host is this computer itself. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/**
 * The address that an answer leads to.
 * @param from the address that was asked
 * @param base origin of the registry
 * @returns undefined where the answer is no redirect, or one that can't be followed
 * @throws UserError for too many redirects, and for one that leaves TLS
 */
export function redirectOf(answer: Response, from: URL, method: string, { base, hops }: { base: string; hops: number }): URL | undefined {
  const location = answer.headers.get('location');
  const follow = ['GET', 'HEAD'].includes(method) ? REDIRECTS : SAME_REQUEST;
  if (location === null || !follow.includes(answer.status) || !URL.canParse(location, from)) return undefined;
  if (hops >= MOST_HOPS) throw new UserError(`The registry ${base} redirects without end.`, ASK);
  return requireEncrypted(new URL(location, from), base);
}

/**
 * Checks an address that a registry names. Only a registry without TLS, on this computer, may name one without TLS.
 * @throws UserError for any other
 */
export function requireEncrypted(address: URL, base: string): URL {
  if (address.protocol === 'https:' || (address.protocol === 'http:' && base.startsWith('http:'))) return address;
  throw new UserError(`The registry ${base} leads to ${address.origin}, which is not encrypted.`, ASK);
}
