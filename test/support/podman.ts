import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { expect } from 'vitest';
import { SESSION_LABEL, TEMPORARY_REPOSITORY } from '../../src/engines/docker/labels.js';
import { pyshrink, workdir } from './engine.js';
import { asUser, type USER } from './local.js';
import { shrinkWords, type Way, writeZooCase, type ZooCase } from './way.js';

/** Sockets of the services that fixtures/podman.sh has started. Without one, the tests that need it are skipped. */
export const ROOTFUL = process.env.PYSHRINK_TEST_PODMAN;
export const ROOTLESS = process.env.PYSHRINK_TEST_PODMAN_ROOTLESS;

/** How often a health check may fail while an app starts. */
const MOST_CHECKS = 100;

/** What `shrink --json` prints, as far as these tests need it. */
interface Shrunk {
  passed: boolean;
  warnings: string[];
  repairs: unknown[];
  after: number;
  trace: string;
}

/** A Podman service: that of fixtures/podman.sh for root, or the one for an ordinary user. */
export class Podman {
  /** @param user who runs pyshrink, where that is not the user who runs the tests */
  constructor(
    private readonly socket: string,
    private readonly user?: typeof USER,
  ) {}

  get host(): string {
    return `unix://${this.socket}`;
  }

  /** Runs the docker CLI against this service and returns its output. Throws when it fails. */
  async docker(...args: string[]): Promise<string> {
    return (await execa('docker', args, { env: { DOCKER_HOST: this.host, DOCKER_BUILDKIT: '0' } })).stdout;
  }

  /** Runs pyshrink against this service as a user does. Does not throw when pyshrink fails: tests check the exit code. */
  async pyshrink(args: string[], { input, env = {} }: { input?: string; env?: Record<string, string> } = {}) {
    const cwd = workdir();
    const options = { env: { DOCKER_HOST: this.host, ...env }, ...(input !== undefined && { input }) };
    if (this.user === undefined) return { run: await pyshrink(args, { cwd, ...options }), cwd };
    const { run, home } = await asUser(this.user, args, options);
    return { run, cwd: home };
  }

  /**
   * Runs the health check of an image in a new container until it passes, and gives its last status. Podman leaves that to
   * systemd, which is not everywhere.
   */
  async health(image: string): Promise<string> {
    const id = await this.docker('run', '-d', image);
    try {
      for (let attempt = 1; ; attempt++) {
        const { statusCode, body } = await this.get(`/v4.0.0/libpod/containers/${id}/healthcheck`);
        expect(statusCode, body).toBe(200);
        const { Status } = JSON.parse(body) as { Status: string };
        if (Status === 'healthy' || attempt === MOST_CHECKS) return Status;
        await new Promise((go) => setTimeout(go, 100));
      }
    } finally {
      await this.docker('rm', '-f', id);
    }
  }

  private async get(path: string): Promise<{ statusCode: number | undefined; body: string }> {
    const [response] = (await once(request({ socketPath: this.socket, path }).end(), 'response')) as [IncomingMessage];
    return { statusCode: response.statusCode, body: await text(response) };
  }

  /** What the sessions of this test file have left on this service. */
  async leftovers(): Promise<string[]> {
    const filter = ['--filter', `label=${SESSION_LABEL}`];
    const lists = [];
    for (const args of [
      ['ps', '-aq', ...filter],
      ['volume', 'ls', '-q', ...filter],
      ['images', '-q', ...filter],
      ['images', '-q', '--filter', `reference=${TEMPORARY_REPOSITORY}/*`],
    ])
      lists.push(await this.docker(...args));
    return lists.flatMap((list) => list.split('\n').filter(Boolean));
  }

  /** Builds the image of a zoo case. */
  async build(one: ZooCase): Promise<string> {
    const folder = workdir();
    writeZooCase(one, folder);
    const image = `pyshrink-test/${one.name.toLowerCase().replace(/\W+/g, '-')}`;
    await this.docker('build', '-q', '-t', image, folder);
    return image;
  }

  /**
   * Shrinks an image the way a case says, and checks what it must: it passes, it needs no repair, and there are no other
   * warnings than the case allows. The exercise runs once on each image, since what varies is tested on Docker.
   * @returns the result, and the folder in which pyshrink ran
   */
  async shrink(image: string, way: Omit<Way, 'name'>, tag: string): Promise<{ result: Shrunk; cwd: string }> {
    const words = shrinkWords(image, way, tag, workdir());
    const { run, cwd } = await this.pyshrink(words, way.input === undefined ? {} : { input: way.input });
    expect(run.exitCode, run.all as string).toBe(0);
    const result = JSON.parse(run.stdout as string) as Shrunk;
    expect(result).toMatchObject({ passed: true, repairs: [] });
    const warns = (way.warns ?? []).map((text) => expect.stringContaining(text));
    if (!way.mayWarn) expect(result.warnings).toEqual(way.warns ? expect.arrayContaining(warns) : []);
    return { result, cwd };
  }
}
