import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Answers, StepAnswer } from '../../src/exercise/answers.js';
import type { KeepReport } from '../../src/workspace/keepreport.js';
import type { Result } from '../../src/workspace/result.js';
import { docker, workdir } from './engine.js';
import type { Need } from './needs.js';
import { runsOf } from './records.js';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
/** fixtures/peers.sh makes this user, with ranges of subordinate ids. */
export const USER = 'pyshrink-test';

/**
 * Runtimes that an ordinary user may have, and what each needs. youki always makes a control group, which an ordinary user may
 * do with version 2 only.
 */
export const USER_RUNTIMES: readonly [string, ...Need[]][] = [['none'], ['crun', 'program crun'], ['runc', 'program runc']];

/** Gives one test its own sessions folder, so that it does not see sessions of other runs. */
export function ownCache(): { PYSHRINK_CACHE: string } {
  return { PYSHRINK_CACHE: workdir() };
}

/** Sessions that still exist in a cache folder. */
export function sessions({ PYSHRINK_CACHE }: { PYSHRINK_CACHE: string }): string[] {
  try {
    return [...new Set(readdirSync(join(PYSHRINK_CACHE, 'sessions')).map((name) => name.replace(/\.(owner|alive)$/, '')))];
  } catch {
    return [];
  }
}

/** Unpacks an image's root file system with docker and tar, so that our own unpacking can be compared with it. */
export async function exportedRoot(image: string): Promise<string> {
  const folder = workdir();
  const container = await docker('create', image, 'true');
  try {
    execFileSync('sh', ['-c', `docker export ${container} | tar -xp -C ${folder}`]);
  } finally {
    await docker('rm', container);
  }
  return folder;
}

/** Output of the app in the newest run, from the `.pyshrink` folder in `folder`: stdout, then stderr. */
export function printed(folder: string): string {
  const { stdout, stderr } = newestBelow(folder).app;
  return Buffer.from(stdout, 'base64').toString() + Buffer.from(stderr, 'base64').toString();
}

/** Answers of the steps in the newest run, from the `.pyshrink` folder in `folder`. */
export function answersBelow(folder: string): StepAnswer[] {
  return newestBelow(folder).steps.map(({ answer }) => answer);
}

function newestBelow(folder: string): Answers {
  const [image] = readdirSync(join(folder, '.pyshrink'));
  return runsOf(join(folder, '.pyshrink', image as string, 'trace.json')).at(-1).answers[0];
}

/** Paths that the newest assembly kept, from the `.pyshrink` folder in `folder`. */
export function keptBelow(folder: string): string[] {
  return Object.keys(documentBelow<Pick<KeepReport, 'kept'>>(folder, 'keep.json').kept).sort();
}

/** What the newest assembly says of the original's layers and of its size. */
export function originalBelow(folder: string): Pick<Result, 'originalLayers' | 'originalSize'> {
  return documentBelow<Result>(folder, 'result.json');
}

function documentBelow<T>(folder: string, name: string): T {
  const [image] = readdirSync(join(folder, '.pyshrink'));
  return JSON.parse(readFileSync(join(folder, '.pyshrink', image as string, name), 'utf8')) as T;
}

let copy: string | undefined;

/** Copies the built program to a folder that every user can read. The checkout may be in a folder that other users can't open. */
function readableCopy(): string {
  if (copy === undefined) {
    copy = mkdtempSync(join(tmpdir(), 'pyshrink-readable-'));
    for (const name of ['dist', 'probes', 'package.json']) cpSync(join(CHECKOUT, name), join(copy, name), { recursive: true });
    execFileSync('chmod', ['-R', 'a+rX', copy]);
  }
  return copy;
}

interface AsUser {
  cwd?: string;
  /** Variables to add. */
  env?: Record<string, string>;
  /** Standard input. */
  input?: string;
}

/**
 * Runs pyshrink as another user with a new home directory, which is also the default working directory. Such a user may not
 * use the socket of the daemon, so the local engine runs, unless `env` names a daemon.
 */
export async function asUser(user: string, args: string[], { cwd, env, input }: AsUser = {}) {
  const home = mkdtempSync(join(tmpdir(), 'pyshrink-home-'));
  execFileSync('chown', ['-R', user, home]);
  const uid = execFileSync('id', ['-u', user]).toString().trim();
  const run = await execa(
    'setpriv',
    [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', process.execPath, join(readableCopy(), 'dist/cli.js'), ...args],
    {
      reject: false,
      all: true,
      cwd: cwd ?? home,
      ...(input !== undefined && { input }),
      env: { HOME: home, USER: user, PYSHRINK_CACHE: join(home, 'cache'), ...env },
    },
  );
  return { run, home, sessions: sessions({ PYSHRINK_CACHE: join(home, 'cache') }) };
}

/** Mounts and processes on this computer whose lines mention a folder. */
export function tracesOf(folder: string): string[] {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const processes = execFileSync('ps', ['-eo', 'args']).toString().split('\n');
  return [...mounts, ...processes].filter((line) => line.includes(folder));
}
