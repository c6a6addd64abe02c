import { constants } from 'node:os';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import type { Attached, Container, Session } from '../engines/engine.js';
import type { RunOptions } from '../engines/runoptions.js';
import { UserError } from '../errors.js';
import { type Kit, probeCommand } from '../guest/helper.js';
import { environmentOf, type ImageConfig } from '../images/config.js';
import { App, commandOf, stopSeconds, stopSignal } from './app.js';
import { type Facts, type Imports, parseFacts, parseImports } from './facts.js';

const OBSERVATIONS = 'observations';
/** A real-time signal that no app uses: see probes/supervisor.py. */
const STOP_REQUEST = '60';
const HIDDEN = 'PYSHRINK_HIDDEN_';

export interface WatchedSpec {
  /** Image to run: the original, the original with the import probe, or the shrunk one. */
  image: string;
  /** Configuration of the original image. */
  config: ImageConfig;
  /** What follows the image's name on `docker run`. */
  args: readonly string[];
  run: RunOptions;
  volume: string;
  kit: Kit;
  /** Name of this run among those of the session. */
  name: string;
  /** Whether the supervisor, and it alone, has CAP_SYS_PTRACE: the app changes its user. */
  ptrace?: true;
  /** Whether system calls are listened to. */
  listener?: boolean;
  /** What the app reads from standard input; without, it has none. */
  input?: Buffer;
}

/** All that was observed in one run. */
export interface Observed {
  facts: Facts[];
  imports: Imports;
  /** Numbers of the processes that the import probe told of. */
  probed: Set<number>;
}

/** The app in its container, under the supervisor. */
export class WatchedApp extends App {
  private execs = 0;

  private constructor(
    private readonly spec: WatchedSpec,
    container: Container,
    streams: Attached,
  ) {
    super(container, spec.config, spec.kit, streams);
  }

  static async start(session: Session, spec: WatchedSpec): Promise<WatchedApp> {
    if (spec.kit.lacking !== null && !session.features.runtime)
      throw new UserError(`The image's Python lacks what the local engine needs: ${spec.kit.lacking}.`, 'Use a Docker daemon for it.');
    const command = commandOf(spec.config, spec.run, spec.args);
    if (command.length === 0) throw new UserError('The image has neither ENTRYPOINT nor CMD.', 'Give a command after `--`.');
    const stop = stopSignal(spec.config);
    const container = await session.create({
      image: spec.image,
      command: supervised(spec, 'app', command, { stop: constants.signals[stop] }),
      run: {
        ...spec.run,
        env: hideLoaderVariables(spec.config, spec.run),
        capAdd: [...spec.run.capAdd, ...(spec.ptrace ? ['SYS_PTRACE'] : [])],
      },
      volume: spec.volume,
      attachInput: spec.input !== undefined,
      role: 'app',
      launcher: probeCommand(spec.kit, 'enter'),
    });
    try {
      const streams = await container.start();
      if (spec.input) streams.stdin.on('error', () => {}).end(spec.input); // the app need not read all of it
      return new WatchedApp(spec, container, streams);
    } catch (error) {
      throw new UserError(
        `The container did not start: ${(error as Error).message}`,
        'Check the run options; they mean what they mean to `docker run`.',
      );
    }
  }

  /** The supervisor sends the stop signal, or knows that it would have been ignored. */
  protected override stopRequest(): string {
    return STOP_REQUEST;
  }

  /** Under a supervisor of its own. */
  protected override execCommand(command: readonly string[]): string[] {
    return supervised(this.spec, `exec${this.execs++}`, command, { beside: true });
  }

  /** Everything written down in this run; to be asked for when it has ended. */
  async observed(): Promise<Observed> {
    const observed: Observed = { facts: [], imports: { modules: new Map(), searchPath: [] }, probed: new Set() };
    const archive = extract();
    const source = await this.container.getArchive(`${this.spec.kit.mount}/${OBSERVATIONS}`);
    source.on('error', (error) => archive.destroy(error)).pipe(archive);
    for await (const entry of archive) {
      const content = await text(entry);
      const name = entry.header.name.replace(/^.*\//, '');
      if (name.startsWith(`facts-${this.spec.name}-`)) observed.facts.push(parseFacts(content));
      else if (name.startsWith('imports-')) {
        merge(observed.imports, parseImports(content));
        observed.probed.add(Number(name.slice('imports-'.length)));
      }
    }
    return observed;
  }
}

function merge(all: Imports, one: Imports): void {
  for (const [module, file] of one.modules) all.modules.set(module, file ?? all.modules.get(module) ?? null);
  all.searchPath.push(...one.searchPath.filter((folder) => !all.searchPath.includes(folder)));
}

function supervised(
  spec: WatchedSpec,
  name: string,
  command: readonly string[],
  { stop = 0, beside = false }: { stop?: number; beside?: boolean },
): string[] {
  const options = {
    facts: `${spec.kit.mount}/${OBSERVATIONS}/facts-${spec.name}-${name}.jsonl`,
    stop,
    patience: stopSeconds(spec.config),
    first: !spec.run.init && !beside,
    beside,
    listener: spec.listener ?? true,
    ptrace: spec.ptrace === true && !spec.run.capAdd.some(isPtrace),
  };
  return probeCommand(spec.kit, 'supervisor', JSON.stringify(options), '--', ...command);
}

function isPtrace(capability: string): boolean {
  return /^(CAP_)?(SYS_PTRACE|ALL)$/i.test(capability);
}

/** LD_PRELOAD and its like would reach into the kit's own loader: the supervisor puts them back for the app. */
function hideLoaderVariables(config: ImageConfig, run: RunOptions): string[] {
  const all = { ...environmentOf(config.Env), ...environmentOf(run.env) };
  const hidden = Object.entries(all).filter(([name]) => name.startsWith('LD_'));
  return [
    ...run.env.filter((entry) => !entry.startsWith('LD_')),
    ...hidden.flatMap(([name, value]) => [`${name}=`, `${HIDDEN}${name}=${value}`]),
  ];
}
