import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;
/** The computer's certificate authorities in the base images: see fixtures/bases.sh. */
const CERTIFICATES = '/usr/local/share/build-ca.crt';

/** Builds one target of a Dockerfile. */
export async function build(folder: string, target: string, image: string, variables: Record<string, string>): Promise<void> {
  const flags = Object.entries({ PIP_CERT: CERTIFICATES, ...variables }).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
  await execa('docker', ['build', '-q', '--target', target, '-t', image, ...flags, folder], { env: { DOCKER_BUILDKIT: '0' } });
}

/** Copies /suite out of an image into a folder. */
export async function copyOut(image: string, folder: string): Promise<void> {
  const { stdout: id } = await execa('docker', ['create', image]);
  try {
    await execa('docker', ['cp', `${id}:/suite`, join(folder, 'suite')]);
    await mkdir(join(folder, 'suite', 'run'), { recursive: true }); // a place for the mount below a mount that can only be read
  } finally {
    await execa('docker', ['rm', id]);
  }
}

/** Sizes of both images, in bytes. */
export interface Sizes {
  before: number;
  after: number;
}

/** Shrinks an image. Its workspace is in the folder. */
export async function shrink(image: string, small: string, level: string, folder: string): Promise<Sizes> {
  const args = [CLI, 'shrink', image, '--json', '--level', level, '--tag', small];
  const { stdout } = await execa(process.execPath, args, { cwd: folder });
  const { before, after } = JSON.parse(stdout) as Sizes;
  return { before, after };
}

/** Runs a command in a container. The container is removed in any case. @returns its output */
export async function runIn(image: string, flags: readonly string[], command: readonly string[], timeout: number): Promise<string> {
  const container = `pyshrink-suite-${process.pid}-${Date.now()}-${Math.random().toString(36).slice(2)}`;
  try {
    const words = ['run', '--rm', '--init', '--name', container, ...flags, image, ...command];
    const { all } = await execa('docker', words, { all: true, reject: false, timeout });
    return all ?? '';
  } finally {
    await execa('docker', ['rm', '-f', container], { reject: false });
  }
}
