import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LocalEngine } from '../../src/engines/local/local.js';
import { pyshrink, workdir } from '../support/engine.js';
import { keptBelow, ownCache, printed, sessions } from '../support/local.js';

const APP = `
import json, os, sqlite3, sys
from pathlib import Path
print(json.dumps({"argv": sys.argv[1:], "names": sorted(set(os.environ) - {"HOSTNAME", "HOME", "USER", "TERM"}), "cwd": os.getcwd(), "flag": os.environ.get("FLAG"), "descriptors": len(os.listdir("/proc/self/fd"))}))
print(sqlite3.connect(":memory:").execute("select 1").fetchone(), Path("data/words.txt").read_text())
if "write" in sys.argv:
    Path("made.txt").write_text("made by the run")
`;

/** Makes a folder with an app, and with a secret that must never get into an image. */
function project(): string {
  const folder = workdir();
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'app.py'), APP);
  writeFileSync(join(folder, 'data/words.txt'), 'one two');
  writeFileSync(join(folder, '.env'), 'PASSWORD=hunter2');
  return folder;
}

/** Reads the configuration of an image from an OCI layout. */
function config(folder: string, layout: string) {
  const read = (digest: string) => JSON.parse(readFileSync(join(folder, layout, 'blobs', digest.replace(':', '/')), 'utf8'));
  const [index] = JSON.parse(readFileSync(join(folder, layout, 'index.json'), 'utf8')).manifests;
  return read(read(index.digest).config.digest);
}

const possible = !('refused' in (await new LocalEngine().namespaces()));

describe.runIf(possible)('host:', () => {
  it('shrinks a command of this computer, and leaves out secrets and the environment', async () => {
    const folder = project();
    const cache = ownCache();
    const env = { ...cache, TOKEN: 'hunter2', FLAG: 'yes' };
    const run = await pyshrink(['shrink', 'host:', '-e', 'FLAG', '--output', 'oci:image', '--', 'python3', 'app.py', 'a b', 'write'], {
      cwd: folder,
      env,
    });
    expect(run.exitCode, run.all as string).toBe(0);
    expect(run.all).toContain(`left out, as they may hold secrets`);
    expect(run.all).toContain(join(folder, '.env'));
    const said = JSON.parse(printed(folder).split('\n')[0] as string);
    expect(said).toMatchObject({ argv: ['a b', 'write'], cwd: folder, flag: 'yes' });
    expect(said.descriptors, 'the three streams and that of the listing').toBe(4);
    expect(said.names).toContain('FLAG');
    expect(said.names).not.toContain('TOKEN');
    const kept = keptBelow(folder);
    expect(kept).toEqual(expect.arrayContaining([join(folder, 'app.py'), join(folder, 'data/words.txt')]));
    expect(kept.filter((path) => path.endsWith('.env') || path.endsWith('made.txt'))).toEqual([]);
    const { config: written } = config(folder, 'image');
    expect(written.Cmd.slice(1)).toEqual(['app.py', 'a b', 'write']);
    expect(written.WorkingDir).toBe(folder);
    expect(written.Env).toContain('FLAG=yes');
    expect(run.all).toContain('which -e names: FLAG');
    expect(JSON.stringify(written)).not.toContain('hunter2');
    expect(sessions(cache)).toEqual([]);
  });

  it('includes a secret only if --include names it, and reports it', async () => {
    const folder = project();
    const run = await pyshrink(
      ['shrink', 'host:', '--include', join(folder, '.env'), '--output', 'rootfs:small', '--', 'python3', 'app.py'],
      { cwd: folder, env: ownCache() },
    );
    expect(run.exitCode, run.all as string).toBe(0);
    expect(run.all).toContain('added by --include');
    expect(existsSync(join(folder, 'small', folder, '.env'))).toBe(true);
  });

  it('leaves out what has a telling name, content or mode, and lists it', async () => {
    const folder = project();
    const secrets: Record<string, [content: string, mode: number]> = {
      '.envrc': ['export A=b', 0o644],
      'prod.env': ['A=b', 0o644],
      'secrets.yaml': ['a: b', 0o644],
      'data/notes.txt': ['see AKIAIOSFODNN7EXAMPLE', 0o644],
      'data/ca.txt': ['-----BEGIN RSA PRIVATE KEY-----\nx\n', 0o644],
      'data/private': ['x', 0o600],
    };
    for (const [name, [content, mode]] of Object.entries(secrets)) writeFileSync(join(folder, name), content, { mode });
    writeFileSync(join(folder, 'data/public.txt'), 'x');
    const reader = `${APP}\nfor path in ${JSON.stringify(['data/public.txt', ...Object.keys(secrets)])}:\n    if os.path.exists(path):\n        open(path).read()\n`;
    writeFileSync(join(folder, 'app.py'), reader);
    const run = await pyshrink(['shrink', 'host:', '--output', 'rootfs:small', '--', 'python3', 'app.py'], {
      cwd: folder,
      env: ownCache(),
    });
    for (const name of Object.keys(secrets)) {
      expect(run.all).toContain(join(folder, name));
      expect(existsSync(join(folder, 'small', folder, name)), name).toBe(false);
    }
    // The app looks for them in the small image, so this is no success; the user has to decide.
    expect(run.exitCode, run.all as string).toBe(0);
    expect(existsSync(join(folder, 'small', folder, 'data/public.txt'))).toBe(true);
  });

  it('assembles from an earlier trace', async () => {
    const folder = project();
    const env = ownCache();
    expect((await pyshrink(['trace', 'host:', '--', 'python3', 'app.py'], { cwd: folder, env })).exitCode).toBe(0);
    const assembled = await pyshrink(['assemble', '--output', 'oci:image'], { cwd: folder, env });
    expect(assembled.exitCode, assembled.all as string).toBe(0);
    // What was traced on this computer is compared on this computer, even if a Docker daemon answers.
    for (const args of [[], ['oci:image'], ['--engine', 'local']]) {
      const smoked = await pyshrink(['smoke', ...args], { cwd: folder, env });
      expect(smoked.exitCode, smoked.all as string).toBe(0);
      expect(smoked.all).toContain('1 answer equal');
    }
    expect(sessions(env)).toEqual([]);
  });

  it.each([
    [['host:'], /host: needs a command/],
    [['host:', '--', 'no-such-program'], /There is no no-such-program on this computer/],
  ])('gives one clear message: %j', async (args, message) => {
    const folder = workdir();
    const run = await pyshrink(['trace', ...args], { cwd: folder, env: ownCache() });
    expect(run.exitCode).toBe(2);
    expect(run.all).toMatch(message);
    expect(readdirSync(folder)).toEqual([]);
  });
});
