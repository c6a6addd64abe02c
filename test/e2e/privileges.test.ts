import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { buildImage, DEBIAN, describeWithEngine, docker, pyshrink, workdir } from '../support/engine.js';
import { ownCache, printed } from '../support/local.js';
import { ROOTFUL } from '../support/podman.js';

const PROGRAM = new URL('../support/privileges.py', import.meta.url);
const COMMAND = ['/usr/bin/python3', '/srv/privileges.py'];
const SYS_PTRACE = 1n << 19n;

describeWithEngine('what an app may do while it is watched', () => {
  let image: string;
  let saved: string;
  let plain: Record<string, string | number>;

  beforeAll(async () => {
    const files = { 'privileges.py': readFileSync(PROGRAM, 'utf8') };
    image = await buildImage(`FROM ${DEBIAN}\nCOPY privileges.py /srv/\n`, files);
    saved = join(workdir(), 'image.tar');
    await docker('save', '-o', saved, image);
    plain = JSON.parse(await docker('run', '--rm', image, ...COMMAND));
  });

  /** Traces a command of the image. Returns the warnings, and what the program printed in its last run. */
  const trace = async (args: string[], { from = image, env = {}, options = [] as string[] } = {}) => {
    const cwd = workdir();
    const run = await pyshrink(['trace', from, '--json', '--allow-failing', ...options, '--', ...args], {
      cwd,
      env: { ...ownCache(), ...env },
    });
    expect(run.exitCode, run.all as string).toBe(0);
    const text = printed(cwd).trim().split('\n').at(-1) as string;
    return { warnings: JSON.parse(run.stdout as string).warnings as string[], text };
  };

  const engines = [
    ['Docker', () => ({})],
    ['the local engine', () => ({ from: `docker-archive:${saved}`, options: ['--engine', 'local'] })],
    ...(ROOTFUL === undefined
      ? []
      : [['Podman', () => ({ from: `docker-archive:${saved}`, env: { DOCKER_HOST: `unix://${ROOTFUL}` } })] as const]),
  ] as const;

  it.each(engines)('an app that forges the wish of its supervisor gets nothing: %s', async (_, where) => {
    const { warnings, text } = await trace([...COMMAND, 'forge'], where());
    expect(warnings.filter((warning) => warning.includes('SYS_PTRACE'))).toEqual([]);
    expect(BigInt(`0x${JSON.parse(text).CapBnd}`) & SYS_PTRACE).toBe(0n);
  });

  it.each(engines)('an app that changes its user gives its supervisor the capability once, and never has it: %s', async (_, where) => {
    const { warnings, text } = await trace([...COMMAND, 'user'], where());
    expect(warnings.filter((warning) => warning.includes('SYS_PTRACE'))).toHaveLength(1);
    const { CapBnd, CapEff } = JSON.parse(text);
    for (const set of [CapBnd, CapEff]) expect(BigInt(`0x${set}`) & SYS_PTRACE).toBe(0n);
  });

  it.each([['forge'], ['user'], ['']])('has the capabilities and the system calls of `docker run`: %j', async (way) => {
    const { warnings, text } = await trace([...COMMAND, way]);
    expect(JSON.parse(text)).toEqual(plain);
    expect(warnings.some((warning) => warning.includes('CAP_SYS_PTRACE'))).toBe(way === 'user');
  });

  it('a user is changed without the capability to kill its processes', async () => {
    const options = ['--cap-drop', 'ALL', '--cap-add', 'SETUID', '--cap-add', 'SETGID'];
    const { warnings } = await trace([...COMMAND, 'user'], { options });
    expect(warnings.filter((warning) => warning.includes('CAP_SYS_PTRACE'))).toHaveLength(1);
  });

  it.each([[[]], [['--init']]])('a command beside the app that changes its user is watched, too: %j', async (options: string[]) => {
    const file = join(workdir(), 'exercise.yaml');
    writeFileSync(file, JSON.stringify({ steps: [{ exec: [...COMMAND, 'user'] }] }));
    const { warnings } = await trace(['sleep', '60'], { options: [...options, '--exercise', file] });
    expect(warnings).toEqual([expect.stringContaining('CAP_SYS_PTRACE')]);
  });
});
