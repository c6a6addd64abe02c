import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { LocalEngine } from '../../src/engines/local/local.js';
import { HAS_ENGINE, workdir } from '../support/engine.js';
import { ownCache } from '../support/local.js';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const VERSION = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')).version as string;
/** Files that a fresh clone does not have. */
const NOT_CLONED = ['.git', '.pyshrink', 'dist', 'node_modules'];
/** Makes npm use its cache first, so that it asks the registry as little as possible. */
const CACHED = { npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };
const possible = HAS_ENGINE || !('refused' in (await new LocalEngine().namespaces()));

describe('the packed program', () => {
  let members: string[];
  let program: string;

  beforeAll(async () => {
    const clone = join(workdir(), 'clone');
    cpSync(CHECKOUT, clone, { recursive: true, filter: (path) => !NOT_CLONED.includes(basename(path)) });
    const [packed, prefix] = [workdir(), workdir()];
    await execa('npm', ['pack', '--pack-destination', packed], { cwd: clone, env: CACHED });
    const [tarball] = readdirSync(packed);
    const file = join(packed, tarball as string);
    members = (await execa('tar', ['-tzf', file])).stdout.split('\n').map((name) => name.replace(/^package\//, ''));
    rmSync(clone, { recursive: true });
    await execa('npm', ['install', '--global', '--prefix', prefix, file], { cwd: workdir(), env: CACHED });
    program = join(prefix, 'bin', 'pyshrink');
    expect(statSync(file).size, 'bytes of the tarball').toBeLessThan(1_000_000);
  }, 300_000);

  const run = (...args: string[]) => execa(program, args, { reject: false, all: true, cwd: workdir(), env: ownCache() });

  it('contains only the built program, the probes and the documents for users', () => {
    expect(members).toEqual(
      expect.arrayContaining([
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'dist/LICENSES.txt',
        'dist/cli.js',
        'dist/index.d.ts',
        'dist/page.html',
        'package.json',
        'probes/supervisor.py',
      ]),
    );
    const folders = new Set(members.map((name) => name.split('/')[0]));
    expect([...folders].sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'probes']);
    expect(members.filter((name) => /\.(map|pyc)$|\.test\./.test(name))).toEqual([]);
  });

  it('prints its version', async () => {
    expect(await run('--version')).toMatchObject({ stdout: VERSION, stderr: '' });
  });

  it('runs doctor', async () => {
    const { stdout, exitCode } = await run('doctor', '--json');
    const { checks } = JSON.parse(stdout);
    expect(checks).toContainEqual(expect.objectContaining({ name: 'Node', ok: true }));
    if (HAS_ENGINE) expect(exitCode, stdout).toBe(0);
  });

  it.runIf(possible)('shrinks an app', async () => {
    const shrunk = HAS_ENGINE
      ? await run('shrink', 'pyshrink-fixture/ssl-hello', '--output', 'oci:small')
      : await run('shrink', 'host:', '--', 'python3', '-c', 'print("hello")');
    expect(shrunk.exitCode, shrunk.all).toBe(0);
    expect(shrunk.stdout).toContain('behaves like');
  });
});
