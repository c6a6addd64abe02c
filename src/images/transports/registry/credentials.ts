import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { conceal } from '../../../conceal.js';
import { debug } from '../../../debug.js';
import { UserError } from '../../../errors.js';
import { own } from '../../../records.js';

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
  const found = await findCredentials(host, environment);
  if (found) conceal([found.secret, Buffer.from(`${found.user}:${found.secret}`).toString('base64')]);
  return found;
}

async function findCredentials(host: string, environment: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
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
