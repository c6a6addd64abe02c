import { constants } from 'node:os';
import { extract } from 'tar-stream';
import { requireBound } from '../bounds.js';
import { type Attached, type Container, KIT_MOUNT, OBSERVATIONS, type Session } from '../engines/engine.js';
import type { RunOptions } from '../engines/runoptions.js';
import { UserError } from '../errors.js';
import { type Kit, probeCommand } from '../guest/helper.js';
import { environmentOf, type ImageConfig } from '../images/config.js';
import { addImports, noImports, type Observed, parseFacts, parseImports } from '../trace/facts.js';
import { App, commandOf, stopSeconds, stopSignal } from './app.js';

/** Tells probes/supervisor.py to stop the app. A real-time signal, as no app uses those. */
const STOP_REQUEST = '60';
/** Prefix of the variables that the supervisor gives back to the app. */
const HIDDEN = 'PYSHRINK_HIDDEN_';

/** Name of the app's own supervisor. */
const APP = 'app';
/** How the names of supervisors' files begin. */
const FACTS = 'facts-';
/** Exit status of a supervisor that could not watch. */
const NOT_WATCHED = 125;

/** One run of the app under the supervisor. */
export interface WatchedSpec {
  /** Image to run: the original, the original with the import probe, or the shrunk one. */
  image: string;
  /** Configuration of the original image. */
  config: ImageConfig;
  /** Arguments after the image's name, as on `docker run`. */
  args: readonly string[];
  run: RunOptions;
  volume: string;
  kit: Kit;
  /** Name of this run, for the files of its supervisors. */
  name: string;
  /** Whether the supervisor has CAP_SYS_PTRACE, because the app changes its user. The app never has it. */
  ptrace?: true;
  /** System calls that the app must not get by that capability, with their errno. */
  refused?: readonly (readonly [number: number, errno: number])[];
  /** Whether the supervisor listens to system calls; true by default. */
  listener?: boolean;
  /** A container whose options the app's one gets too. */
  like?: string;
  /** Standard input of the app. Without it, the app reads from /dev/null. */
  input?: Buffer;
}

/** Runs so far. The same run may be repeated with the same volume, and supervisors of commands beside the app append to their files. */
let started = 0;

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

  /** @throws UserError where there is no command, or the container does not start */
  static async start(session: Session, wanted: WatchedSpec): Promise<WatchedApp> {
    const spec = { ...wanted, name: `${wanted.name}-${++started}` };
    if (spec.kit.lacking !== null && !session.features.runtime)
      throw new UserError(
        `The image's Python lacks what the local engine needs: ${spec.kit.lacking}.`,
        'Use a Docker daemon for this image.',
      );
    const command = commandOf(spec.config, spec.run, spec.args);
    if (command.length === 0) throw new UserError('The image has neither ENTRYPOINT nor CMD.', 'Give a command after `--`.');
    const stop = stopSignal(spec.config);
    const container = await session.create({
      image: spec.image,
      command: supervised(spec, APP, command, { stop: constants.signals[stop] }),
      run: {
        ...spec.run,
        env: hideLoaderVariables(spec.config, spec.run),
        capAdd: [...spec.run.capAdd, ...(spec.ptrace ? ['SYS_PTRACE'] : [])],
      },
      volume: spec.volume,
      ...(spec.like !== undefined && { like: spec.like }),
      attachInput: spec.input !== undefined,
      role: 'app',
      launcher: probeCommand(spec.kit, 'enter'),
      ...(spec.kit.lacking === null && { refuser: probeCommand(spec.kit, 'refused') }),
    });
    try {
      const streams = await container.start();
      if (spec.input) streams.stdin.on('error', () => {}).end(spec.input); // fails where the app does not read all of it
      return new WatchedApp(spec, container, streams);
    } catch (error) {
      throw new UserError(
        `The container did not start: ${(error as Error).message}`,
        'Check the run options. They have the same meaning as on `docker run`.',
      );
    }
  }

  /** The supervisor then sends the stop signal to the app, unless the kernel would ignore it for a process 1. */
  protected override stopRequest(): string {
    return STOP_REQUEST;
  }

  protected override execCommand(command: readonly string[]): string[] {
    return supervised(this.spec, execName(this.execs++), command, { beside: true });
  }

  /** Reads what the probes wrote in this run. Call it when the app has ended. */
  async observed(): Promise<Observed> {
    const own = factsFile(this.spec, APP);
    const beside = new Set(Array.from({ length: this.execs }, (_, index) => factsFile(this.spec, execName(index))));
    const observed: Observed = { facts: [], imports: noImports(), probed: new Set() };
    const archive = extract();
    const source = await this.container.getArchive(`${this.spec.kit.mount}/${OBSERVATIONS}`);
    source.on('error', (error) => archive.destroy(error)).pipe(archive);
    let count = 0;
    // The folder itself comes first. Its name depends on the engine: `observations/`, `/`, `./`.
    let root: string | undefined;
    const boundedText = boundedReader();
    for await (const entry of archive) {
      requireBound('files', ++count, 'The folder of observations');
      root ??= entry.header.name.replace(/\/?$/, '/');
      // The app may have written anything here, also in folders: only files of supervisors that this run has started count.
      const name = entry.header.name.startsWith(root) ? entry.header.name.slice(root.length) : '';
      if (name.startsWith(FACTS) && name !== own && !beside.has(name)) {
        // Of an earlier run with this volume. It is not kept, so it does not count.
        requireBound('observed', entry.header.size ?? 0, WRITTEN);
        entry.resume();
        continue;
      }
      const content = await boundedText(entry as unknown as AsyncIterable<Buffer>);
      if (name === own) {
        const facts = parseFacts(content);
        observed.facts.push(facts);
        // The app can't have written this: it is published when the app has ended. A killed supervisor has another status.
        if (facts.needs !== undefined && this.exit === NOT_WATCHED) observed.lacks = { what: facts.needs, refused: facts.refused };
      } else if (beside.has(name)) observed.facts.push(parseFacts(content));
      else if (name.startsWith('imports-')) {
        addImports(observed.imports, parseImports(content));
        observed.probed.add(Number(name.slice('imports-'.length)));
      }
    }
    return observed;
  }
}

