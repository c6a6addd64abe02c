import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import fg from 'fast-glob';
import { pack } from 'tar-stream';
import type { z } from 'zod';
import { debug } from '../debug.js';
import { FIRST_SCRIPT, type ImageInfo, OBSERVATIONS, type Session } from '../engines/engine.js';
import { hostRoots, type Surroundings } from '../engines/host/surroundings.js';
import { PLAIN_RUN, type RunOptions } from '../engines/runoptions.js';
import { UserError } from '../errors.js';
import { PROBES } from '../package.js';
import type { Sought } from '../python/lines.js';
import type { Summary } from '../python/summary.js';
import { type Entry, RootFs } from '../rootfs.js';
import { Channel } from './channel.js';
import { interpretersOf } from './interpreters.js';
import { parseInventory } from './inventory.js';
import { AppCode, Information, KitAnswer, KitRefusal, Layout, Lines, LoaderAnswers, Members, Summaries } from './protocol.js';
import { refusedAnswer } from './refused.js';

/** Name of the probes as a Python package in the container. */
const PACKAGE = 'pyshrink_probes';

/** The copy of an image's Python that runs the probes. It is in the session's volume. */
export interface Kit {
  /** Where the volume is mounted in containers of the image. */
  mount: string;
  /** Start of a command line that runs its Python. */
  command: readonly string[];
  /** Why this Python can't listen to system calls, or null where it can. */
  lacking: string | null;
}

/** The command line that runs a probe with a kit's Python. */
export function probeCommand(
  { mount, command }: Pick<Kit, 'mount' | 'command'>,
  name: 'server' | 'supervisor' | 'relay' | 'enter' | 'refused',
  ...args: string[]
): string[] {
  return [...command, `${mount}/${PACKAGE}/start.py`, name, ...args];
}

/** Run options of containers that never run the app. */
const HELPER_RUN: RunOptions = { ...PLAIN_RUN, user: '0:0', workdir: '/', network: 'none' };

/** How long to wait for the error text of an interpreter that does not run. */
const COMPLAINT_MILLISECONDS = 1000;

/** What container runtimes say where a program is not in the image. */
const MISSING = /not found|no such file|permission denied/i;

/**
 * A container of the image that never runs the app. It makes the kit, lists the image's files and reads them.
 * It lives as long as our connection to it. The engine's `clean` removes sessions without a running helper.
 */
export class Helper {
  private kit: Promise<KitAnswer> | undefined;

  private constructor(
    private readonly session: Session,
    private readonly channel: Channel,
    readonly volume: string,
    readonly python: Information,
    private readonly image: ImageInfo,
  ) {}

  /**
   * Starts a helper with the first interpreter of the image that works.
   * @param python the interpreter to use instead
   * @throws UserError where the image has no Python, or none that runs
   */
  static async start(session: Session, image: ImageInfo, python?: string): Promise<Helper> {
    const volume = await session.createVolume();
    const archive = await probesArchive();
    let complaint = '';
    for await (const candidate of python === undefined ? interpretersOf(session, image) : [python]) {
      const answer = await Helper.tryBy(candidate, session, image, volume, archive);
      if (answer instanceof Helper) return answer;
      complaint ||= answer;
    }
    throw complaint
      ? new UserError(
          `The Python of ${image.reference} does not run: ${complaint}`,
          'Check the image with `docker run --rm --entrypoint python3 IMAGE -V`.',
        )
      : new UserError(`${image.reference} has no Python.`, 'pyshrink shrinks images of Python apps; name the image that holds yours.');
  }

