import { constants } from 'node:os';
import { extract } from 'tar-stream';
import type { Attached, Container, Session } from '../engines/engine.js';
import { UserError } from '../errors.js';
import { environmentOf, type ImageConfig } from '../images/config.js';
import type { RunOptions } from '../images/runoptions.js';
import { Capture, OUTPUT_LIMIT } from './answers.js';
import { type Facts, type Imports, parseFacts, parseImports } from './facts.js';
import { type Kit, probeCommand } from './helper.js';
import { Relay } from './relay.js';

const OBSERVATIONS = 'observations';
const HIDDEN = 'PYSHRINK_HIDDEN_';
/** Seconds that `docker stop` waits. */
const STOP_SECONDS = 10;
/** Seconds beyond that before we stop waiting for the supervisor. */
const PATIENCE = 5;

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
}

/** All that was observed in one run. */
export interface Observed {
  facts: Facts[];
  imports: Imports;
}

/** The app in its container, under the supervisor. */
export class WatchedApp {
  readonly stdout = new Capture(OUTPUT_LIMIT);
  readonly stderr = new Capture(OUTPUT_LIMIT);
  /** Set when the app has ended by itself. */
  exit: number | undefined;
  /** Whether it was us who ended it. */
  stopped = false;
  readonly ended: Promise<number>;
  private execs = 0;
  private connection: Promise<Relay> | undefined;

  private constructor(
    private readonly spec: WatchedSpec,
    readonly container: Container,
    streams: Attached,
  ) {
    streams.stdout.on('data', (data: Buffer) => this.stdout.add(data));
    streams.stderr.on('data', (data: Buffer) => this.stderr.add(data));
    const read = Promise.all([streamEnd(streams.stdout), streamEnd(streams.stderr)]);
    this.ended = Promise.all([container.wait(), read]).then(([status]) => {
      this.exit = status;
      return status;
    });
    this.ended.catch(() => {});
  }

  static async start(session: Session, spec: WatchedSpec): Promise<WatchedApp> {
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
      attachInput: false,
      role: 'app',
      launcher: probeCommand(spec.kit, 'enter'),
    });
    try {
      return new WatchedApp(spec, container, await container.start());
    } catch (error) {
      throw new UserError(
        `The container did not start: ${(error as Error).message}`,
        'Check the run options; they mean what they mean to `docker run`.',
      );
    }
  }

  /** Runs a command in the container as `docker exec` does, under a supervisor of its own. */
  async exec(command: readonly string[]): Promise<{ exit: number; stdout: Capture; stderr: Capture }> {
    const process = await this.container.exec(supervised(this.spec, `exec${this.execs++}`, command, { beside: true }));
    const stdout = new Capture(OUTPUT_LIMIT);
    const stderr = new Capture(OUTPUT_LIMIT);
    process.stdout.on('data', (data: Buffer) => stdout.add(data));
    process.stderr.on('data', (data: Buffer) => stderr.add(data));
    return { exit: await process.exit, stdout, stderr };
  }

  /** Connections into the container, over one exec. */
  relay(): Promise<Relay> {
    this.connection ??= this.container
      .exec(probeCommand(this.spec.kit, 'relay', ...(this.container.processId === undefined ? [] : [String(this.container.processId)])))
      .then((process) => {
        process.stderr.resume();
        return new Relay(process.stdin, process.stdout);
      });
    return this.connection;
  }

  /** Stops the app as `docker stop` does; the supervisor lives a little longer, to write down the end. */
  async stop(): Promise<void> {
    const relay = await this.connection?.catch(() => undefined);
    relay?.close();
    if (this.exit !== undefined) return;
    this.stopped = true;
    await this.container.signal(stopSignal(this.spec.config));
    const seconds = stopSeconds(this.spec.config) + PATIENCE;
    const timer = setTimeout(() => void this.container.signal('SIGKILL').catch(() => {}), seconds * 1000);
    await this.ended.finally(() => clearTimeout(timer));
  }

  /** Everything written down in this run; to be asked for when it has ended. */
  async observed(): Promise<Observed> {
    const observed: Observed = { facts: [], imports: { modules: new Map(), searchPath: [] } };
    const archive = extract();
    const source = await this.container.getArchive(`${this.spec.kit.mount}/${OBSERVATIONS}`);
    source.on('error', (error) => archive.destroy(error)).pipe(archive);
    for await (const entry of archive) {
      const parts: Buffer[] = [];
      for await (const part of entry) parts.push(part as Buffer);
      const text = Buffer.concat(parts).toString();
      const name = entry.header.name.replace(/^.*\//, '');
      if (name.startsWith(`facts-${this.spec.name}-`)) observed.facts.push(parseFacts(text));
      else if (name.startsWith('imports-')) merge(observed.imports, parseImports(text));
    }
    return observed;
  }
}

function merge(all: Imports, one: Imports): void {
  for (const [module, file] of one.modules) all.modules.set(module, file ?? all.modules.get(module) ?? null);
  all.searchPath.push(...one.searchPath.filter((folder) => !all.searchPath.includes(folder)));
}

/** ENTRYPOINT and CMD as `docker run` puts them together. */
export function commandOf(config: ImageConfig, run: RunOptions, args: readonly string[]): string[] {
  if (run.entrypoint !== undefined) return [...(run.entrypoint === '' ? [] : [run.entrypoint]), ...args];
  return [...(config.Entrypoint ?? []), ...(args.length > 0 ? args : (config.Cmd ?? []))];
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
    first: true,
    beside,
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

function stopSignal(config: ImageConfig): NodeJS.Signals {
  const text = config.StopSignal ?? 'SIGTERM';
  const name = /^\d+$/.test(text)
    ? Object.entries(constants.signals).find(([, number]) => number === Number(text))?.[0]
    : text.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  return name !== undefined && name in constants.signals ? (name as NodeJS.Signals) : 'SIGTERM';
}

function stopSeconds(config: ImageConfig): number {
  return typeof config.StopTimeout === 'number' ? config.StopTimeout : STOP_SECONDS;
}

function streamEnd(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('end', resolve);
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
}
