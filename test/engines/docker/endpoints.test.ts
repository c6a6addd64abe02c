import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { chooseEngine } from '../../../src/engines/choose.js';
import { connect, NoDaemonError } from '../../../src/engines/docker/client.js';
import { findEndpoint } from '../../../src/engines/docker/endpoints.js';
import { parseImageName } from '../../../src/images/name.js';

function configFolder(current?: string, host = 'ssh://me@far'): string {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
  const meta = join(folder, 'contexts', 'meta', createHash('sha256').update('far').digest('hex'));
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: 'far', Endpoints: { docker: { Host: host } } }));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ currentContext: current }));
  return folder;
}

describe('findEndpoint', () => {
  it('takes DOCKER_HOST before a context', () => {
    expect(findEndpoint({ DOCKER_HOST: 'tcp://x:1', DOCKER_CONFIG: configFolder('far') })).toEqual({
      host: 'tcp://x:1',
      source: 'DOCKER_HOST',
      configured: 'unset DOCKER_HOST',
    });
  });

  it('takes the certificates of DOCKER_CERT_PATH when DOCKER_TLS_VERIFY is set', () => {
    expect(findEndpoint({ DOCKER_HOST: 'tcp://x:1', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' })?.certificates).toBe('/certs');
  });

  it('reads the current context, and DOCKER_CONTEXT before it', () => {
    expect(findEndpoint({ DOCKER_CONFIG: configFolder('far') })).toEqual({
      host: 'ssh://me@far',
      source: 'context far',
      configured: 'run `docker context use default`',
    });
    expect(findEndpoint({ DOCKER_CONFIG: configFolder(), DOCKER_CONTEXT: 'far' })).toMatchObject({
      host: 'ssh://me@far',
      configured: 'unset DOCKER_CONTEXT',
    });
  });

  it('finds rootless Docker and Podman by their sockets', () => {
    const runtime = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    mkdirSync(join(runtime, 'podman'));
    writeFileSync(join(runtime, 'podman', 'podman.sock'), '');
    const found = findEndpoint({ DOCKER_CONFIG: configFolder(), XDG_RUNTIME_DIR: runtime });
    expect(['unix:///var/run/docker.sock', `unix://${join(runtime, 'podman', 'podman.sock')}`]).toContain(found?.host);
  });
});

describe('connect', () => {
  it.each(['unix:///nowhere/docker.sock', 'tcp://127.0.0.1:1'])('says what to do when nothing answers at %s', async (host) => {
    await expect(connect({ DOCKER_HOST: host })).rejects.toThrowError(
      expect.objectContaining({ message: expect.stringContaining(host), remedy: expect.stringContaining('Start it') }),
    );
  });

  it('a context whose address is dead is an error, and no other engine takes its place', async () => {
    const folder = configFolder('far', 'unix:///nowhere/docker.sock');
    const dead = connect({ DOCKER_CONFIG: folder });
    await expect(dead).rejects.toThrowError(
      expect.objectContaining({
        message: expect.stringMatching(/unix:\/\/\/nowhere\/docker.sock.*context far/),
        remedy: expect.stringContaining('docker context use default'),
      }),
    );
    await expect(dead).rejects.not.toBeInstanceOf(NoDaemonError);
    vi.stubEnv('DOCKER_HOST', undefined);
    vi.stubEnv('DOCKER_CONTEXT', undefined);
    vi.stubEnv('DOCKER_CONFIG', folder);
    await expect(chooseEngine(undefined, parseImageName('app:1')).finally(() => vi.unstubAllEnvs())).rejects.toThrow(/context far/);
  });

  it.each(['banana', 'tcp://', 'tcp://:2375', 'tcp://bad host:1', 'ssh://u@'])('refuses %s, which is no address', async (host) => {
    await expect(connect({ DOCKER_HOST: host })).rejects.toThrowError(
      expect.objectContaining({ exitCode: 2, remedy: expect.stringContaining('tcp://HOST:PORT') }),
    );
  });

  it("takes a port to the letter, also a scheme's own", async () => {
    for (const scheme of ['tcp', 'http'])
      await expect(connect({ DOCKER_HOST: `${scheme}://127.83.1.7:80` })).rejects.toThrow('ECONNREFUSED 127.83.1.7:80');
  });

  it('refuses what answers but is no daemon', async () => {
    const server = createServer((socket) => socket.end('220 hello\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await expect(connect({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })).rejects.toThrow(/does not answer/);
    server.close();
  });
});
