import { debug } from '../debug.js';
import type { Listener } from './relay.js';
import type { RunningApp } from './target.js';

const POLL_MILLISECONDS = 20;
/** How long to wait for the other declared ports once one of them listens. Many images declare ports that never open. */
const OTHERS_MILLISECONDS = 3000;
/**
 * How long something that the image does not declare must listen to count as a server. Jobs listen too, but briefly:
 * a service in a thread, a console, the workers of dask and joblib.
 */
export const STEADY_MILLISECONDS = 1000;
/** Address of Docker's own DNS server inside a container. */
const DOCKER_DNS = '127.0.0.11';
/** Sockets between the processes of one program, e.g. of Python's multiprocessing. */
const INTERNAL = /\/(pymp-|tmp)[^/]*(\/|$)/;

/** The listener that a step needs. Where it names neither port nor socket, the app's first listener serves. */
export interface Wanted {
  port?: number | undefined;
  socket?: string | undefined;
  /** Of listeners that the image does not declare, only one that stays will do. */
  steady?: boolean;
}

/** Finds out where an app listens. The relay reads that from the kernel, so the app sees no connection. */
export class ListenerFinder {
  /** Set once the first declared port had its time to open. */
  private waited = false;
  /** Since when each listener listens without a break, by {@link keyOf}. Milliseconds since the epoch. */
  private since = new Map<string, number>();
  /** When the first listener opened that anybody waited for. Milliseconds since the epoch. */
  opened: number | undefined;

  constructor(
    private readonly app: RunningApp,
    /** Ports that the image declares with EXPOSE. */
    private readonly declared: readonly number[],
  ) {}

  /**
   * Waits for a listener.
   * @param seconds how long
   * @returns undefined where the app ends first; the other listeners where the time is over
   */
  async wait({ port, socket, steady = false }: Wanted, seconds: number): Promise<Listener | { others: Listener[] } | undefined> {
    const deadline = Date.now() + seconds * 1000;
    let first: number | undefined;
    while (this.app.exit === undefined) {
      const all = await this.all();
      if (socket !== undefined || port !== undefined) {
        const found = all.find((one) => ('path' in one ? one.path === socket : one.port === port));
        if (found) return this.note(found);
      } else {
        const found = this.declared.length > 0 ? this.firstDeclared(all) : steady ? this.firstSteady(all) : firstOf(all);
        first ??= found && Date.now();
        // The first declared port is preferred, whichever opens first. It gets some time to open.
        const preferred = this.declared.length === 0 || (found && 'port' in found && found.port === this.declared[0]);
        this.waited ||= first !== undefined && Date.now() - first > OTHERS_MILLISECONDS;
        if (found && (preferred || this.waited)) return this.note(found);
      }
      if (Date.now() > deadline) return { others: all };
      await this.pause();
    }
    return undefined;
  }

  /**
   * The listeners that the default exercise uses: the declared ports that open. Where none is declared, the first port
   * or Unix socket that stays. Empty for a job: an app that ends without such a listener.
   *
   * Where the declared ports stay closed, the first of them is returned, so that the step for it fails with the reason.
   */
  async served({ start, exit }: { start: number; exit: number }): Promise<Listener[]> {
    const declared = this.declared.length > 0;
    const first = await this.wait({ steady: true }, declared ? start : exit);
    debug.watch('first listener: %o', first);
    if (first === undefined) return [];
    if ('others' in first) return declared ? [{ address: '', port: this.declared[0] as number }] : [];
    if (!declared) return [first];
    const deadline = Date.now() + OTHERS_MILLISECONDS;
    for (;;) {
      const all = await this.all();
      const open = this.declared.flatMap((port) => at(all, port) ?? []);
      if (open.length === this.declared.length || Date.now() > deadline || this.app.exit !== undefined) {
        debug.watch('declared ports %o, open: %o', this.declared, open);
        return open.length > 0 ? open : [first];
      }
      await this.pause();
    }
  }

  /** Whether a declared port is open now. Where none is declared, whether something has been listening for a while. */
  async listens(): Promise<boolean> {
    const all = await this.all();
    return (this.declares ? this.firstDeclared(all) : this.firstSteady(all)) !== undefined;
  }

  /** Whether the image declares a port. */
  get declares(): boolean {
    return this.declared.length > 0;
  }

  /** The declared ports that are open now. Where none is, the first port or Unix socket that is. */
  async open(): Promise<Listener[]> {
    const all = await this.all();
    const open = this.declared.flatMap((port) => at(all, port) ?? []);
    return open.length > 0 ? open : [firstOf(all) ?? []].flat();
  }

  /** What a step waits for, as messages name it. */
  describe({ port, socket }: Wanted): string {
    return socket ?? String(port ?? (this.declared.join(' or ') || 'a port'));
  }

  private firstDeclared(all: readonly Listener[]): Listener | undefined {
    return this.declared.map((port) => at(all, port)).find((one) => one !== undefined);
  }

  /** The first listener that stays. A Unix socket waits for ports that have not shown yet whether they stay. */
  private firstSteady(all: readonly Listener[]): Listener | undefined {
    const steady = all.filter((one) => Date.now() - (this.since.get(keyOf(one)) as number) >= STEADY_MILLISECONDS);
    const found = firstOf(steady);
    return found && 'path' in found && all.some((one) => 'port' in one) ? undefined : found;
  }

  private async all(): Promise<Listener[]> {
    const relay = await this.app.relay().catch(() => undefined); // nothing listens as long as it does not start
    const all = ((await relay?.listeners()) ?? []).filter((one) => !('address' in one) || one.address !== DOCKER_DNS);
    this.since = new Map(all.map((one) => [keyOf(one), this.since.get(keyOf(one)) ?? Date.now()]));
    return all;
  }

  private note(found: Listener): Listener {
    this.opened ??= this.since.get(keyOf(found));
    return found;
  }

  private pause(): Promise<void> {
    return this.app.endedWithin(POLL_MILLISECONDS);
  }
}

function at(listeners: readonly Listener[], port: number): Listener | undefined {
  return listeners.find((one) => 'port' in one && one.port === port);
}

/** A port, or else a Unix socket that a server may have. */
function firstOf(listeners: readonly Listener[]): Listener | undefined {
  return listeners.find((one) => 'port' in one) ?? listeners.find(isServers);
}

function isServers(listener: Listener): boolean {
  return 'path' in listener && !INTERNAL.test(listener.path);
}

function keyOf(listener: Listener): string {
  return 'path' in listener ? listener.path : `${listener.address} ${listener.port}`;
}

/** A listener as messages name it. */
export function describeListener(one: Listener): string {
  return 'path' in one ? one.path : String(one.port);
}
