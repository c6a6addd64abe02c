import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const HERE = new URL('.', import.meta.url).pathname;
const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;
const BASE = 'pyshrink-base/official-python:3.13-slim';
/** The computer's certificate authorities in the base images: see fixtures/bases.sh. */
const CERTIFICATES = '/usr/local/share/build-ca.crt';
/** Milliseconds after which a suite is given up. */
const LONGEST = 900_000;

/** The newest one that the tests of click and flask run with. */
const PYTEST = 'pytest==8.4.2';

/** A library whose own tests are run in an image that was shrunk with nothing but an import of it. */
export interface Suite {
  /** The library with its version, as pip takes it. */
  library: string;
  /** The module that the app imports. */
  module: string;
  /** What the tests need beside the library, as pip takes it. */
  needs: readonly string[];
  /** Arguments of pytest, from the folder of the source. */
  tests: readonly string[];
}

export const SUITES: ReadonlyMap<string, Suite> = new Map<string, Suite>(
  Object.entries({
    jinja2: { library: 'jinja2==3.1.6', module: 'jinja2', needs: [PYTEST, 'trio'], tests: ['tests'] },
    click: { library: 'click==8.3.1', module: 'click', needs: [PYTEST], tests: ['tests'] },
    flask: { library: 'flask==3.1.3', module: 'flask', needs: [PYTEST, 'python-dotenv', 'asgiref'], tests: ['tests'] },
    werkzeug: {
      library: 'werkzeug==3.1.9',
      module: 'werkzeug',
      needs: [PYTEST, 'pytest-timeout', 'ephemeral-port-reserve', 'watchdog', 'cryptography', 'cffi'],
      tests: ['tests'],
    },
    requests: {
      library: 'requests==2.34.2',
      module: 'requests',
      needs: [PYTEST, 'pytest-httpbin', 'httpbin', 'pytest-mock', 'PySocks', 'trustme'],
      tests: ['tests'],
    },
  }),
);

type Outcome = 'passed' | 'failed' | 'skipped';
interface Result {
  cases: Record<string, Outcome>;
  /** Modules of the standard library that only pytest and the tests import, and that the image does not have. */
  borrowed: string[];
}

export interface Compared {
  /** Cases that pass in the original. */
  passed: number;
  /** Those of them that do not pass in the shrunk image. */
  lost: string[];
  borrowed: string[];
  /** Bytes. */
  before: number;
  after: number;
}

/** Builds the images of a suite, shrinks the library's, and runs the tests in both. */
export async function compareSuite(name: string): Promise<Compared> {
  const suite = SUITES.get(name);
  if (!suite) throw new Error(`there is no suite ${name}; the suites are ${[...SUITES.keys()].join(', ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'pyshrink-suite-'));
  try {
    const image = `pyshrink-suite/${name}`;
    await build(suite, 'app', image);
    await build(suite, 'outside', `${image}:outside`);
    await copyOut(`${image}:outside`, folder);
    const small = `${image}:shrunk`;
    const { stdout } = await execa(process.execPath, [CLI, 'shrink', image, '--json', '--tag', small], { cwd: folder });
    const { before, after } = JSON.parse(stdout) as { before: number; after: number };
    const original = await runTests(suite, image, folder);
    const shrunk = await runTests(suite, small, folder);
    const passed = Object.keys(original.cases).filter((one) => original.cases[one] === 'passed');
    return {
      passed: passed.length,
      lost: passed.filter((one) => shrunk.cases[one] !== 'passed').sort(),
      borrowed: shrunk.borrowed,
      before,
      after,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function build({ library, module, needs }: Suite, target: string, image: string): Promise<void> {
  const args = { BASE, PIP_CERT: CERTIFICATES, LIBRARY: library, IMPORT: module, NEEDS: needs.join(' ') };
  const flags = Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
  await execa('docker', ['build', '-q', '--target', target, '-t', image, ...flags, HERE], { env: { DOCKER_BUILDKIT: '0' } });
}

/** Copies /suite out of an image. */
async function copyOut(image: string, folder: string): Promise<void> {
  const { stdout: id } = await execa('docker', ['create', image]);
  try {
    await execa('docker', ['cp', `${id}:/suite`, join(folder, 'suite')]);
    await mkdir(join(folder, 'suite', 'run')); // a place for the mount below a mount that can only be read
  } finally {
    await execa('docker', ['rm', id]);
  }
}

/** Runs the tests in a container of an image. Tests write beside themselves, so each run has its own copy of the source. */
async function runTests(suite: Suite, image: string, folder: string): Promise<Result> {
  const run = await mkdtemp(join(folder, 'run-'));
  await cp(join(folder, 'suite', 'source'), join(run, 'source'), { recursive: true });
  const mounts = ['-v', `${join(folder, 'suite')}:/suite:ro`, '-v', `${run}:/suite/run`];
  const container = `pyshrink-suite-${process.pid}-${Date.now()}`;
  const pytest = ['-q', '-p', 'no:cacheprovider', '-o', 'addopts=', ...suite.tests];
  try {
    const env = ['-e', 'PYTHONDONTWRITEBYTECODE=1', '-e', 'PYTHONHASHSEED=0', '-e', 'HOME=/tmp'];
    const command = ['python3', '/suite/run.py', '/suite/run/result.json', ...pytest];
    const words = ['run', '--rm', '--init', '--name', container, '-w', '/suite/run/source', ...mounts, ...env, image, ...command];
    const { all } = await execa('docker', words, { all: true, reject: false, timeout: LONGEST });
    const text = await readFile(join(run, 'result.json'), 'utf8').catch(() => undefined);
    if (text === undefined) throw new Error(`pytest did not end in ${image}: ${all?.slice(-3000)}`);
    return JSON.parse(text) as Result;
  } finally {
    await execa('docker', ['rm', '-f', container], { reject: false });
  }
}
