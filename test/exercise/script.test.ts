import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Listener } from '../../src/exercise/relay.js';
import { type Reached, runScript } from '../../src/exercise/script.js';

/** A server that answers with the whole of what it has read, once the client has closed its side. */
const echo = createServer({ allowHalfOpen: true }, async (socket: Socket) => {
  socket.on('error', () => {});
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part)).on('end', () => socket.end(`you said ${Buffer.concat(parts)}`));
});

describe('a script', () => {
  let reached: Reached;
  beforeAll(async () => {
    await once(echo.listen(0, '127.0.0.1'), 'listening');
    const listener: Listener = { address: '127.0.0.1', port: (echo.address() as AddressInfo).port };
    // Straight to the server, where the relay goes into a container.
    const relay = { connect: () => connect({ port: listener.port, host: '127.0.0.1', allowHalfOpen: true }) };
    reached = { relay, listener, scheme: 'http' };
  });
  afterAll(() => void echo.close());

  const run = async (command: string, seconds = 30, listens = true, signal?: AbortSignal) => {
    const { exit, stdout, stderr } = await runScript(command, seconds, { ...(listens && { reached }), signal });
    return { exit, stdout: stdout.bytes.toString(), stderr: stderr.bytes.toString() };
  };
  /** Whether a process works. One that has ended has no command line, also as long as nobody has asked for its status. */
  const lives = (pid: string) => existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'latin1') !== '';
  const node = (script: string) =>
    `${process.execPath} -e ${JSON.stringify(`const net = require('node:net'), fs = require('node:fs'); ${script}`)}`;

  it('that waits for a program of its own is ended with it at the limit, and gives what it printed', async () => {
    const { exit, stdout } = await run('sleep 300 & echo $!; wait; true', 1);
    expect([exit, lives(stdout.trim())]).toEqual([undefined, false]);
  });

  it('is ended when it is aborted, with what it has started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'script-'));
    const controller = new AbortController();
    const running = run(`sleep 300 & echo $! > ${folder}/new; mv ${folder}/new ${folder}/pid; wait; true`, 60, true, controller.signal);
    await vi.waitFor(() => expect(existsSync(`${folder}/pid`)).toBe(true), { timeout: 20_000 });
    controller.abort();
    expect((await running).exit).toBeUndefined();
    expect(lives(readFileSync(`${folder}/pid`, 'utf8').trim())).toBe(false);
    expect((await run('sleep 300', 60, true, controller.signal)).exit).toBeUndefined();
  });

  it('has ended when its shell has, whatever it left in the background', async () => {
    const { exit, stdout } = await run('sleep 300 & echo $!; exit 3', 20);
    expect([exit, lives(stdout.trim())]).toEqual([3, false]);
  });

  it('that ignores a polite signal is ended too', async () => {
    const { exit, stdout } = await run(`trap '' TERM; echo $$; while :; do sleep 300; done`, 0.5);
    expect([exit, lives(stdout.trim())]).toEqual([undefined, false]);
  });

  it('gets the answer to a request after which it has closed its side', async () => {
    const client = node("net.connect(process.env.PYSHRINK_PORT, '127.0.0.1').end('hello').pipe(process.stdout)");
    expect(await run(client)).toMatchObject({ exit: 0, stdout: 'you said hello' });
  });

  it('leaves no connection open, also where a program of it has left its process group', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'script-'));
    const [up, down] = [join(folder, 'up'), join(folder, 'down')];
    const client = node(
      `net.connect(process.env.PYSHRINK_PORT, '127.0.0.1').on('connect', () => fs.writeFileSync('${up}', '')).on('close', () => fs.writeFileSync('${down}', '')).resume()`,
    );
    await run(`setsid ${client} >/dev/null 2>&1 & until [ -e ${up} ]; do sleep 0.05; done`);
    await vi.waitFor(() => expect(existsSync(down)).toBe(true), { timeout: 20_000 });
  });

  it('shows its command to nobody: neither in a command line, nor to its programs', async () => {
    const command = `: s3cret; tr '\\0' ' ' < /proc/$$/cmdline; env | grep -c s3cret`;
    const { exit, stdout } = await run(command);
    expect([exit, stdout.includes('s3cret'), stdout.endsWith('\n0\n') || stdout.endsWith(' 0\n')]).toEqual([1, false, true]);
  });

  it.each([
    ['# a comment\necho "a  b" \'$x\' `echo c` $(echo d)', { exit: 0, stdout: 'a  b $x c d\n' }],
    ['echo $# $0', { exit: 0, stdout: '0 sh\n' }],
    ['cat <<END\ntext\nEND', { exit: 0, stdout: 'text\n' }],
    ['kill -9 $$', { exit: 137 }],
    ['no-such-program-here', { exit: 127 }],
  ])('is what a shell makes of it: %s', async (command, result) => {
    expect(await run(command)).toMatchObject(result);
  });

  it('has no address where the app listens nowhere', async () => {
    expect(await run('env | grep -E "^PYSHRINK_(URL|HOST|PORT)="', 30, false)).toEqual({ exit: 1, stdout: '', stderr: '' });
  });

  it('ends with this process, which a Ctrl-C may end', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'script-'));
    const [bundle, main, pid] = ['script.mjs', 'main.mjs', 'pid'].map((name) => join(folder, name)) as [string, string, string];
    await build({
      entryPoints: ['src/exercise/script.ts'],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: bundle,
      logLevel: 'error',
    });
    const command = `sleep 300 & echo $! > ${pid}.new; mv ${pid}.new ${pid}; wait; true`;
    writeFileSync(
      main,
      `import { existsSync } from 'node:fs';
import { runScript } from './script.mjs';
runScript(${JSON.stringify(command)}, 60);
setInterval(() => { if (existsSync('${pid}')) process.exit(130); }, 50);`,
    );
    const [status] = await once(spawn(process.execPath, [main], { stdio: 'inherit' }), 'exit');
    expect(status).toBe(130);
    await vi.waitFor(() => expect(lives(readFileSync(pid, 'utf8').trim())).toBe(false), { timeout: 20_000 });
  });
});
