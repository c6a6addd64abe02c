import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Stacks } from '../../../src/engines/docker/stacks.js';
import type { Container } from '../../../src/engines/engine.js';
import { FakeDaemon } from '../../support/daemon.js';

const FILE = '/compose.yaml';
const none = [200, []] as [number, unknown];

let daemon: FakeDaemon;
let stacks: Stacks;
beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-stacks-'));
  // Stands for docker compose, which makes the containers: the daemon below has them.
  writeFileSync(join(folder, 'docker'), '#!/bin/sh\necho 2.30.0\n', { mode: 0o755 });
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
  daemon = (await new FakeDaemon().listen())
    .on('GET /networks', none)
    .on('GET /volumes', [200, { Volumes: [] }])
    .on('GET /containers/json', ({ query }) => [200, query.get('filters')?.includes('compose.service') ? [{ Id: 'template' }] : []])
    .on('GET /containers/template/json', [200, { Config: {} }]);
  const { docker } = daemon;
  const signal = new AbortController().signal;
  stacks = new Stacks({ docker, environment: {}, labels: { session: '1' }, spool: async () => join(folder, 'compose'), signal }, 'test');
  stacks.projects.set(FILE, {
    path: FILE,
    document: () => ({ name: 'shop', services: { web: { image: 'web' } } }),
    beside: () => [],
    shared: () => [],
    ports: () => [],
    environment: {},
    written: () => [],
  });
});
afterEach(() => {
  vi.unstubAllEnvs();
  daemon.close();
});

/** A container that the daemon removes at last. */
class Stubborn {
  asked = 0;

  constructor(private readonly refusals: number) {}

  async remove(): Promise<void> {
    if (this.asked++ < this.refusals) throw new Error('the daemon is busy');
  }

  get container(): Container {
    return this as unknown as Container;
  }
}

const startWith = async (stubborn: Stubborn) => {
  const started = await stacks.start(FILE, 'web', 5, () => {});
  await stacks.made(started.id, stubborn.container);
  return started;
};

it('removes at the next start what could not be removed at the end of one', async () => {
  const stubborn = new Stubborn(1);
  await (await startWith(stubborn)).end();
  expect(stubborn.asked).toBe(1);
  await (await stacks.start(FILE, 'web', 5, () => {})).end();
  expect(stubborn.asked).toBe(2);
  await stacks.remove();
  expect(stubborn.asked).toBe(2);
});

it('tries at the end, too, and says what is left', async () => {
  const stubborn = new Stubborn(9);
  await (await startWith(stubborn)).end();
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  await stacks.remove();
  expect(stubborn.asked).toBe(2);
  expect(warn.mock.calls).toEqual([['something was left behind in the Docker daemon: the daemon is busy']]);
  warn.mockRestore();
});