/** What the limit `observed` is about, in its message. */
const WRITTEN = 'What the probes and the app have written';

/** Reads the members of an archive, which all together may have so many bytes as the limit `observed` says. */
function boundedReader(): (entry: AsyncIterable<Buffer>) => Promise<string> {
  let length = 0;
  return async (entry) => {
    const parts: Buffer[] = [];
    for await (const part of entry) {
      length += part.length;
      requireBound('observed', length, WRITTEN);
      parts.push(part);
    }
    return Buffer.concat(parts).toString();
  };
}

/** Name of the supervisor of the app's nth command. */
function execName(index: number): string {
  return `exec${index}`;
}

function factsFile(spec: WatchedSpec, name: string): string {
  return `${FACTS}${spec.name}-${name}.jsonl`;
}

/** The command line that runs a command under probes/supervisor.py. */
function supervised(
  spec: WatchedSpec,
  name: string,
  command: readonly string[],
  { stop = 0, beside = false }: { stop?: number; beside?: boolean },
): string[] {
  const options = {
    facts: `${spec.kit.mount}/${OBSERVATIONS}/${factsFile(spec, name)}`,
    stop,
    patience: stopSeconds(spec.config),
    first: !spec.run.init && !beside,
    beside,
    listener: spec.listener ?? true,
    // Only a container with a root file system has the kit there, and it has a process table of its own, too.
    contained: spec.kit.mount === KIT_MOUNT,
    refused: spec.refused ?? [],
    ptrace: spec.ptrace === true && !spec.run.capAdd.some(isPtrace),
  };
  return probeCommand(spec.kit, 'supervisor', JSON.stringify(options), '--', ...command);
}

function isPtrace(capability: string): boolean {
  return /^(CAP_)?(SYS_PTRACE|ALL)$/i.test(capability);
}

/** Renames LD_PRELOAD and the like: the kit's own loader must not see them. The supervisor restores them for the app. */
function hideLoaderVariables(config: ImageConfig, run: RunOptions): string[] {
  const all = { ...environmentOf(config.Env), ...environmentOf(run.env) };
  const hidden = Object.entries(all).filter(([name]) => name.startsWith('LD_'));
  return [
    ...run.env.filter((entry) => !entry.startsWith('LD_')),
    ...hidden.flatMap(([name, value]) => [`${name}=`, `${HIDDEN}${name}=${value}`]),
  ];
}
