import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { debug } from '../../debug.js';
import { UserError } from '../../errors.js';
import type { Attached, Container, ExecProcess } from '../engine.js';
import { attach, hijacked } from './attach.js';
import { daemonFailure, messageOf, statusOf } from './client.js';
import { demultiplex } from './streams.js';

/** Milliseconds between two checks whether an exec, or a container, has ended. */
const EXEC_POLL = 20;
const STATE_POLL = 200;

/** A container of the Docker daemon. */
export class DockerContainer implements Container {
  private close: () => void = () => {};
  /** Resolves when the streams of the started container have ended. */
  private readonly closed = new Promise<void>((resolve) => {
    this.close = resolve;
  });

  constructor(
    private readonly container: Dockerode.Container,
    private readonly streams: { input: boolean; tty: boolean },
    /** Makes of each command beside the app what has the app's rights. */
    private readonly confined: (command: readonly string[]) => string[],
    readonly commit: () => Promise<string>,
  ) {}

  get id(): string {
    return this.container.id;
  }

  private get name(): string {
    return this.id.slice(0, 12);
  }

  async start(): Promise<Attached> {
    const stream = await attach(this.container, this.streams.input);
    // With a terminal, the output is one stream without frames.
    const streams = this.streams.tty ? { stdout: stream, stderr: Readable.from([]) } : demultiplex(stream);
    stream.once('close', () => this.close());
    await this.container.start();
    debug.engine('container %s: started', this.name);
    return { stdin: stream, ...streams };
  }

  /** Waits for the daemon's answer. If the streams end and no answer comes, it polls the container's state. */
  async wait(): Promise<number> {
    // A container that has ended already meets the condition too (its default is not-running).
    const answered = this.container.wait().then(({ StatusCode }: { StatusCode: number }) => StatusCode);
    const asked = this.closed.then(async () => {
      for (;;) {
        const { State } = await this.container.inspect();
        if (!State.Running && State.Status !== 'created') return State.ExitCode;
        await sleep(STATE_POLL);
      }
    });
    const status = await this.describing(Promise.race([answered, asked]));
    debug.engine('container %s: ended with status %d', this.name, status);
    return status;
  }

  async outOfMemory(): Promise<boolean> {
    const { State } = await this.describing(this.container.inspect());
    if (isRemoved(State)) throw gone();
    return State.OOMKilled;
  }

  async signal(name: string): Promise<void> {
    try {
      await this.container.kill({ signal: name });
    } catch (error) {
      if (!hasEnded(error)) throw describe(error);
    }
  }

  async exec(command: string[], options: { env?: string[]; user?: string } = {}): Promise<ExecProcess> {
    const exec = await this.describing(
      this.container.exec({
        Cmd: this.confined(command),
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        ...(options.env && { Env: options.env }),
        ...(options.user !== undefined && { User: options.user }),
      }),
    );
    const stream = await this.describing(hijacked((taken) => exec.start({ stdin: true, ...taken })));
    const streams = demultiplex(stream);
    const exit = new Promise<number>((resolve, reject) => {
      stream.once('error', reject);
      stream.once('close', () => exitOf(exec).then(resolve, reject));
      stream.once('end', () => stream.destroy());
    });
    exit.catch(() => {}); // the caller may never ask for it
    return { stdin: stream, ...streams, exit };
  }

  async putArchive(directory: string, archive: Readable | Buffer): Promise<void> {
    await this.describing(
      this.container.putArchive(archive as NodeJS.ReadableStream, { path: directory }),
      `write to ${directory} of a container`,
    );
  }

  async getArchive(path: string): Promise<Readable> {
    return (await this.describing(this.container.getArchive({ path }))) as Readable;
  }

  /**
   * Rethrows daemon failures as UserErrors.
   * @param task what the daemon was asked to do
   */
  private async describing<T>(work: Promise<T>, task = 'work with a container'): Promise<T> {
    try {
      return await work;
    } catch (error) {
      // A container that is removed in the middle of a request makes some requests fail with 500.
      if ((statusOf(error) ?? 0) >= 500 && (await this.isGone())) throw gone();
      throw describe(error, task);
    }
  }

  private async isGone(): Promise<boolean> {
    return this.container.inspect().then(
      ({ State }) => isRemoved(State),
      (error: unknown) => statusOf(error) === 404,
    );
  }

  async remove(): Promise<void> {
    try {
      await this.container.remove({ force: true, v: true });
    } catch (error) {
      if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error; // 404 and 409: it is removed, or being removed
    }
  }
}

/**
 * Whether a daemon refuses a signal since the container has ended. Docker answers 409 or 404 ("ContainerKill" of its API),
 * Podman 4 answers 500 with its error `ErrCtrStateInvalid` (libpod/define/errors.go).
 */
function hasEnded(error: unknown): boolean {
  const status = statusOf(error);
  return status === 409 || status === 404 || (status === 500 && /container state improper/.test(messageOf(error)));
}

/** Whether a removal has begun: the daemon says so before it kills the container. */
function isRemoved(state: { Status?: string } | undefined): boolean {
  return state?.Status === 'removing' || state?.Status === 'dead';
}

function gone(): UserError {
  return new UserError(
    'The container is gone: somebody has removed it, or the Docker daemon was restarted.',
    'Run it again, and do not touch containers with the label io.pyshrink.session meanwhile.',
  );
}

function describe(error: unknown, task?: string): unknown {
  // For a container that is being removed, the daemon says "Could not find the file": only "no such file" is about the file.
  if (statusOf(error) === 404 && !/no such file/i.test(messageOf(error))) return gone();
  if (statusOf(error) === undefined && !(error instanceof UserError))
    return new UserError(
      `The connection to the Docker daemon broke: ${messageOf(error)}.`,
      'Check that the daemon runs, and try again. pyshrink then removes its leftovers.',
    );
  return task === undefined ? error : daemonFailure(error, task);
}

/** The exit status of an exec whose streams have ended. The daemon may learn of the end a moment later. */
async function exitOf(exec: Dockerode.Exec): Promise<number> {
  for (;;) {
    const { Running, ExitCode } = await exec.inspect();
    if (!Running) return ExitCode ?? -1;
    await sleep(EXEC_POLL);
  }
}