  /** @returns the error text of an interpreter that does not run; an empty string where there is no such program */
  private static async tryBy(
    python: string,
    session: Session,
    image: ImageInfo,
    volume: string,
    archive: Buffer,
  ): Promise<Helper | string> {
    const mount = session.mountOf(image.id, volume);
    const container = await session.create({
      image: image.id,
      command: probeCommand({ mount, command: [python, '-I', '-S', '-B'] }, 'server'),
      run: HELPER_RUN,
      volume,
      attachInput: true,
      role: 'helper',
    });
    await container.putArchive(mount, archive);
    const streams = await container.start().catch((error: unknown) => error as Error);
    if (streams instanceof Error) {
      await container.remove();
      if (MISSING.test(streams.message)) {
        debug.watch('interpreter %s: not in the image (%s)', python, streams.message);
        return '';
      }
      throw streams;
    }
    let complaint = '';
    streams.stderr.on('data', (data: Buffer) => {
      complaint = (complaint + data.toString()).slice(-2000);
    });
    const channel = new Channel(streams.stdin, streams.stdout);
    try {
      const information = parsed(Information, await channel.ask({ op: 'information' }));
      debug.watch('interpreter %s: runs, %s %s', python, information.implementation, information.version.join('.'));
      return new Helper(session, channel, volume, information, image);
    } catch (error) {
      channel.close();
      // What it prints may arrive after the end of its answers.
      await Promise.race([finished(streams.stderr).catch(() => {}), sleep(COMPLAINT_MILLISECONDS)]);
      const reason = complaint.trim() || String(error);
      debug.watch('interpreter %s: passed over: %s', python, reason);
      return complaint.includes(`${FIRST_SCRIPT}: `) ? '' : `${python}: ${reason}`;
    }
  }

  /**
   * Opens the file system of any image of the session with the kit's Python. The image itself may have no Python.
   * @returns the file system, and what closes it
   */
  async rootFsOf(image: string): Promise<{ fs: RootFs; close: () => void }> {
    const container = await this.session.create({
      image,
      command: probeCommand(await this.kitFor(image), 'server'),
      run: HELPER_RUN,
      volume: this.volume,
      attachInput: true,
      role: 'app',
    });
    const streams = await container.start();
    streams.stderr.resume();
    const channel = new Channel(streams.stdin, streams.stdout);
    return { fs: await this.treeOf(image, channel), close: () => channel.close() };
  }

  /** The kit for containers of an image. It is made at the first call. */
  async kitFor(image: string): Promise<Kit> {
    const { command, lacking } = await this.makeKit();
    const mount = this.session.mountOf(image, this.volume);
    return { mount, command: command.map((word) => (word.startsWith('kit/') ? `${mount}/${word}` : word)), lacking };
  }

  private makeKit(): Promise<KitAnswer> {
    this.kit ??= this.askForKit();
    return this.kit;
  }

  private async askForKit(): Promise<KitAnswer> {
    const start = Date.now();
    const answer = parsed(KitAnswer.or(KitRefusal), await this.channel.ask({ op: 'kit' }));
    if ('error' in answer) throw new UserError(answer.error, 'Use an image whose Python has threads and sockets.');
    debug.watch('kit made in %d s: %o', (Date.now() - start) / 1000, answer);
    return answer;
  }

  /** The image's whole file system. This helper reads the bytes of its files. */
  async rootFs(): Promise<RootFs> {
    return this.treeOf(this.image.id, this.channel);
  }

  /**
   * What is looked at of this computer: see {@link hostRoots}.
   * @param paths other paths that the run used
   * @param made paths that the run may have made. Those that changed after `since` (s) are left out.
   */
  async hostFs(around: Surroundings, paths: readonly string[], made: readonly string[], since: number): Promise<Map<string, Entry>> {
    return parseInventory((await this.channel.ask({ op: 'inventory', ...hostRoots(around), paths, made, since })).toString());
  }

  /** A file system of these entries. This helper reads the bytes of its files. */
  treeOver(entries: ReadonlyMap<string, Entry>): RootFs {
    return overChannel(entries, this.channel);
  }

  private async treeOf(image: string, channel: Channel): Promise<RootFs> {
    const known = await this.session.entriesOf(image);
    if (known) return overChannel(known, channel);
    const { config, created } = this.image;
    const volumes = Object.keys(config.Volumes ?? {});
    const inventory = await channel.ask({ op: 'inventory', volumes, created: Math.floor(Date.parse(created) / 1000) || 0 });
    return overChannel(parseInventory(inventory.toString()), channel);
  }

