import { Agent, type ClientRequestArgs } from 'node:http';
import { Duplex } from 'node:stream';
import { execa } from 'execa';

/** A handle of the event loop. */
interface Counted {
  ref(): void;
  unref(): void;
}

/**
 * Connections to a daemon by ssh(1) and `docker system dial-stdio`, as the docker CLI makes them: with the user's own
 * configuration, keys and known hosts. Each connection is a process, which serves one request after the other.
 * @param url `ssh://[USER@]HOST[:PORT]`
 */
export class SshAgent extends Agent {
  constructor(private readonly url: URL) {
    super({ keepAlive: true });
  }

  override createConnection(_options: ClientRequestArgs, done?: (error: Error | null, stream: Duplex) => void): Duplex {
    const { hostname, port, username } = this.url;
    const target = [...(username ? ['-l', decodeURIComponent(username)] : []), ...(port ? ['-p', port] : []), '--', hostname];
    const child = execa('ssh', [...target, 'docker', 'system', 'dial-stdio'], {
      reject: false,
      buffer: false,
      stdio: 'pipe',
      cleanup: false,
    });
    let complaint = '';
    child.stderr.on('data', (data: Buffer) => {
      complaint = (complaint + data.toString()).slice(-500);
    });
    // A connection that could not be made says why, instead of just ending.
    async function* received() {
      yield* child.stdout;
      const { exitCode, code } = await child;
      if (exitCode !== 0) throw new Error(complaint.trim().split('\n').at(-1) || `ssh ended with ${exitCode ?? code}`);
    }
    const stream = Object.assign(Duplex.from({ readable: received(), writable: child.stdin }), {
      setKeepAlive: () => stream,
      setNoDelay: () => stream,
      setTimeout: () => stream,
      ref: () => held(true),
      unref: () => held(false),
    });
    // A connection that nobody uses must not keep this process from ending.
    const held = (wanted: boolean) => {
      for (const handle of [child, child.stdin, child.stdout, child.stderr]) (handle as unknown as Counted)[wanted ? 'ref' : 'unref']();
      return stream;
    };
    stream.on('error', () => {}).on('close', () => child.kill());
    done?.(null, stream);
    return stream;
  }
}
