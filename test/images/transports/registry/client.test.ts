import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseReference } from '../../../../src/images/reference.js';
import { RegistryClient, repositoryOf } from '../../../../src/images/transports/registry/client.js';
import { credentialsFor } from '../../../../src/images/transports/registry/credentials.js';

describe('repositoryOf', () => {
  it.each([
    ['registry.example/team/app:1', { base: 'https://registry.example', host: 'registry.example', name: 'team/app', version: '1' }],
    ['registry.example:5000/app', { base: 'https://registry.example:5000', host: 'registry.example:5000', name: 'app', version: 'latest' }],
    ['localhost/app', { base: 'http://localhost', host: 'localhost', name: 'app', version: 'latest' }],
    ['127.0.0.1:5000/a/b:2', { base: 'http://127.0.0.1:5000', host: '127.0.0.1:5000', name: 'a/b', version: '2' }],
  ])('of %s', (text, repository) => {
    expect(repositoryOf(parseReference(text))).toEqual(repository);
  });

  it.each(['app', 'team/app:1'])('refuses %s, which names no registry', (text) => {
    expect(() => repositoryOf(parseReference(text))).toThrowError(expect.objectContaining({ exitCode: 2 }));
  });
});

const auth = (text: string) => Buffer.from(text).toString('base64');

function dockerConfig(config: object | string): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-test-'));
  writeFileSync(join(folder, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
  return { DOCKER_CONFIG: folder };
}

describe('credentialsFor', () => {
  it.each([
    [{ auths: { 'r.example': { auth: auth('ada:pass:word') } } }, { user: 'ada', secret: 'pass:word' }],
    [{ auths: { 'https://r.example/v1/': { auth: auth('ada:x') } } }, { user: 'ada', secret: 'x' }],
    [{ auths: { 'r.example': { auth: auth('ada:x'), identitytoken: 'refresh' } } }, { user: '<token>', secret: 'refresh' }],
    [{ auths: { 'other.example': { auth: auth('ada:x') } } }, undefined],
    [{}, undefined],
  ])('of %j', async (config, credentials) => {
    expect(await credentialsFor('r.example', dockerConfig(config))).toEqual(credentials);
  });

  it('says what is wrong with the configuration', async () => {
    await expect(credentialsFor('r.example', dockerConfig('{'))).rejects.toThrowError(/is not a valid configuration/);
    await expect(credentialsFor('r.example', dockerConfig({ credsStore: 'no-such-helper' }))).rejects.toThrowError(
      /docker-credential-no-such-helper, which is not on PATH/,
    );
  });
});

describe('RegistryClient', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** A registry that asks for a token, and gives it to one user only. */
  async function registry(): Promise<string> {
    server = createServer((request, response) => {
      const host = `http://${request.headers.host}`;
      const url = new URL(request.url ?? '', host);
      if (url.pathname === '/token') {
        const known =
          request.headers.authorization === `Basic ${auth('ada:secret')}` && url.searchParams.get('scope') === 'repository:app:pull';
        response.writeHead(known ? 200 : 401).end(JSON.stringify({ token: 'ticket' }));
      } else if (request.headers.authorization === 'Bearer ticket') response.writeHead(200).end(url.pathname);
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="${host}/token",service="test"` }).end();
    });
    await new Promise<void>((done) => server?.listen(0, '127.0.0.1', () => done()));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it.each([
    ['ada:secret', '/v2/app/manifests/1'],
    ['ada:wrong', /does not let you pull app/],
  ])('asks for a token with the credentials %s', async (credentials, outcome) => {
    const host = await registry();
    process.env.DOCKER_CONFIG = dockerConfig({ auths: { [host]: { auth: auth(credentials) } } }).DOCKER_CONFIG;
    const client = new RegistryClient(repositoryOf(parseReference(`${host}/app:1`)), 'pull');
    const answer = client.fetch('manifests/1').then((found) => found.text());
    if (typeof outcome === 'string') expect(await answer).toBe(outcome);
    else await expect(answer).rejects.toThrowError(outcome);
    delete process.env.DOCKER_CONFIG;
  });
});
