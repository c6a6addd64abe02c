import { type Bounds, withBounds } from '../bounds.js';
import { debug, timed } from '../debug.js';
import { chooseEngine, type EngineName } from '../engines/choose.js';
import type { Engine, Session } from '../engines/engine.js';
import { ExitCode, UserError } from '../errors.js';
import type { ImageName } from '../images/name.js';
import type { Progress } from '../ui/progress.js';

/** What every stage works with. */
export interface Context {
  engine: Engine;
  session: Session;
  progress: Progress;
  /** How many runs go on at once at most; undefined: as many as there is room for. */
  jobs?: number | undefined;
}

export interface SessionOptions {
  /** Default: the Docker daemon where one answers, else the local engine. */
  engine?: EngineName | undefined;
  /** Default: nothing is shown. */
  progress?: Progress | undefined;
  /** How many runs go on at once at most. Default: as many as there are cores, and memory allows. */
  jobs?: number | undefined;
  /** How much an image and its app may give. Default: BOUNDS. */
  bounds?: Bounds | undefined;
  /** Interrupts the work; what it made is removed. */
  signal?: AbortSignal | undefined;
}

const SILENT: Progress = { task: (_title, work) => work(() => {}), note: () => {} };

/**
 * Opens an engine and a session, does the work, and removes everything that the session made, also when the work fails.
 * @param name the image to work on; `host:` needs its own engine
 * @throws UserError with exit code 130 when `signal` interrupts it, once all is removed
 */
export async function withSession<T>(
  options: SessionOptions,
  name: ImageName | undefined,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  return withBounds(options.bounds ?? {}, () => inSession(options, name, work));
}

async function inSession<T>(
  { engine: wish, progress = SILENT, signal, jobs }: SessionOptions,
  name: ImageName | undefined,
  work: (context: Context) => Promise<T>,
): Promise<T> {
  let opening: Promise<Session> | undefined;
  const run = async () => {
    const engine = await timed('engine', 'choosing an engine', () => chooseEngine(wish, name));
    opening = timed('engine', `opening a session of the ${engine.name} engine`, () => engine.openSession());
    const session = await opening;
    try {
      signal?.throwIfAborted();
      return await work({ engine, session, progress, jobs });
    } finally {
      await timed('engine', 'removing what the session made', () => session.close());
    }
  };
  if (!signal) return run();
  const interruption = () => new UserError('Interrupted.', 'What was made is removed.', ExitCode.interrupted);
  let stop = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => {
      void Promise.resolve(opening)
        .then((session) => session?.close())
        .catch((error: unknown) => debug.engine('closing the session failed: %o', error))
        .then(() => reject(interruption()));
    };
  });
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([run(), interrupted]);
  } catch (error) {
    // Whatever fails after an interruption fails because its session was closed.
    throw signal.aborted ? interruption() : error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
