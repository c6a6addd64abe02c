import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { describe } from 'vitest';

/** Set by test/run.sh where an engine answers and the fixtures are built. */
export const HAS_ENGINE = process.env.PYSHRINK_TEST_ENGINE === '1';

/** Tests that need the engine: skipped, and shown as such, where there is none. */
export const describeWithEngine = describe.runIf(HAS_ENGINE);

export const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;
export const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;
export const SLIM = 'pyshrink-base/official-python:3.13-slim';
export const DEBIAN = 'pyshrink-base/debian-python:3.11';

/** A new working directory. */
export function workdir(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pyshrink-e2e-'));
  chmodSync(folder, 0o755); // other users look in
  return folder;
}

/** Runs pyshrink as a user does; never throws for an exit code. */
export function pyshrink(args: string[], options: Options = {}) {
  return execa(process.execPath, [CLI, ...args], { reject: false, all: true, cwd: workdir(), ...options, env: { ...options.env } });
}

/** Runs the docker CLI; throws when it fails. */
export async function docker(...args: string[]): Promise<string> {
  return (await execa('docker', args)).stdout;
}

/** Builds an image of a Dockerfile and files beside it; the same content gives the same name. */
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

/** Builds the image of a folder with a Dockerfile; the same content gives the same name. */
export async function buildFolder(folder: string): Promise<string> {
  const { stdout } = await execa('docker', ['build', '-q', folder], { env: { DOCKER_BUILDKIT: '0' } });
  const name = `pyshrink-test/${stdout.trim().slice('sha256:'.length, 'sha256:'.length + 12)}`;
  await docker('tag', stdout.trim(), name);
  return name;
}

/** What is on the daemon of sessions of ours. */
export async function leftovers(): Promise<string[]> {
  const filter = ['--filter', 'label=io.pyshrink.session'];
  const lists = await Promise.all([
    docker('ps', '-aq', ...filter),
    docker('volume', 'ls', '-q', ...filter),
    docker('images', '-q', ...filter),
    docker('images', '-q', 'pyshrink.tmp/*'),
  ]);
  return lists.flatMap((text) => text.split('\n').filter(Boolean));
}
