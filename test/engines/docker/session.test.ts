import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DockerSession } from '../../../src/engines/docker/session.js';
import type { ContainerSpec } from '../../../src/engines/engine.js';
import { PLAIN_RUN } from '../../../src/engines/runoptions.js';
import { FakeDaemon, frame } from '../../support/daemon.js';

const ID = 'c'.repeat(64);
const IMAGE = { Id: 'sha256:i', Os: 'linux', Architecture: 'amd64', Config: {}, Size: 7, Created: '2024-01-01T00:00:00Z', RootFS: {} };

describe('a session on a daemon', () => {
  let daemon: FakeDaemon;
  let session: DockerSession;
  const spec = (more: Partial<ContainerSpec> = {}): ContainerSpec => ({
    image: 'i',
    command: ['app', 'x'],
    run: PLAIN_RUN,
    volume: 'kit',
    attachInput: false,
    role: 'app',
    ...more,
  });
  /** What is sent to whoever attaches to the container. */
  const output = (send: (socket: Socket) => void) => daemon.onTakeover(`POST /containers/${ID}/attach`, send);

  beforeEach(async () => {
    daemon = (await new FakeDaemon().listen())
      .on('POST /volumes/create', [201, {}])
      .on('POST /containers/create', [201, { Id: ID }])
      .on(`POST /containers/${ID}/start`, [204])
      .on(`POST /containers/${ID}/wait`, [200, { StatusCode: 3 }])
      .on(`GET /containers/${ID}/json`, [200, { Id: ID, State: { Status: 'created' } }])
      .on(`DELETE /containers/${ID}`, [204])
      .on('DELETE /volumes/*', [204])
      .on('DELETE /images/*', [200, []])
      .on('DELETE /images/pyshrink.tmp/*', [200, []])
      .on('GET /images/pyshrink.tmp/*/json', [200, IMAGE]);
    session = new DockerSession(daemon.docker);
  });
  afterEach(async () => {
    await session.close();
    daemon.close();
  });

  it('labels what it makes, and removes all of it once', async () => {
    const volume = await session.createVolume();
    const container = await session.create(spec({ volume, role: 'helper' }));
    daemon.on('POST /commit', [201, { Id: 'sha256:committed' }]);
    expect(await container.commit()).toBe('sha256:committed');
    const label = { 'io.pyshrink.session': session.id };
    const body = (what: string, index = 0) => JSON.parse(String(daemon.requests(what)[index]?.body));
    expect(body('POST /volumes/create')).toEqual({ Name: volume, Labels: label });
    expect(body('POST /volumes/create', 1)).toEqual({ Name: `${volume}-observations`, Labels: label });
    expect(body('POST /containers/create').Labels).toEqual({ ...label, 'io.pyshrink.role': 'helper' });
    expect(daemon.requests('POST /commit')[0]?.query.get('changes')).toBe(`LABEL io.pyshrink.session=${session.id}`);
    await Promise.all([session.close(), session.close()]);
    const removed = daemon.asked.map(({ what }) => what).filter((what) => what.startsWith('DELETE'));
    const volumes = [`DELETE /volumes/${volume}`, `DELETE /volumes/${volume}-observations`];
    expect(removed.sort()).toEqual([`DELETE /containers/${ID}`, 'DELETE /images/sha256:committed', ...volumes].sort());
    await expect(session.create(spec())).rejects.toThrow('the session is closed');
  });

  it('claims what it will make, by its process', async () => {
    await session.claim();
    const { Name, Labels } = JSON.parse(String(daemon.requests('POST /volumes/create')[0]?.body));
    expect([Name, Labels['io.pyshrink.session']]).toEqual([`pyshrink-${session.id}-claim`, session.id]);
    expect(JSON.parse(Labels['io.pyshrink.owner'])).toMatchObject({ pid: process.pid });
    await session.close();
    expect(daemon.requests(`DELETE /volumes/pyshrink-${session.id}-claim`)).toHaveLength(1);
  });

  it('removes a container that the daemon still makes when it closes', async () => {
    let made: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      daemon.on('POST /containers/create', async () => {
        resolve();
        await new Promise<void>((done) => {
          made = done;
        });
        return [201, { Id: ID }];
      });
    });
    const creating = session.create(spec());
    await asked;
    const closing = session.close();
    made();
    await Promise.all([creating, closing]);
    expect(daemon.requests(`DELETE /containers/${ID}`)).toHaveLength(1);
  });

  it('splits the output of a container, and gives its exit status', async () => {
    output((socket) => socket.end(Buffer.concat([frame(1, 'out'), frame(2, 'err'), frame(1, 'more')])));
    const container = await session.create(spec());
    const { stdout, stderr } = await container.start();
    expect(await Promise.all([text(stdout), text(stderr), container.wait()])).toEqual(['outmore', 'err', 3]);
  });

  it("gives a terminal's output as it is", async () => {
    output((socket) => socket.end('\x01\0\0\0no frames'));
    const container = await session.create(spec({ run: { ...PLAIN_RUN, tty: true } }));
    const { stdout, stderr } = await container.start();
    expect(await Promise.all([text(stdout), text(stderr)])).toEqual(['\x01\0\0\0no frames', '']);
  });

  it('writes to the standard input of a container', async () => {
    const received = new Promise<string>((resolve) => output((socket) => socket.once('data', (data) => resolve(String(data)))));
    const container = await session.create(spec({ attachInput: true }));
    const { stdin } = await container.start();
    stdin.write('hello');
    expect(await received).toBe('hello');
    stdin.destroy();
  });

  it('attaches without a body, which Podman hands to the container', async () => {
    const received = new Promise<string>((resolve) => output((socket) => void text(socket).then(resolve)));
    const container = await session.create(spec({ attachInput: true }));
    const { stdin } = await container.start();
    stdin.end('{"op": "information"}\n');
    expect(await received).toBe('{"op": "information"}\n');
    const asked = Object.fromEntries(daemon.requests(`POST /containers/${ID}/attach`)[0]?.query ?? []);
    expect(asked).toEqual({ stream: 'true', stdin: 'true', stdout: 'true', stderr: 'true' });
    stdin.destroy();
  });

  it("gives the daemon's reason where it refuses to attach", async () => {
    const container = await session.create(spec());
    daemon.onTakeover(`POST /containers/${ID}/attach`, [409, { message: 'the container is paused' }]);
    await expect(container.start()).rejects.toThrow('the container is paused');
  });

  it('asks for the state where the daemon never answers how the container ended', async () => {
    daemon
      .on(`POST /containers/${ID}/wait`, () => new Promise<never>(() => {}))
      .on(`GET /containers/${ID}/json`, [200, { State: { Running: false, Status: 'exited', ExitCode: 137, OOMKilled: true } }]);
    output((socket) => socket.end(frame(1, 'x')));
    const container = await session.create(spec());
    (await container.start()).stdout.resume();
    expect(await container.wait()).toBe(137);
    expect(await container.outOfMemory()).toBe(true);
  });

  it('ignores a signal for a container that has ended', async () => {
    const container = await session.create(spec());
    daemon.on(`POST /containers/${ID}/kill`, [409, { message: 'is not running' }]);
    await container.signal('SIGTERM');
    // As Podman 4.3 answers.
    const improper = `can only kill running containers. ${ID} is in state exited: container state improper`;
    daemon.on(`POST /containers/${ID}/kill`, [500, { message: improper }]);
    await container.signal('SIGTERM');
    daemon.on(`POST /containers/${ID}/kill`, [500, { message: 'broken' }]);
    await expect(container.signal('SIGTERM')).rejects.toThrow('broken');
  });

  it('says that a container was removed by somebody else', async () => {
    const container = await session.create(spec());
    daemon.on(`GET /containers/${ID}/json`, [404, { message: `No such container: ${ID}` }]);
    await expect(container.outOfMemory()).rejects.toThrowError(
      expect.objectContaining({ message: expect.stringContaining('The container is gone'), remedy: expect.stringContaining('label') }),
    );
  });

  it('mounts an existing volume and warns, and a new one for an unknown name', async () => {
    daemon.on('GET /volumes/data', [200, { Name: 'data' }]);
    await session.create(spec({ run: { ...PLAIN_RUN, volume: ['data:/a', 'other:/b', '/c'] } }));
    const { HostConfig } = JSON.parse(String(daemon.requests('POST /containers/create')[0]?.body));
    expect(HostConfig.Binds).toEqual([
      'data:/a:rw',
      expect.stringMatching(/^pyshrink-.*:\/b:rw$/),
      expect.stringMatching(/^pyshrink-.*:\/c:rw$/),
    ]);
    expect(session.warnings).toEqual([expect.stringContaining('the volume data existed before')]);
  });

  it('gives the path of a seccomp profile to a daemon that takes its content for one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-'));
    const file = join(folder, 'profile.json');
    writeFileSync(file, '{"defaultAction": "SCMP_ACT_ALLOW"}');
    const asked = () =>
      daemon.requests('POST /containers/create').map(({ body }) => JSON.parse(String(body)).HostConfig.SecurityOpt as string[]);
    // As Podman 4.3 answers.
    daemon.on('POST /containers/create', ({ body }) => {
      const [profile] = JSON.parse(String(body)).HostConfig.SecurityOpt;
      return profile === `seccomp=${file}`
        ? [201, { Id: ID }]
        : [500, { message: `container create: opening seccomp profile failed: open ${profile.slice(8)}: no such file or directory` }];
    });
    const run = { ...PLAIN_RUN, securityOpt: [`seccomp=${relative(process.cwd(), file)}`] };
    await Promise.all([session.create(spec({ run })), session.create(spec({ run }))]);
    await session.create(spec({ run }));
    const [content, path] = ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}', `seccomp=${file}`];
    expect(asked().flat().sort()).toEqual([path, path, path, content, content].sort());
    // The path means nothing to a daemon on another computer.
    daemon.on('POST /containers/create', [500, { message: 'container create: opening seccomp profile failed: open /x: no such file' }]);
    await expect(session.create(spec({ run }))).rejects.toThrow('refused to create a container of i: container create: opening seccomp');
  });

  it.each([
    [
      'refuses a container',
      'POST /containers/create',
      400,
      'bad option',
      () => session.create(spec()),
      /refused to create a container of i: bad option/,
    ],
    [
      'has no room for a volume',
      'POST /volumes/create',
      500,
      'no space left on device',
      () => session.createVolume(),
      /could not create a volume: no space left/,
    ],
    [
      'has no room for a commit',
      'POST /commit',
      500,
      'no space left on device',
      async () => (await session.create(spec())).commit(),
      /could not commit a container: no space left/,
    ],
    [
      'has no room for an archive',
      `PUT /containers/${ID}/archive`,
      500,
      'no space left on device',
      async () => (await session.create(spec())).putArchive('/x', Buffer.from('')),
      /could not write to \/x of a container: no space left/,
    ],
  ] as const)('explains a daemon that %s', async (_, what, status, message, work, expected) => {
    daemon.on(what, [status, { message }]);
    await expect(work()).rejects.toThrowError(
      expect.objectContaining({
        name: 'UserError',
        message: expect.stringMatching(expected),
        remedy: expect.stringMatching(/run options|disk space/),
      }),
    );
  });

  it('loads an image under its temporary name, and replaces it the next time', async () => {
    daemon.on('POST /images/load', [200, { stream: 'Loaded image' }]);
    expect(await session.load(Readable.from(['archive']))).toBe('sha256:i');
    expect(String(daemon.requests('POST /images/load')[0]?.body)).toBe('archive');
    expect(daemon.requests('DELETE /images/pyshrink.tmp/*')).toHaveLength(0);
    await session.load(Readable.from(['again']));
    expect(daemon.requests('DELETE /images/pyshrink.tmp/*').map(({ what }) => what)).toEqual([`DELETE /images/${session.temporaryName}`]);
  });

  it('reports a failure in the middle of loading', async () => {
    daemon.on('POST /images/load', [200, { errorDetail: {}, error: 'write /x: no space left on device' }]);
    await expect(session.load(Readable.from(['archive']))).rejects.toThrowError(
      expect.objectContaining({
        message: expect.stringContaining('could not load an image: write /x: no space left'),
        remedy: expect.stringContaining('disk'),
      }),
    );
  });

  it('removes its temporary files', async () => {
    daemon.on('GET /images/*/get', [200, Buffer.from('not an archive')]);
    await expect(session.exportImage('sha256:i')).rejects.toThrow();
    const folder = dirname(await session.spool());
    expect(existsSync(folder)).toBe(true);
    await session.close();
    expect(existsSync(folder)).toBe(false);
  });

  it('runs a command beside the app, and gives its exit status', async () => {
    daemon
      .on(`POST /containers/${ID}/exec`, [201, { Id: 'e' }])
      .on('GET /exec/e/json', [200, { Running: false, ExitCode: 9 }])
      .onTakeover('POST /exec/e/start', (socket) => socket.end(frame(2, 'failed')));
    const container = await session.create(spec());
    const { stdout, stderr, exit } = await container.exec(['false'], { env: ['A=1'], user: '5' });
    stdout.resume();
    expect([await text(stderr), await exit]).toEqual(['failed', 9]);
    expect(JSON.parse(String(daemon.requests(`POST /containers/${ID}/exec`)[0]?.body))).toMatchObject({
      Cmd: ['false'],
      Env: ['A=1'],
      User: '5',
    });
  });
});