  /** Asks the image's own ELF loader for the libraries of each file: name → path, null where it finds none. */
  async askLoader(paths: string[]): Promise<LoaderAnswers> {
    const { loader } = await this.makeKit();
    if (!loader || paths.length === 0) return {};
    return parsed(LoaderAnswers, await this.channel.ask({ op: 'loader', loader, paths }));
  }

  /**
   * Where the app's interpreter looks for modules.
   * @param environment variables of the run, in addition to the image's own
   */
  async layout(environment: Record<string, string>, cwd: string): Promise<Layout> {
    return parsed(Layout, await this.channel.ask({ op: 'layout', env: environment, cwd }));
  }

  /** Names of the members of a zip archive; none where the file is no zip archive. */
  async members(path: string): Promise<string[]> {
    return parsed(Members, await this.channel.ask({ op: 'members', path }));
  }

  /** See {@link identityOf}. */
  get identity(): string | undefined {
    return identityOf(this.image);
  }

  /**
   * Asks the image's Python which modules and files each file names.
   * @param names top-level modules to look for in extension modules
   * @param own whether the files are the app's own code
   */
  async summaries(paths: readonly string[], names: readonly string[], own: boolean): Promise<Summary[]> {
    return each(parsed(Summaries, await this.channel.ask({ op: 'summaries', paths, names, own })), paths);
  }

  /** Asks on which lines the code of each file has texts. */
  async lines(wanted: readonly (readonly [path: string, texts: readonly Sought[]])[]): Promise<(number | null)[][]> {
    return each(parsed(Lines, await this.channel.ask({ op: 'lines', wanted })), wanted).map(({ lines }) => lines);
  }

  /** Asks what the code of each file says about how the app is used: applications, routes, subcommands. */
  async appCode(paths: readonly string[]): Promise<AppCode> {
    return each(parsed(AppCode, await this.channel.ask({ op: 'appcode', paths })), paths);
  }

  /** Streams the bytes of files, one file after the other. Each must be as long as its entry says. */
  contents(files: readonly Entry[], use: (chunks: AsyncGenerator<Buffer>) => Promise<void>): Promise<void> {
    const sizes = files.map((file) => file.size);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    return this.channel.consume({ op: 'contents', paths: files.map((file) => file.path), sizes }, all, use);
  }
}

/** @throws UserError for an answer of another form */
function parsed<T>(schema: z.ZodType<T>, answer: Buffer): T {
  let document: unknown;
  try {
    document = JSON.parse(answer.toString());
  } catch (error) {
    throw refusedAnswer((error as Error).message);
  }
  const found = schema.safeParse(document);
  if (found.success) return found.data;
  const issue = found.error.issues[0];
  throw refusedAnswer(`${issue?.path.join('.')}: ${issue?.message}`);
}

/** @throws UserError where a list of answers has another length than that of the questions */
function each<T>(answers: T[], questions: readonly unknown[]): T[] {
  if (answers.length !== questions.length) throw refusedAnswer(`${answers.length} answers to ${questions.length} questions`);
  return answers;
}

function overChannel(entries: ReadonlyMap<string, Entry>, channel: Channel): RootFs {
  return new RootFs(entries, (path, offset, length) => channel.ask({ op: 'read', path, offset, length }, length));
}

/**
 * A tar archive of the probes as a Python package, and of the folder for observations. Any user of the app may write there,
 * and only remove what is its own.
 */
async function probesArchive(): Promise<Buffer> {
  const archive = pack();
  for (const file of await fg('*.py', { cwd: PROBES })) {
    archive.entry({ name: `${PACKAGE}/${file}`, mode: 0o644 }, await readFile(`${PROBES}${file}`));
  }
  archive.entry({ name: OBSERVATIONS, type: 'directory', mode: 0o1777 });
  archive.finalize();
  return buffer(archive);
}

/**
 * What names an image by its content: its identifier and its layers. With containerd, an image of several platforms has one
 * identifier for all of them. Undefined where the identifier says nothing about the content, as for a folder. It comes from the
 * engine, which has compared the layers with it. So the image has no hand in it.
 */
export function identityOf({ id, layers }: Pick<ImageInfo, 'id' | 'layers'>): string | undefined {
  return layers.length > 0 ? [id, ...layers].join() : undefined;
}
