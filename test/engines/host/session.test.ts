import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ContainerSpec, ImageInfo } from '../../../src/engines/engine.js';
import { HostSession } from '../../../src/engines/host/session.js';
import { LocalSession } from '../../../src/engines/local/session.js';
import { PLAIN_RUN, type RunOptions } from '../../../src/engines/runoptions.js';
import { SessionFolder } from '../../../src/engines/sessionfolder.js';

describe('a session on this computer, where no namespaces can be made', () => {
  let session: HostSession;
  let host: ImageInfo;

  beforeEach(async () => {
    vi.stubEnv('PYSHRINK_CACHE', mkdtempSync(join('pyshrink-cache-')));
    session = new HostSession(new LocalSession(await SessionFolder.create(), { refused: 'not here' }));
    host = await session.importHost(['python3', '-c', 'x'], ['NAMED=1']);
  });
  afterEach(async () => {
    await session.close();
    vi.unstubAllEnvs();
  });

  const create = async (command: string[], run: Partial<RunOptions> = {}) => {
    const spec: ContainerSpec = {
      image: host.id,
      command,
      run: { ...PLAIN_RUN, ...run },
      volume: await session.createVolume(),
      attachInput: false,
      role: 'app',
    };
    return session.create(spec);
  };

  it('is an image of the command, with the variables that were named', async () => {
    vi.stubEnv('SECRET', 'x');
    expect(host).toMatchObject({ separateRoot: false, python: expect.stringMatching(/python/), layers: [] });
    expect(host.config.Cmd).toEqual([host.python, '-c', 'x']);
    expect(host.config.WorkingDir).toBe(process.cwd());
    expect(host.config.Env).toContain('NAMED=1');
    expect(host.config.Env?.join()).not.toContain('SECRET');
    expect(session.find(host.id)).toBe(host);
    expect(await session.inspect(host.id)).toBe(host);
    expect(await session.entriesOf(host.id)).toBeUndefined();
  });

  it('runs a plain process, which sees the volume where it is', async () => {
    const container = await create(['sh', '-c', 'echo $NAMED $MORE; pwd; exit 4'], { env: ['MORE=2'], workdir: '/usr' });
    const { stdout, stderr } = await container.start();
    stderr.resume();
    expect([await text(stdout), await container.wait()]).toEqual(['1 2\n/usr\n', 4]);
    expect(session.mountOf(host.id, '/volume')).toBe('/volume');
    expect(session.mountOf('sha256:other', '/volume')).toBe('/.pyshrink');
    await expect(container.commit()).rejects.toThrow();
  });

  it('ends its processes when it is closed', async () => {
    const container = await create(['sleep', '60']);
    (await container.start()).stdout.resume();
    await session.close();
    expect(await container.wait()).toBe(137);
    await expect(create(['true'])).rejects.toThrow('the session is closed');
  });

  it('refuses run options that a plain process can not have', async () => {
    await expect(create(['true'], { memory: 1 })).rejects.toThrowError(expect.objectContaining({ exitCode: 2 }));
  });

  it('says what is missing when another image is to run', async () => {
    const other = await session.importDirectory('rootfs:/usr', '/usr');
    expect(other.separateRoot).toBe(true);
    const spec: ContainerSpec = { image: other.id, command: ['x'], run: PLAIN_RUN, volume: '/v', attachInput: false, role: 'app' };
    await expect(session.create(spec)).rejects.toThrow('No containers can be run on this computer: not here.');
  });

  it.each([
    [[], /host: needs a command/],
    [['no-such-program'], /There is no no-such-program on this computer/],
  ])('refuses the command %j', async (command, message) => {
    await expect(session.importHost(command, [])).rejects.toThrowError(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) }),
    );
  });
});

function join(prefix: string): string {
  return `${tmpdir()}/${prefix}`;
}
