import type { App } from '../watching/app.js';
import type { Listener } from './relay.js';

const POLL_MILLISECONDS = 20;
/** How long the other ports that an image declares may take, once one of them listens: many images declare some in vain. */
const OTHERS_MILLISECONDS = 3000;
/** How long a Unix socket must be there to be taken for a server's. */
const STEADY_MILLISECONDS = 1000;
/** Docker's own name server inside a container. */
const DOCKER_DNS = '127.0.0.11';
/** Names of sockets by which the processes of one program speak with each other. */
const INTERNAL = /\/(pymp-|tmp)[^/]*(\/|$)/;

/** What a step speaks to; nothing: whatever the app listens on. */
export interface Wanted {
  port?: number | undefined;
  socket?: string | undefined;
}

/** Finds what an app listens on, by asking the kernel. */
export class ListenerFinder {
  /** Set when the first declared port was waited for long enough. */
  private waited = false;

  constructor(
    private readonly app: App,
    /** Ports that the image declares. */
    private readonly declared: readonly number[],
  ) {}

  /**
   * Waits for one that is wanted.
   * @param seconds how long
   * @returns undefined when the app ends first; what else listens when the time is over
   */
  async wait({ port, socket }: Wanted, seconds: number): Promise<Listener | { others: Listener[] } | undefined> {
    const deadline = Date.now() + seconds * 1000;
    let first: number | undefined;
    while (this.app.exit === undefined) {
      const all = await this.all();
      if (socket !== undefined || port !== undefined) {
        const found = all.find((one) => ('path' in one ? one.path === socket : one.port === port));
        if (found) return found;
      } else {
        const found = this.declared.length > 0 ? this.firstDeclared(all) : (all.find((one) => 'port' in one) ?? all.find(isServers));
        first ??= found && Date.now();
        // Whichever port comes first, the first one declared is meant, unless it stays closed.
        const meant = this.declared.length === 0 || (found && 'port' in found && found.port === this.declared[0]);
        this.waited ||= first !== undefined && Date.now() - first > OTHERS_MILLISECONDS;
        if (found && (meant || this.waited)) return found;
      }
      if (Date.now() > deadline) return { others: all };
      await this.pause();
    }
    return undefined;
  }

  /**
   * What a server is asked by default: the declared ports that listen; where none is declared, the first that does, or
   * a Unix socket that stays. Empty for an app that ended without listening.
   * @throws nothing for declared ports that stay closed, of which one is returned all the same: asking it tells why
   */
  async served({ start, exit }: { start: number; exit: number }): Promise<Listener[]> {
    const declared = this.declared.length > 0;
    const first = await this.wait({}, declared ? start : exit);
    if (first === undefined || 'others' in first) return declared ? [{ address: '', port: this.declared[0] as number }] : [];
    if ('path' in first) {
      await this.app.endedWithin(STEADY_MILLISECONDS);
      return this.app.exit === undefined && (await this.all()).some((one) => 'path' in one && one.path === first.path)
        ? [first]
        : this.served({ start, exit });
    }
    if (!declared) return [first];
    const deadline = Date.now() + OTHERS_MILLISECONDS;
    for (;;) {
      const all = await this.all();
      const open = this.declared.flatMap((port) => at(all, port) ?? []);
      if (open.length === this.declared.length || Date.now() > deadline || this.app.exit !== undefined)
        return open.length > 0 ? open : [first];
      await this.pause();
    }
  }

  /** What is wanted, in words. */
  nameOf({ port, socket }: Wanted): string {
    return socket ?? String(port ?? (this.declared.join(' or ') || 'a port'));
  }

  private firstDeclared(all: readonly Listener[]): Listener | undefined {
    return this.declared.map((port) => at(all, port)).find((one) => one !== undefined);
  }

  private async all(): Promise<Listener[]> {
    const relay = await this.app.relay().catch(() => undefined);
    return ((await relay?.listeners()) ?? []).filter((one) => !('address' in one) || one.address !== DOCKER_DNS);
  }

  private pause(): Promise<void> {
    return this.app.endedWithin(POLL_MILLISECONDS);
  }
}

function at(listeners: readonly Listener[], port: number): Listener | undefined {
  return listeners.find((one) => 'port' in one && one.port === port);
}

function isServers(listener: Listener): boolean {
  return 'path' in listener && !INTERNAL.test(listener.path);
}

/** A listener in words. */
export function nameOf(one: Listener): string {
  return 'path' in one ? one.path : String(one.port);
}
