import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseEngine } from '../../../src/engines/choose.js';
import { DockerEngine } from '../../../src/engines/docker/docker.js';
import { parseImageName } from '../../../src/images/name.js';
import { FakeDaemon } from '../../support/daemon.js';

const IMAGE = { Id: 'sha256:i', Os: 'linux', Architecture: 'arm64', Variant: 'v8', Config: {}, Size: 7, Created: 'then', RootFS: {} };

describe('the Docker engine', () => {
  let daemon: FakeDaemon;

  beforeEach(async () => {
    daemon = (await new FakeDaemon().listen()).on('GET /_ping', [200]).on('GET /version', [200, { Version: '20.10.24' }]);
    vi.stubEnv('DOCKER_HOST', `unix://${daemon.socketPath}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    daemon.close();
  });

  it('describes itself', async () => {
    expect(await (await DockerEngine.open()).describe()).toBe(`Docker 20.10.24 at unix://${daemon.socketPath}`);
  });

  it('gives Podman its own name', async () => {
    // As Podman 4.3 answers.
    const components = [
      { Name: 'Podman Engine', Version: '4.3.1' },
      { Name: 'Conmon', Version: 'conmon version 2.1.6' },
    ];
    daemon
      .on('GET /version', [200, { Version: '4.3.1', ApiVersion: '1.41', Components: components }])
      .on('GET /info', [200, { DockerRootDir: '/storage' }])
      // An image without a name has null, where Docker says <none>:<none>.
      .on('GET /images/json', [
        200,
        [
          { RepoTags: null, Created: 2 },
          { RepoTags: ['localhost/app:latest'], Created: 1 },
        ],
      ]);
    const engine = await DockerEngine.open();
    expect(await engine.describe()).toBe(`Podman 4.3.1 at unix://${daemon.socketPath}`);
    expect(await engine.information()).toMatchObject({ product: 'Podman', images: ['localhost/app:latest'] });
  });

  it('finds an image by the name it was given', async () => {
    daemon.on('GET /images/host:5000/team/app:1/json', [200, IMAGE]);
    const engine = await DockerEngine.open();
    expect(await engine.find('host:5000/team/app:1')).toMatchObject({
      id: 'sha256:i',
      reference: 'host:5000/team/app:1',
      platform: { os: 'linux', architecture: 'arm64', variant: 'v8' },
      separateRoot: true,
    });
    expect(await engine.find('other')).toBeUndefined();
    await expect(engine.inspect('other')).rejects.toThrowError(
      expect.objectContaining({
        message: 'There is no image other in the Docker daemon.',
        remedy: expect.stringContaining('docker pull other'),
      }),
    );
  });

  it('asks Podman for a health check in its own API', async () => {
    const Healthcheck = { Test: ['CMD', 'true'], Interval: 1e9 };
    daemon.on('GET /images/app/json', [200, { ...IMAGE, Config: { Cmd: ['a'] } }]);
    const engine = await DockerEngine.open();
    // Docker has no such path. A proxy between may refuse it.
    for (const status of [404, 403]) {
      daemon.on('GET /v4.0.0/libpod/images/sha256:i/json', [status, { message: 'page not found' }]);
      expect((await engine.inspect('app')).config).toEqual({ Cmd: ['a'] });
    }
    daemon.on('GET /v4.0.0/libpod/images/sha256:i/json', [200, { Healthcheck }]);
    expect((await engine.inspect('app')).config).toEqual({ Cmd: ['a'], Healthcheck });
    // It stays as it is where Docker's API has it.
    const own = { Test: ['NONE'] };
    daemon.on('GET /images/app/json', [200, { ...IMAGE, Config: { Healthcheck: own } }]);
    expect((await engine.inspect('app')).config).toEqual({ Healthcheck: own });
  });

  it('does not take a broken daemon for a missing image', async () => {
    daemon.on('GET /images/app/json', [500, { message: 'broken' }]);
    await expect((await DockerEngine.open()).find('app')).rejects.toThrow('broken');
  });

  it('gives and takes names', async () => {
    daemon.on('POST /images/*/tag', [201]).on('DELETE /images/*', [200, []]);
    const engine = await DockerEngine.open();
    await engine.tag('sha256:i', { name: 'host:5000/app', tag: '1' });
    await engine.tag('sha256:i', { name: 'app' });
    await engine.untag('app:old');
    const [one, two] = daemon.requests('POST /images/sha256:i/tag').map(({ query }) => [query.get('repo'), query.get('tag')]);
    expect([one, two]).toEqual([
      ['host:5000/app', '1'],
      ['app', 'latest'],
    ]);
    expect(daemon.requests('DELETE /images/app:old')).toHaveLength(1);
  });

  describe('is chosen', () => {
    it('where a daemon answers', async () => {
      expect((await chooseEngine(undefined, parseImageName('app:1'))).features.imageNames).toBe(true);
    });

    it('not for host:, which asks no daemon', async () => {
      expect((await chooseEngine(undefined, parseImageName('host:'))).name).toBe('host');
      expect((await chooseEngine('local', parseImageName('host:'))).name).toBe('host');
      expect(daemon.asked).toEqual([]);
    });

    it('never for host:, also where the user wants it', async () => {
      await expect(chooseEngine('docker', parseImageName('host:'))).rejects.toThrowError(
        expect.objectContaining({ exitCode: 2, remedy: 'Leave out --engine docker.' }),
      );
    });

    it('and must answer, if the user names it: no other engine takes its place', async () => {
      vi.stubEnv('DOCKER_HOST', 'unix:///nowhere/docker.sock');
      await expect(chooseEngine(undefined, parseImageName('app:1'))).rejects.toThrow('does not answer');
      await expect(chooseEngine('docker')).rejects.toThrow('does not answer');
      expect((await chooseEngine('local')).name).toBe('local');
      expect((await chooseEngine(undefined, parseImageName('host:'))).name).toBe('host');
    });

    it('and a context that the user chose must exist', async () => {
      vi.stubEnv('DOCKER_HOST', '');
      vi.stubEnv('DOCKER_CONTEXT', 'far');
      vi.stubEnv('DOCKER_CONFIG', '/nowhere');
      await expect(chooseEngine(undefined, parseImageName('app:1'))).rejects.toThrow('The docker context far has no address in /nowhere');
    });
  });
});
