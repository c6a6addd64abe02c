import { type Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { UserError } from '../../errors.js';
import type { Attached, Container, ExecProcess } from '../engine.js';
import { messageOf, statusOf } from './client.js';
import { demultiplex } from './streams.js';

const EXIT_POLL_MILLISECONDS = 20;
const ASK_MILLISECONDS = 200;

/** A container of the Docker daemon. */
export class DockerContainer implements Container {
  private close: () => void = () => {};
  /** Resolves when the streams of the started container have come to their end. */
  private readonly closed = new Promise<void>((resolve) => {
    this.close = resolve;
  });

  constructor(
    private readonly container: Dockerode.Container,
    private readonly streams: { input: boolean; tty: boolean },
    readonly commit: () => Promise<string>,
  ) {}

  get id(): string {
    return this.container.id;
  }

  async start(): Promise<Attached> {
    const stream = await hijacked((taken) =>
      this.container.attach({ stream: true, stdin: this.streams.input, stdout: true, stderr: true, ...taken }),
    );
    // A terminal's output is one stream, without frames.
    const streams = this.streams.tty ? { stdout: stream, stderr: Readable.from([]) } : demultiplex(stream);
    stream.once('close', () => this.close());
    await this.container.start();
    return { stdin: stream, ...streams };
  }

  /** The daemon's own answer, or where it goes away without one, what it says when it is asked anew. */
  async wait(): Promise<number> {
    // The default condition, not-running, is also met by a container that ended before it was asked.
    const told = this.container.wait().then(({ StatusCode }: { StatusCode: number }) => StatusCode);
    const asked = this.closed.then(async () => {
      for (;;) {
        const { State } = await this.container.inspect();
        if (!State.Running && State.Status !== 'created') return State.ExitCode;
        await sleep(ASK_MILLISECONDS);
      }
    });
    return explained(Promise.race([told, asked]));
  }

  async outOfMemory(): Promise<boolean> {
    return (await explained(this.container.inspect())).State.OOMKilled;
  }

  async signal(name: string): Promise<void> {
    try {
      await this.container.kill({ signal: name });
    } catch (error) {
      if (statusOf(error) !== 409 && statusOf(error) !== 404) throw toldOf(error); // it has ended
    }
  }

  async exec(command: string[], options: { env?: string[]; user?: string } = {}): Promise<ExecProcess> {
    const exec = await explained(
      this.container.exec({
        Cmd: command,
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        ...(options.env && { Env: options.env }),
        ...(options.user !== undefined && { User: options.user }),
      }),
    );
    const stream = await explained(hijacked((taken) => exec.start({ stdin: true, ...taken })));
    const streams = demultiplex(stream);
    const exit = new Promise<number>((resolve, reject) => {
      stream.once('error', reject);
      stream.once('close', () => exitOf(exec).then(resolve, reject));
      stream.once('end', () => stream.destroy());
    });
    exit.catch(() => {});
    return { stdin: stream, ...streams, exit };
  }

  async putArchive(directory: string, archive: Readable | Buffer): Promise<void> {
    await this.container.putArchive(archive as NodeJS.ReadableStream, { path: directory });
  }

  async getArchive(path: string): Promise<Readable> {
    return (await explained(this.container.getArchive({ path }))) as Readable;
  }

  async remove(): Promise<void> {
    try {
      await this.container.remove({ force: true, v: true });
    } catch (error) {
      if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error; // gone, or already going
    }
  }
}

/**
 * The connection that a request takes over. Where the daemon refuses, the connection is closed: its request has no end
 * of its own, and would keep it, and with it this process, for good.
 */
async function hijacked(
  request: (options: { hijack: true; abortSignal: AbortSignal }) => Promise<NodeJS.ReadWriteStream>,
): Promise<Duplex> {
  const connection = new AbortController();
  try {
    return (await request({ hijack: true, abortSignal: connection.signal })) as Duplex;
  } catch (error) {
    connection.abort();
    throw error;
  }
}

/** The same, with what may happen to a container that is not ours alone said in words. */
function explained<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw toldOf(error);
  });
}

function toldOf(error: unknown): unknown {
  if (statusOf(error) === 404)
    return new UserError(
      'The container is gone: somebody else has removed it, or the daemon was started anew.',
      'Run it again, and leave containers with the label io.pyshrink.session alone meanwhile.',
    );
  if (statusOf(error) === undefined && !(error instanceof UserError))
    return new UserError(`The daemon went away: ${messageOf(error)}.`, 'See that it runs, and try again; what is left is removed then.');
  return error;
}

/** The exit status of an exec whose streams have ended; the daemon may take a moment to know it. */
async function exitOf(exec: Dockerode.Exec): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running) return ExitCode ?? -1;
    await sleep(EXIT_POLL_MILLISECONDS);
  }
}
