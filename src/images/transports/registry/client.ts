import { z } from 'zod';
import { debug } from '../../../debug.js';
import { UserError, usageError } from '../../../errors.js';
import type { Reference } from '../../reference.js';
import { smallText } from './bounded.js';
import { credentialsFor } from './credentials.js';
import { isLoopback, redirectOf, requireEncrypted } from './redirects.js';

/** Address of an image's manifest and blobs (OCI Distribution Specification, "Endpoints"). */
export interface Repository {
  /** `https://host`; `http://host` for a registry on this computer. */
  base: string;
  /** Host as the user wrote it. Credentials are stored under it. */
  host: string;
  /** Name of the repository, without the host. */
  name: string;
  /** Tag or digest. */
  version: string;
}

/**
 * Splits a reference into registry and repository as Docker does (distribution/reference, "splitDockerDomain").
 * @throws UserError (usage) for a name without a registry, since pyshrink has no default registry
 */
export function repositoryOf({ name, tag, digest }: Reference): Repository {
  const slash = name.indexOf('/');
  const host = slash < 0 ? '' : name.slice(0, slash);
  if (!/[.:]/.test(host) && host !== 'localhost')
    throw usageError(`docker://${name} names no registry.`, 'Write docker://HOST[:PORT]/NAME[:TAG].');
  // Like Docker, pyshrink uses a registry on this computer without TLS.
  return {
    base: `${isLoopback(host.replace(/:\d+$/, '')) ? 'http' : 'https'}://${host}`,
    host,
    name: name.slice(slash + 1),
    version: digest ?? tag ?? 'latest',
  };
}

interface Request extends Omit<RequestInit, 'headers'> {
  headers?: Record<string, string>;
  duplex?: 'half';
}

type Body = (() => NonNullable<RequestInit['body']>) | undefined;

const Token = z.looseObject({ token: z.string().optional(), access_token: z.string().optional() });

/**
 * Sends requests to one repository. It fetches the token that the registry asks for
 * (Docker's "Token Authentication Specification").
 */
export class RegistryClient {
  private authorization: string | undefined;

  constructor(
    readonly repository: Repository,
    private readonly actions: 'pull' | 'pull,push',
  ) {}

  /**
   * Sends a request, and sends it again with credentials when the registry itself asks for them. Only the registry's own
   * origin gets them: a server that it redirects to gets none, and its question for some is not answered.
   * @param path a path below `/v2/NAME/`, or an address that the registry gave
   * @param body makes the body for each attempt, since a stream can be sent only once
   * @throws UserError when the registry does not answer, refuses the credentials, or leads to an unsafe address
   */
  async fetch(path: string, request: Request = {}, body?: () => NonNullable<RequestInit['body']>): Promise<Response> {
    const { base, name } = this.repository;
    const address = requireEncrypted(new URL(path, `${base}/v2/${name}/`), base);
    try {
      const answer = await this.once(address, request, body);
      if (answer.status !== 401 || address.origin !== new URL(base).origin) return await this.followed(answer, address, request, body);
      await answer.body?.cancel();
      const challenge = answer.headers.get('www-authenticate') ?? '';
      debug.engine('%s answered with status 401 (%s): authorizing and trying again', address.origin + address.pathname, challenge);
      await this.authorize(challenge);
      return await this.followed(await this.once(address, request, body), address, request, body);
    } catch (error) {
      if (error instanceof UserError) throw error;
      const cause = (error as { cause?: NodeJS.ErrnoException }).cause;
      throw new UserError(
        `The registry ${base} does not answer: ${cause?.code ?? cause?.message ?? (error as Error).message}.`,
        'Check its name and the network connection.',
      );
    }
  }

  private once(address: URL, request: Request, body: Body): Promise<Response> {
    const own = address.origin === new URL(this.repository.base).origin && this.authorization !== undefined;
    const headers = { ...request.headers, ...(own && { authorization: this.authorization as string }) };
    const content = body && { body: body(), duplex: 'half' as const };
    return fetch(address, { ...request, headers, ...content, redirect: 'manual' } as RequestInit);
  }

  /** Follows redirects by hand, since fetch would not say who has asked for credentials. */
  private async followed(answer: Response, from: URL, request: Request, body: Body): Promise<Response> {
    let [last, at] = [answer, from];
    for (let hops = 0; ; hops++) {
      const to = redirectOf(last, at, request.method ?? 'GET', { base: this.repository.base, hops });
      if (to === undefined) return last;
      await last.body?.cancel();
      debug.engine('%s leads to %s', at.origin + at.pathname, to.origin);
      [last, at] = [await this.once(to, request, body), to];
    }
  }

  private async authorize(challenge: string): Promise<void> {
    const { host, name, base } = this.repository;
    const credentials = await credentialsFor(host);
    const basic = credentials && `Basic ${Buffer.from(`${credentials.user}:${credentials.secret}`).toString('base64')}`;
    if (/^basic/i.test(challenge)) {
      if (basic === undefined || this.authorization === basic) throw this.refused();
      this.authorization = basic;
      return;
    }
    const fields = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
    if (!/^bearer/i.test(challenge) || !fields.realm) throw this.refused();
    const scope = `repository:${name}:${this.actions}`;
    const address = realmOf(fields.realm, base);
    const query = new URLSearchParams({ ...(fields.service && { service: fields.service }), scope });
    // A token server that redirects is refused: it would pass the credentials on.
    const redirect = 'error' as const;
    const answer =
      credentials?.user === '<token>'
        ? await fetch(address, {
            method: 'POST',
            redirect,
            body: new URLSearchParams([
              ...query,
              ['grant_type', 'refresh_token'],
              ['refresh_token', credentials.secret],
              ['client_id', 'pyshrink'],
            ]),
          })
        : await fetch(`${address}?${query}`, { redirect, headers: basic === undefined ? {} : { authorization: basic } });
    debug.engine('%s answered with status %d to the request for a token (%s)', address.origin, answer.status, scope);
    const found = answer.ok ? Token.safeParse(JSON.parse(await smallText(answer, `The token of ${host}`))).data : undefined;
    const value = found?.token ?? found?.access_token;
    if (value === undefined || this.authorization === `Bearer ${value}`) throw this.refused();
    this.authorization = `Bearer ${value}`;
  }

  private refused(): UserError {
    const { host, name } = this.repository;
    return new UserError(
      `The registry ${host} does not let you ${this.actions === 'pull' ? 'pull' : 'push'} ${name}.`,
      `Log in with \`docker login ${host}\`.`,
    );
  }
}

/**
 * The server that gives tokens. It gets the credentials, so the connection to it must be encrypted.
 * @throws UserError for an address without TLS, but for one on this computer that a registry on this computer names
 */
function realmOf(realm: string, base: string): URL {
  const address = URL.canParse(realm) ? new URL(realm) : undefined;
  const local = address?.protocol === 'http:' && isLoopback(address.hostname) && isLoopback(new URL(base).hostname);
  if (address && (address.protocol === 'https:' || local)) return address;
  throw new UserError(
    `The registry ${base} asks to send credentials to ${realm}, which is not encrypted.`,
    'Ask the administrator of the registry to use https for its tokens.',
  );
}
