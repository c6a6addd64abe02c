import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { debug } from '../../../debug.js';
import { UserError, usageError } from '../../../errors.js';
import { own } from '../../../records.js';
import type { Reference } from '../../reference.js';

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
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);
  return { base: `${local ? 'http' : 'https'}://${host}`, host, name: name.slice(slash + 1), version: digest ?? tag ?? 'latest' };
}

const Auth = z.looseObject({ auth: z.string().optional(), identitytoken: z.string().optional() });
const DockerConfig = z.looseObject({
  auths: z.record(z.string(), Auth).optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
  credsStore: z.string().optional(),
});
const Helper = z.looseObject({ Username: z.string(), Secret: z.string() });

/** Name and password of a user. If the name is `<token>`, the secret is a refresh token. */
export interface Credentials {
  user: string;
  secret: string;
}

/**
 * Finds credentials in the docker CLI's configuration, or asks the helper that it names (docker-credential-helpers).
 * @returns undefined when there are none
 * @throws UserError when the configuration cannot be read, or its helper is missing
 */
export async function credentialsFor(host: string, environment: NodeJS.ProcessEnv = process.env): Promise<Credentials | undefined> {
  const path = join(environment.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let config: z.infer<typeof DockerConfig>;
  try {
    config = DockerConfig.parse(JSON.parse(text));
  } catch {
    throw new UserError(`${path} is not a valid configuration of the docker CLI.`, 'Correct it, or set DOCKER_CONFIG to another folder.');
  }
  const helper = own(config.credHelpers ?? {}, host) ?? config.credsStore;
  if (helper !== undefined) {
    const answer = await execa(`docker-credential-${helper}`, ['get'], { input: host, reject: false });
    const found = answer.failed ? undefined : Helper.safeParse(json(answer.stdout)).data;
    if (found) return { user: found.Username, secret: found.Secret };
    debug.engine('docker-credential-%s has no credentials for %s', helper, host);
    if (answer.code === 'ENOENT')
      throw new UserError(`${path} asks for docker-credential-${helper}, which is not on PATH.`, 'Install it, or log in without it.');
  }
  const entry = Object.entries(config.auths ?? {}).find(
    ([key]) => key === host || key.replace(/^https?:\/\//, '').replace(/\/.*$/, '') === host,
  )?.[1];
  if (entry?.identitytoken) return { user: '<token>', secret: entry.identitytoken };
  if (!entry?.auth) return undefined;
  const [, user, secret] = /^([^:]*):([\s\S]*)$/.exec(Buffer.from(entry.auth, 'base64').toString()) ?? [];
  return user !== undefined && secret !== undefined ? { user, secret } : undefined;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Request extends Omit<RequestInit, 'headers'> {
  headers?: Record<string, string>;
  duplex?: 'half';
}

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
   * Sends a request, and sends it again with credentials when the registry asks for them.
   * @param path a path below `/v2/NAME/`, or an address that the registry gave
   * @param body makes the body for each attempt, since a stream can be sent only once
   * @throws UserError when the registry does not answer, or refuses the credentials
   */
  async fetch(path: string, request: Request = {}, body?: () => NonNullable<RequestInit['body']>): Promise<Response> {
    const { base, name } = this.repository;
    const address = new URL(path, `${base}/v2/${name}/`);
    const once = () => {
      const own = address.origin === new URL(base).origin && this.authorization !== undefined;
      const headers = { ...request.headers, ...(own && { authorization: this.authorization as string }) };
      return fetch(address, { ...request, headers, ...(body && { body: body(), duplex: 'half' as const }) } as RequestInit);
    };
    try {
      const answer = await once();
      if (answer.status !== 401) return answer;
      await answer.body?.cancel();
      const challenge = answer.headers.get('www-authenticate') ?? '';
      debug.engine('%s answered with status 401 (%s): authorizing and trying again', address.origin + address.pathname, challenge);
      await this.authorize(challenge);
      return await once();
    } catch (error) {
      if (error instanceof UserError) throw error;
      const cause = (error as { cause?: NodeJS.ErrnoException }).cause;
      throw new UserError(
        `The registry ${base} does not answer: ${cause?.code ?? cause?.message ?? (error as Error).message}.`,
        'Check its name and the network connection.',
      );
    }
  }

  private async authorize(challenge: string): Promise<void> {
    const { host, name } = this.repository;
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
    const address = new URL(fields.realm);
    const query = new URLSearchParams({ ...(fields.service && { service: fields.service }), scope });
    const answer =
      credentials?.user === '<token>'
        ? await fetch(address, {
            method: 'POST',
            body: new URLSearchParams([
              ...query,
              ['grant_type', 'refresh_token'],
              ['refresh_token', credentials.secret],
              ['client_id', 'pyshrink'],
            ]),
          })
        : await fetch(`${address}?${query}`, { headers: basic === undefined ? {} : { authorization: basic } });
    debug.engine('%s answered with status %d to the request for a token (%s)', address.origin, answer.status, scope);
    const found = answer.ok ? Token.safeParse(await answer.json()).data : undefined;
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
