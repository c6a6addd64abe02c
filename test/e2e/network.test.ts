import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { execa } from 'execa';
import { afterAll, beforeAll, expect } from 'vitest';
import { buildImage, DEBIAN, describeWithEngine, docker, pyshrink, workdir } from '../support/engine.js';
import { asUser, ownCache, printed, USER } from '../support/local.js';
import { needing } from '../support/needs.js';

/** Prints its interfaces, and whether it reaches this computer's loopback; then it serves one visitor. */
const APP = `
import os, socket, sys
listing = socket.create_server(("0.0.0.0", 8000))
ours = socket.socket()
ours.settimeout(3)
print(sorted(name for _, name in socket.if_nameindex()), ours.connect_ex(("127.0.0.1", int(sys.argv[1]))) == 0, flush=True)
print(open("/etc/resolv.conf").read().split("nameserver")[1].strip(), flush=True)
listing.settimeout(60)
visitor, _ = listing.accept()
visitor.sendall(b"hello " + visitor.recv(100))
visitor.close()
`;

describeWithEngine('networks of the local engine', () => {
  let archive: string;
  let server: Server;
  let port: number;

  beforeAll(async () => {
    const name = await buildImage(`FROM ${DEBIAN}\nCOPY app.py /app.py\nENTRYPOINT ["python3", "/app.py"]\n`, { 'app.py': APP });
    archive = join(workdir(), 'image.tar');
    await docker('save', name, '-o', archive);
    await execa('chmod', ['a+r', archive]);
    server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
    await new Promise((go) => server.once('listening', go));
    port = (server.address() as { port: number }).port;
  });
  afterAll(() => server?.close());

  /** Visits a published port of this computer again and again. Returns the answers. */
  async function visit(at: number, ended: AbortSignal): Promise<string[]> {
    const answers: string[] = [];
    while (!ended.aborted) {
      const socket = createConnection(at, '127.0.0.1', () => socket.write('you'));
      const answer = await text(socket).catch(() => '');
      if (answer !== '') answers.push(answer);
      await new Promise((go) => setTimeout(go, 100));
    }
    return answers;
  }

  const free = async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((go) => probe.once('listening', go));
    const found = (probe.address() as { port: number }).port;
    await new Promise((go) => probe.close(go));
    return found;
  };

  const whileVisited = async <T>(at: number, work: Promise<T>): Promise<[T, string[]]> => {
    const over = new AbortController();
    const visited = visit(at, over.signal);
    const done = await work.finally(() => over.abort());
    return [done, await visited];
  };

  needing(
    'root',
    'program slirp4netns',
    'network device',
  )('is a network of its own as root, with published ports', async () => {
    const at = await free();
    const cwd = workdir();
    const args = ['shrink', `docker-archive:${archive}`, '--engine', 'local', '-p', `127.0.0.1:${at}:8000`, '--until-exit'];
    const shrink = pyshrink([...args, '--output', 'rootfs:small', '--', String(port)], { cwd, env: ownCache() });
    const [run, answers] = await whileVisited(at, shrink);
    expect(run.exitCode, run.all as string).toBe(0);
    expect(answers.length).toBeGreaterThan(1); // the original and the small image answer at the same port
    expect([...new Set(answers)]).toEqual(['hello you']);
    expect(printed(cwd)).toBe("['lo', 'tap0'] False\n10.0.2.3\n");
  });

  needing(
    'root',
    'program slirp4netns',
    'network device',
  )('lets any user of a container listen on any port, as Docker does', async () => {
    const listen = 'import socket; print(socket.create_server(("0.0.0.0", 80)).getsockname()[1])';
    const args = ['trace', `docker-archive:${archive}`, '--engine', 'local', '--network', 'slirp4netns', '--user', '65534', '--until-exit'];
    const cwd = workdir();
    const run = await pyshrink([...args, '--entrypoint', 'python3', '--', '-c', listen], { cwd, env: ownCache() });
    expect(run.exitCode, run.all as string).toBe(0);
    expect(printed(cwd)).toBe('80\n');
  });

  for (const tool of ['slirp4netns', 'pasta'])
    needing(
      `user ${USER}`,
      `program ${tool}`,
      'network device',
    )(`is a network of its own for an ordinary user: ${tool}`, async () => {
      const at = await free();
      const args = ['trace', `docker-archive:${archive}`, '--network', tool, '-p', `${at}:8000`, '--until-exit', '--', String(port)];
      const [{ run, home }, answers] = await whileVisited(at, asUser(USER, args));
      expect(run.exitCode, run.all).toBe(0);
      expect([...new Set(answers)]).toEqual(['hello you']);
      expect(printed(home)).toMatch(/^\[('lo', '\w+'|'\w+', 'lo')\] False\n[\d.]+\n$/);
    });

  needing('program slirp4netns', 'network device')(
    'publishes a port where the path of the session is longer than the address of a socket',
    async () => {
      const at = await free();
      const cwd = workdir();
      const args = [
        'trace',
        `docker-archive:${archive}`,
        '--engine',
        'local',
        '-p',
        `127.0.0.1:${at}:8000`,
        '--until-exit',
        '--',
        String(port),
      ];
      const trace = pyshrink(args, { cwd, env: { PYSHRINK_CACHE: join(workdir(), 'x'.repeat(107)) } });
      const [run, answers] = await whileVisited(at, trace);
      expect(run.exitCode, run.all as string).toBe(0);
      expect(answers).toEqual(['hello you']);
    },
  );

  needing('program slirp4netns', 'network device')('says which port is taken', async () => {
    const args = ['trace', `docker-archive:${archive}`, '--engine', 'local', '-p', `127.0.0.1:${port}:8000`, '--until-exit'];
    const run = await pyshrink(args, { env: ownCache() });
    expect(run.exitCode).toBe(1);
    expect(run.all).toContain(`The port 127.0.0.1:${port} can't be published`);
  });
});
