import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIXTURES, HAS_ENGINE, leftovers, pyshrink, workdir } from '../support/engine.js';
import { keptBelow, USER } from '../support/local.js';
import { Podman, ROOTFUL, ROOTLESS } from '../support/podman.js';
import { casesOfEngines, fixtureFile, type Way, type ZooCase } from '../support/way.js';

const AS_ROOT = casesOfEngines();
const AS_USER = casesOfEngines('without a network');

const FASTAPI: Omit<Way, 'name'> = { ...fixtureFile('fastapi', 'exercise.yaml'), level: 'reachable' };
const NETWORK = 'pyshrink-test-podman';

/** What must hold on each service. */
function onEach(podman: Podman, cases: readonly ZooCase[]): void {
  const images = new Map<ZooCase, string>();
  // One after the other, and before any image is removed: a build of Podman 4.3 fails if one is meanwhile.
  beforeAll(async () => {
    for (const one of cases) images.set(one, await podman.build(one));
  });

  it('hello keeps what it keeps with Docker, path for path, and runs', async () => {
    const tag = 'pyshrink-test/podman-hello:small';
    const cwd = workdir();
    const common = ['pyshrink-fixture/hello', '--until-exit', '--runs', '1', '--tag', tag];
    const [{ cwd: folder }, docker] = await Promise.all([
      podman.shrink('pyshrink-fixture/hello', { level: 'reachable' }, tag),
      pyshrink(['shrink', ...common], { cwd, env: { DOCKER_HOST: '' } }),
    ]);
    expect(docker.exitCode, docker.all as string).toBe(0);
    expect(keptBelow(folder)).toEqual(keptBelow(cwd));
    expect(await podman.docker('run', '--rm', tag)).toBe('hello, world');
  });

  it('fastapi', async () => {
    await podman.shrink('pyshrink-fixture/fastapi', FASTAPI, 'pyshrink-test/podman-fastapi:small');
  });

  it.each(cases)('$name', async (way) => {
    const image = images.get(way) as string;
    await podman.shrink(image, way, `${image}:small`);
  });

  it('doctor tries to trace, and removes what a dead run has left', async () => {
    // In a namespace of its own, since each session of the tests beside it removes what dead ones left.
    const [own, session] = ['podman-doctor', 'dead'];
    const [image, volume] = [`pyshrink.tmp-${own}/image:${session}`, `pyshrink-${own}-0`];
    const label = ['--label', `io.pyshrink.session-${own}=${session}`];
    const helper = ['--label', `io.pyshrink.role-${own}=helper`, '--entrypoint', 'true'];
    const id = await podman.docker('run', '-d', ...label, ...helper, 'pyshrink-fixture/fastapi');
    await podman.docker('wait', id);
    await podman.docker('volume', 'create', ...label, volume);
    await podman.docker('tag', 'pyshrink-fixture/fastapi', image);
    const { run } = await podman.pyshrink(['doctor', '--clean', '--json'], { env: { PYSHRINK_NAMESPACE: own } });
    const { checks, removed } = JSON.parse(run.stdout as string);
    expect(checks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'daemon', ok: true, detail: expect.stringMatching(/^Podman \d/) }),
        expect.objectContaining({ name: 'API', ok: true }),
        expect.objectContaining({ name: 'tracing', ok: true }),
      ]),
    );
    expect(removed).toEqual(expect.arrayContaining([`container ${id.slice(0, 12)}`, `image ${image}`, `volume ${volume}`]));
  });
}

/** A network of a service with Redis in it, while the tests run; and at the end, a look at what is left. */
function beside(podman: Podman): void {
  beforeAll(async () => {
    await podman.docker('rm', '-f', 'pyshrink-test-redis').catch(() => {});
    await podman.docker('network', 'rm', NETWORK).catch(() => {});
    // Podman 4.3 lists all interfaces, and fails where one of another container goes meanwhile.
    const create = () => podman.docker('network', 'create', NETWORK);
    await create().catch(create);
    await podman.docker('run', '-d', '--rm', '--name', 'pyshrink-test-redis', '--network', NETWORK, 'pyshrink-fixture/redis');
  });
  afterAll(async () => {
    await podman.docker('rm', '-f', 'pyshrink-test-redis');
    await podman.docker('network', 'rm', NETWORK);
    await podman.docker('volume', 'rm', '-f', 'pyshrink-test-items');
    expect([await podman.leftovers(), await leftovers()]).toEqual([[], []]);
  });
}

/** Apps with a network of their own and with a health check. */
function services(podman: Podman): void {
  it('worker, with Redis beside it', async () => {
    const way = fixtureFile('worker', 'way.yaml') as Way;
    const options = way.options?.map((word) => (word === 'pyshrink-test-ways' ? NETWORK : word));
    await podman.shrink('pyshrink-fixture/worker', { ...way, ...(options && { options }) }, 'pyshrink-test/podman-worker:small');
  });

  it('healthcheck, which the small image still passes', async () => {
    const small = 'pyshrink-test/podman-healthcheck:small';
    await podman.shrink('pyshrink-fixture/healthcheck', fixtureFile('healthcheck', 'way.yaml'), small);
    expect(await podman.health(small)).toBe('healthy');
  });
}

describe.runIf(HAS_ENGINE && ROOTFUL)('Podman', () => {
  const podman = new Podman(ROOTFUL as string);
  beside(podman);

  describe.concurrent('as root', () => {
    onEach(podman, AS_ROOT);
    services(podman);

    it('a seccomp profile, which Podman takes by its path', async () => {
      const profile = join(FIXTURES, 'entrypoint-zoo', 'files', 'no-seccomp.json');
      const { run } = await podman.pyshrink(['trace', 'pyshrink-fixture/hello', '--json', '--security-opt', `seccomp=${profile}`]);
      expect(run.exitCode, run.all as string).toBe(0);
      expect(JSON.parse(run.stdout as string).warnings).toEqual([expect.stringContaining('only the weaker tracers ran, since the kernel')]);
    });
  });
});

describe.runIf(HAS_ENGINE && ROOTLESS)('Podman without root', () => {
  const podman = new Podman(ROOTLESS as string, USER);
  beside(podman);

  describe.concurrent('as an ordinary user', () => {
    onEach(podman, AS_USER);
    services(podman);
  });
});
