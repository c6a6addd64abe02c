import { type Duplex, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import type { Attached, Container, ExecProcess } from '../engine.js';
import { statusOf } from './client.js';
import { SESSION_LABEL } from './labels.js';
import { demultiplex } from './streams.js';

const EXIT_POLL_MILLISECONDS = 20;

/** A container of the Docker daemon. */
export class DockerContainer implements Container {
  constructor(
    private readonly container: Dockerode.Container,
    private readonly session: string,
    private readonly streams: { input: boolean; tty: boolean },
    private readonly onImage: (id: string) => void,
  ) {}

  get id(): string {
    return this.container.id;
  }

  async start(): Promise<Attached> {
    const stream = (await this.container.attach({
      stream: true,
      stdin: this.streams.input,
      stdout: true,
      stderr: true,
      hijack: true,
    })) as unknown as Duplex;
    // A terminal's output is one stream, without frames.
    const streams = this.streams.tty ? { stdout: stream, stderr: Readable.from([]) } : demultiplex(stream);
    await this.container.start();
    return { stdin: stream, ...streams };
  }

  async wait(): Promise<number> {
    // The default condition, not-running, is also met by a container that ended before it was asked.
    return ((await this.container.wait()) as { StatusCode: number }).StatusCode;
  }

  async outOfMemory(): Promise<boolean> {
    return (await this.container.inspect()).State.OOMKilled;
  }

  async signal(name: string): Promise<void> {
    try {
      await this.container.kill({ signal: name });
    } catch (error) {
      if (statusOf(error) !== 409 && statusOf(error) !== 404) throw error; // it has ended
    }
  }

  async exec(command: string[], options: { env?: string[]; user?: string } = {}): Promise<ExecProcess> {
    const exec = await this.container.exec({
      Cmd: command,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      ...(options.env && { Env: options.env }),
      ...(options.user !== undefined && { User: options.user }),
    });
    const stream = (await exec.start({ hijack: true, stdin: true })) as Duplex;
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
    return (await this.container.getArchive({ path })) as Readable;
  }

  async commit(): Promise<string> {
    const answer = (await this.container.commit({
      pause: false,
      changes: `LABEL ${SESSION_LABEL}=${this.session}`,
    })) as { Id: string };
    this.onImage(answer.Id);
    return answer.Id;
  }

  async remove(): Promise<void> {
    try {
      await this.container.remove({ force: true, v: true });
    } catch (error) {
      if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error; // gone, or already going
    }
  }
}

/** The exit status of an exec whose streams have ended; the daemon may take a moment to know it. */
async function exitOf(exec: Dockerode.Exec): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running) return ExitCode ?? -1;
    await sleep(EXIT_POLL_MILLISECONDS);
  }
}
