import { Agent, type ClientRequestArgs } from 'node:http';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { execa } from 'execa';

/** A handle that keeps the event loop running. */
interface Handle {
  ref(): void;
  unref(): void;
}

/**
 * Connects to a daemon with ssh(1) and `docker system dial-stdio`, as the docker CLI does, so that the user's configuration,
 * keys and known hosts apply. Each connection is a process that serves one request after the other.
 */
export class SshAgent extends Agent {
  /** @param url `ssh://[USER@]HOST[:PORT]` */
  constructor(private readonly url: URL) {
    super({ keepAlive: true });
  }

  override createConnection(_options: ClientRequestArgs, done?: (error: Error | null, stream: Duplex) => void): Duplex {
    const { hostname, port, username } = this.url;
    const target = [...(username ? ['-l', decodeURIComponent(username)] : []), ...(port ? ['-p', port] : []), '--', hostname];
    const stream = new SshConnection(['ssh', ...target, 'docker', 'system', 'dial-stdio']);
    done?.(null, stream);
    return stream;
  }
}

/** Stdin and stdout of a process as one stream, with the methods that an HTTP agent calls on a socket. */
class SshConnection extends Duplex {
  private readonly input: Writable;
  private readonly output: Readable;
  private readonly handles: readonly Handle[];
  private readonly kill: () => void;

  constructor([file, ...args]: readonly string[]) {
    super();
    const child = execa(file as string, args, { reject: false, buffer: false, stdio: 'pipe', cleanup: false });
    [this.input, this.output] = [child.stdin, child.stdout];
    this.handles = [child, child.stdin, child.stdout, child.stderr] as unknown as Handle[];
    this.kill = () => child.kill();
    let complaint = ''; // the last part of its stderr
    child.stderr.on('data', (data: Buffer) => {
      complaint = (complaint + data.toString()).slice(-500);
    });
    this.input.on('error', () => {}); // the end of the process reports it
    this.output.on('error', () => {}).on('data', (data: Buffer) => this.push(data) || this.output.pause());
    child.then(({ exitCode, code }) => {
      if (exitCode === 0 || this.destroyed) this.push(null);
      else this.destroy(new Error(complaint.trim().split('\n').at(-1) || `ssh ended with ${exitCode ?? code}`));
    });
  }

  override _read(): void {
    this.output.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.input.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.input.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.kill();
    done(error);
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    for (const handle of this.handles) handle.ref();
    return this;
  }

  /** An idle connection must not keep this process running. */
  unref(): this {
    for (const handle of this.handles) handle.unref();
    return this;
  }
}
