import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildImage, docker, FIXTURES, HAS_ENGINE, leftovers, pyshrink, SLIM, workdir } from '../support/engine.js';
import { needing } from '../support/needs.js';

const needs = needing('docker compose');
const LAYOUTS = join(FIXTURES, 'layouts');
/** The old builder: the new one is a program of its own. */
const BUILDER = { DOCKER_BUILDKIT: '0' };

/** Does `init`, then `shrink` without an edit. Returns the names of the runs; each has to be equal. */
async function shrunk(cwd: string, image: string | undefined, tag: string, env: Record<string, string> = {}): Promise<string[]> {
  const init = await pyshrink(['init', ...(image === undefined ? [] : [image])], { cwd, env });
  expect(init.exitCode, init.all as string).toBe(0);
  const run = await pyshrink(['shrink', '--json', '--tag', tag], { cwd, env });
  expect(run.exitCode, run.all as string).toBe(0);
  const { runs, before, after } = JSON.parse(run.stdout as string);
  for (const one of runs) expect(one).toMatchObject({ outcome: 'same', differences: 0 });
  expect(after).toBeLessThan(before / 2);
  return runs.map(({ name, compared }: { name: string; compared: number }) => `${name} ${compared}`);
}

describe.runIf(HAS_ENGINE)('init, then shrink without an edit', () => {
  afterEach(async () => expect(await leftovers()).toEqual([]));

  it.each([
    ['hello', ['main 1']],
    ['ssl-hello', ['main 1']],
    ['flask-pandas', ['web 1']],
    ['fastapi', ['web 1']],
    ['wrapper', ['main 1']],
    ['healthcheck', ['web 2']],
  ])('of the image %s', async (name, runs) => {
    expect(await shrunk(workdir(), `pyshrink-fixture/${name}`, `pyshrink-test/init:${name}`)).toEqual(runs);
  });

  describe('of the layout of a public example', () => {
    const folder = (name: string) => {
      const copy = workdir();
      cpSync(join(LAYOUTS, name), copy, { recursive: true });
      return copy;
    };
    beforeAll(async () => {
      // fixtures/build.sh gives pip the same file.
      const python = await buildImage(`FROM ${SLIM}\nENV PIP_CERT=/usr/local/share/build-ca.crt\n`);
      await docker('tag', python, 'pyshrink-test/layout-python');
      for (const name of ['uvicorn-gunicorn', 'mariadb'])
        await execa('docker', ['build', '-q', '-t', `pyshrink-test/layout-${name}`, join(LAYOUTS, name)], { env: BUILDER });
    });

    const layout = (name: string, runs: string[], service?: string) =>
      needs(name, async () => {
        const cwd = folder(name);
        const project = `pyshrink-test-layout-${name}`;
        const env = { ...BUILDER, COMPOSE_PROJECT_NAME: project };
        const image = service && `${project}-${service}`;
        if (name === 'django') {
          await docker('rmi', '-f', `${project}-web`).catch(() => {}); // of an earlier run
          const early = await pyshrink(['init'], { cwd, env });
          expect([early.exitCode, early.stderr]).toEqual([2, expect.stringContaining('docker compose -f compose.yaml build web')]);
        }
        await execa('docker', ['compose', 'build'], { cwd, env });
        expect(await shrunk(cwd, image, `pyshrink-test/init:${name}`, env)).toEqual(runs);
      });
    layout('django', ['web 1']);
    // Its compose file mounts the sources over the app.
    layout('flask-redis', ['web 1']);
    // It listens at another port than the image declares.
    layout('fastapi', ['api 1']);
    // Two services are built, so one has to be named.
    layout('nginx-flask-mysql', ['backend 1'], 'backend');
  });
});
