import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect } from 'vitest';
import { describeWithEngine, docker, pyshrink, workdir } from '../support/engine.js';
import { asUser, exportedRoot, keptBelow, originalBelow, ownCache, printed, sessions, USER } from '../support/local.js';
import { type Need, needing } from '../support/needs.js';
import { pathRefusing, type Refused } from '../support/refusing.js';

const IMAGE = 'pyshrink-test/tiers:whole';
const [THEIRS, OURS] = ['pyshrink-test/theirs:1', 'pyshrink-test/ours:1'];
/** Paths that Docker itself adds to a container. */
const ENGINES_OWN = /^(\.dockerenv|dev\/\S*|etc\/(hosts|hostname|resolv\.conf|mtab)) /;

/** A way in which the local engine runs containers. */
interface Tier {
  runtime: 'none' | 'crun' | 'runc' | 'youki';
  /** How the JSON of a command describes the engine. */
  engine: RegExp;
  /** What this computer does not allow. */
  refused?: readonly Refused[];
  needs?: Need[];
}

const NO_USER_NAMESPACE: Refused = ['unshare', '--user'];
const NO_OVERLAY: Refused = ['mount', 'overlay'];

const AS_ROOT: Tier[] = [
  { runtime: 'none', engine: /: namespaces as root, in a user namespace, .*; overlayfs/ },
  { runtime: 'none', engine: /: namespaces as root, without a user namespace, /, refused: [NO_USER_NAMESPACE] },
  { runtime: 'none', engine: /; fuse-overlayfs$/, refused: [NO_OVERLAY], needs: ['program fuse-overlayfs'] },
  { runtime: 'crun', engine: /: crun as root, in a user namespace, / },
  { runtime: 'runc', engine: /: runc as root, in a user namespace, / },
  { runtime: 'youki', engine: /: youki as root, in a user namespace, / },
];
/** Tiers of a user with ranges of subuid(5). youki makes a control group, which an ordinary user may not do. */
const AS_USER: Tier[] = [
  { runtime: 'none', engine: /: namespaces as an ordinary user, with other users' ids/ },
  { runtime: 'crun', engine: /: crun as an ordinary user, with other users' ids/ },
  { runtime: 'runc', engine: /: runc as an ordinary user, with other users' ids/ },
  { runtime: 'none', engine: /: namespaces by bubblewrap, with one user inside/, refused: [NO_USER_NAMESPACE], needs: ['program bwrap'] },
  { runtime: 'none', engine: /; each container gets a copy of its image$/, refused: [NO_OVERLAY, ['fuse-overlayfs']] },
];
/** Tiers of a user without such ranges. */
const AS_NOBODY: Tier[] = [
  { runtime: 'none', engine: /: namespaces as an ordinary user, who is the only one inside/ },
  { runtime: 'crun', engine: /: crun as an ordinary user, who is the only one inside/ },
  { runtime: 'runc', engine: /: runc as an ordinary user, who is the only one inside/ },
];

/** Calls `define` for each tier, with a function that defines a test of it. */
function each(tiers: readonly Tier[], needs: Need[], define: (tier: Tier, test: (name: string, run: () => unknown) => void) => void): void {
  for (const tier of tiers) {
    const { runtime, refused = [] } = tier;
    const without = refused.length === 0 ? '' : `, without ${refused.flat().join(' ')}`;
    const own: Need[] = runtime === 'none' ? [] : [`program ${runtime}`];
    define(tier, (name, run) => needing(...needs, ...own, ...(tier.needs ?? []))(`${name}: ${runtime}${without}`, run));
  }
}

/** The variables that bring a tier about. */
function variables({ runtime, refused = [] }: Tier): Record<string, string> {
  return { PYSHRINK_RUNTIME: runtime, ...(refused.length > 0 && { PATH: pathRefusing(refused) }) };
}

describeWithEngine('each tier of the local engine', () => {
  let saved: string;
  /** Where Docker ran the containers, and what is kept then. */
  const theirs = workdir();
  let kept: string[];

  beforeAll(async () => {
    // At this level the fixture is a third as large, so it is unpacked more quickly. Below /var/cache/apt there is a folder that only
    // another user can open.
    const whole = ['--level', 'whole', '--include', '/var/cache/apt/archives/**', '--runs', '1', '--tag', IMAGE];
    const made = await pyshrink(['shrink', 'pyshrink-fixture/ssl-hello', ...whole]);
    expect(made.exitCode, made.all as string).toBe(0);
    saved = join(workdir(), 'image.tar');
    await docker('save', IMAGE, '-o', saved);
    chmodSync(saved, 0o644);
    const run = await pyshrink(['shrink', IMAGE, '--runs', '1', '--tag', THEIRS], { cwd: theirs });
    expect(run.exitCode, run.all as string).toBe(0);
    kept = keptBelow(theirs);
    expect(kept.length).toBeGreaterThan(100);
  });

  const shrink = ['--engine', 'local', '--runs', '1', '--output', 'docker-archive:small.tar', '--tag', OURS, '--json'];

  each(AS_ROOT, ['root'], (tier, test) =>
    test('as root, keeps what is kept with Docker', async () => {
      const [cwd, cache] = [workdir(), ownCache()];
      const run = await pyshrink(['shrink', `docker-archive:${saved}`, ...shrink], { cwd, env: { ...cache, ...variables(tier) } });
      expect(run.exitCode, run.all as string).toBe(0);
      expect(JSON.parse(run.stdout as string).engine).toMatch(tier.engine);
      expect(keptBelow(cwd)).toEqual(kept);
      expect(sessions(cache)).toEqual([]);
    }),
  );

  for (const [user, tiers] of [
    [USER, AS_USER],
    ['nobody', AS_NOBODY],
  ] as const)
    each(tiers, [`user ${user}`], (tier, test) =>
      test(`as the user ${user}, keeps what is kept with Docker`, async () => {
        const { run, home, sessions } = await asUser(user, ['shrink', `docker-archive:${saved}`, ...shrink], { env: variables(tier) });
        expect(run.exitCode, run.all).toBe(0);
        expect(JSON.parse(run.stdout).engine).toMatch(tier.engine);
        expect(keptBelow(home)).toEqual(kept);
        expect(sessions).toEqual([]);
      }),
    );

  needing('root')('the image is that of Docker, file for file, and Docker can run it', async () => {
    const cwd = workdir();
    const run = await pyshrink(['shrink', `docker-archive:${saved}`, ...shrink], { cwd, env: ownCache() });
    expect(run.exitCode, run.all as string).toBe(0);
    expect(await docker('load', '-i', join(cwd, 'small.tar'))).toContain(OURS);
    expect(await docker('run', '--rm', OURS)).toBe(await docker('run', '--rm', IMAGE));
    const listing = async (name: string) =>
      execFileSync('find', [await exportedRoot(name), '-not', '-type', 'd', '-printf', '%P %y %m %U %G %s %T@ %l\\n'])
        .toString()
        .split('\n')
        .filter((line) => !ENGINES_OWN.test(line))
        .sort();
    expect(await listing(OURS)).toEqual(await listing(THEIRS));
    // The engines count folders and links differently, so small layers may differ.
    const large = (folder: string) => originalBelow(folder).originalLayers?.filter(({ bytes }) => bytes > 1e6) ?? [];
    expect(large(cwd).length).toBeGreaterThan(1);
    expect(large(cwd).map(({ command }) => command)).toEqual(large(theirs).map(({ command }) => command));
    const { originalLayers, originalSize } = originalBelow(cwd);
    expect(originalLayers?.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(originalSize);
    await docker('rmi', '-f', OURS, THEIRS, IMAGE);
  });

  needing('user nobody')('no runtime is needed to shrink a command of this computer, as a user without ranges of ids', async () => {
    const cwd = workdir();
    chmodSync(cwd, 0o777);
    writeFileSync(join(cwd, 'app.py'), 'import json\nprint(json.dumps({"a": 1}))\n');
    const args = ['shrink', 'host:', '--output', 'rootfs:small', '--json', '--', 'python3', 'app.py'];
    const { run, sessions } = await asUser('nobody', args, { cwd, env: { PYSHRINK_RUNTIME: 'none' } });
    expect(run.exitCode, run.all).toBe(0);
    const result = JSON.parse(run.stdout);
    expect(result).toMatchObject({ passed: true, engine: expect.stringContaining('namespaces as an ordinary user') });
    expect(printed(cwd)).toBe('{"a": 1}\n');
    expect(sessions).toEqual([]);
  });
});
