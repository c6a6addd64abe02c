import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { describe } from 'vitest';
import { ROLE_LABEL, SESSION_LABEL, TEMPORARY_REPOSITORY } from '../../src/engines/docker/labels.js';

/** test/run.sh sets this when a Docker engine answers and the fixtures are built. */
export const HAS_ENGINE = process.env.PYSHRINK_TEST_ENGINE === '1';

/** Tests that need the engine. Without an engine they are reported as skipped. */
export const describeWithEngine = describe.runIf(HAS_ENGINE);

export const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;
export const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;
export const SLIM = 'pyshrink-base/official-python:3.13-slim';
export const DEBIAN = 'pyshrink-base/debian-python:3.11';

/** Makes a new working directory. */
export function workdir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-e2e-'));
  chmodSync(folder, 0o755); // some tests read it as another user
  return folder;
}

/** Runs pyshrink as a user does. Does not throw when pyshrink fails: tests check the exit code. */
export function pyshrink(args: string[], options: Options = {}) {
  return execa(process.execPath, [CLI, ...args], { reject: false, all: true, cwd: workdir(), ...options, env: { ...options.env } });
}

/** Runs the docker CLI and returns its output. Throws when it fails. */
export async function docker(...args: string[]): Promise<string> {
  return (await execa('docker', args)).stdout;
}

/** Builds an image from a Dockerfile and files next to it. The name depends only on their content. */
export async function buildImage(dockerfile: string, files: Record<string, string> = {}): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([dockerfile, files]))
    .digest('hex')
    .slice(0, 12);
  const folder = workdir();
  writeFileSync(join(folder, 'Dockerfile'), dockerfile);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const name = `pyshrink-test/${key}`;
  await execa('docker', ['build', '-q', '-t', name, folder], { env: { DOCKER_BUILDKIT: '0' } });
  return name;
}

/**
 * As {@link buildImage}, on Debian's Python, and shrunk: an image that is quickly copied and unpacked. What its command uses is in
 * it, all modules of Python, the users, and what the patterns say.
 */
export async function buildSmallImage(lines: string, files: Record<string, string>, patterns: readonly string[] = []): Promise<string> {
  const large = await buildImage(`FROM ${DEBIAN}\n${lines}`, files);
  const name = large.replace('pyshrink-test/', 'pyshrink-test/small-');
  if ((await docker('images', '-q', name)) === '') {
    const included = ['/usr/lib/python3.11/**', '/etc/{passwd,group}', ...patterns].flatMap((pattern) => ['--include', pattern]);
    const run = await pyshrink(['shrink', large, '--tag', name, ...included]);
    if (run.exitCode !== 0) throw new Error(`${large} could not be shrunk:\n${run.all}`);
  }
  return name;
}

/** Builds an image from a folder with a Dockerfile. The name depends only on the built image. */
export async function buildFolder(folder: string): Promise<string> {
  const { stdout } = await execa('docker', ['build', '-q', folder], { env: { DOCKER_BUILDKIT: '0' } });
  const name = `pyshrink-test/${stdout.trim().slice('sha256:'.length, 'sha256:'.length + 12)}`;
  await docker('tag', stdout.trim(), name);
  return name;
}

/** Objects on the daemon that sessions of this test file made. Other files, which run at the same time, do not count. */
export async function leftovers(): Promise<string[]> {
  const filter = ['--filter', `label=${SESSION_LABEL}`];
  const lists = await Promise.all([
    docker('ps', '-aq', ...filter),
    docker('volume', 'ls', '-q', ...filter),
    docker('network', 'ls', '-q', ...filter),
    docker('images', '-q', ...filter),
    docker('images', '-q', `${TEMPORARY_REPOSITORY}/*`),
  ]);
  return lists.flatMap((text) => text.split('\n').filter(Boolean));
}

/** App containers that are running now and belong to sessions of this test file. */
export async function runningApps(): Promise<string[]> {
  return (await docker('ps', '-q', '--filter', `label=${ROLE_LABEL}=app`)).split('\n').filter(Boolean);
}
