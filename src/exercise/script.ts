import { createServer, type Server } from 'node:net';
import { pipeline } from 'node:stream';
import { execa } from 'execa';
import type { StepAnswer } from './answers.js';
import { Capture, OUTPUT_LIMIT } from './capture.js';
import type { Listener } from './relay.js';
import { type Connector, open, type Scheme } from './request.js';

/** What a script did, or that it took too long. */
export type Scripted = Extract<StepAnswer, { kind: 'script' }> | 'late';

/**
 * Runs a command of this computer's shell, which reaches a listener of the app at an address of this computer: a server here gives
 * its connections to the relay, so the app publishes no port.
 *
 * Values that the app has answered are not put into the command: the app could run commands on this computer by them.
 * @param seconds how long it may take
 */
export async function runScript(relay: Connector, command: string, listener: Listener, scheme: Scheme, seconds: number): Promise<Scripted> {
  const server = createServer((socket) => {
    const inside = open(relay, listener, 'http');
    pipeline(socket, inside, socket, () => {
      socket.destroy();
      inside.destroy();
    });
  });
  const port = await listening(server);
  try {
    const [stdout, stderr] = [new Capture(OUTPUT_LIMIT), new Capture(OUTPUT_LIMIT)];
    const run = execa('sh', ['-c', command], {
      reject: false,
      stdin: 'ignore',
      buffer: false,
      timeout: seconds * 1000,
      forceKillAfterDelay: 1000,
      env: { PYSHRINK_HOST: '127.0.0.1', PYSHRINK_PORT: String(port), PYSHRINK_URL: `${scheme}://127.0.0.1:${port}` },
    });
    run.stdout.on('data', (data: Buffer) => stdout.add(data));
    run.stderr.on('data', (data: Buffer) => stderr.add(data));
    const { exitCode, signal, timedOut } = await run;
    if (timedOut) return 'late';
    return {
      kind: 'script',
      exit: exitCode ?? (signal === undefined ? 127 : 128),
      stdout: stdout.bytes.toString('base64'),
      stderr: stderr.bytes.toString('base64'),
      cut: stdout.cut || stderr.cut,
    };
  } finally {
    server.close();
    // Connections that a killed script has left open would keep this process alive.
    server.unref();
  }
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
