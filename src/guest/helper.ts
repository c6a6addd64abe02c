import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import fg from 'fast-glob';
import { pack } from 'tar-stream';
import { z } from 'zod';
import type { ImageInfo, Session } from '../engines/engine.js';
import { hostRoots, type Surroundings } from '../engines/host/surroundings.js';
import { PLAIN_RUN, type RunOptions } from '../engines/runoptions.js';
import { UserError } from '../errors.js';
import { PythonLayout } from '../python/layout.js';
import { Summary } from '../python/summary.js';
import { type Entry, RootFs } from '../rootfs.js';
import { Channel } from './channel.js';
import { interpretersOf } from './interpreters.js';
import { parseInventory } from './inventory.js';

const PROBES = fileURLToPath(new URL('../../probes/', import.meta.url));
const PACKAGE = 'pyshrink_probes';

/** A Python of ours for one image, wherever the volume that it lies in is mounted. */
export interface Kit {
  /** Where the volume is mounted. */
  mount: string;
  /** Start of a command line that runs its Python. */
  command: readonly string[];
  /** Why it can't listen to system calls. */
  lacking: string | null;
}

/** The command line that runs one of our probes by a Python. */
export function probeCommand(
  { mount, command }: Pick<Kit, 'mount' | 'command'>,
  name: 'server' | 'supervisor' | 'relay' | 'enter',
  ...args: string[]
): string[] {
  return [...command, `${mount}/${PACKAGE}/start.py`, name, ...args];
}

/** How containers that never run the app are run. */
const HELPER_RUN: RunOptions = { ...PLAIN_RUN, user: '0:0', workdir: '/', network: 'none' };

/** How runtimes say that a program is not in the image. */
const MISSING = /not found|no such file|permission denied/i;

const Information = z.object({
  version: z.tuple([z.number(), z.number(), z.number()]),
  implementation: z.string(),
  executable: z.string(),
  /** The same without links. */
  real: z.string(),
  machine: z.string(),
  sitePackages: z.array(z.string()),
  /** sys.prefix and what it is based on. */
  prefixes: z.array(z.string()),
});
const Layout = PythonLayout.pick({ searchPath: true, standardLibrary: true, builtins: true, suffixes: true, editable: true });
export type Layout = z.infer<typeof Layout>;
type InterpreterInformation = z.infer<typeof Information>;

const KitAnswer = z.object({ command: z.array(z.string()), loader: z.string().nullable(), lacking: z.string().nullable() });
type KitAnswer = z.infer<typeof KitAnswer>;

const LoaderAnswers = z.record(z.string(), z.record(z.string(), z.string().nullable()));

/**
 * A container of the image that never runs the app: it makes the kit, takes the inventory and hands out bytes.
 * It lives as long as our connection to it, and with it the session (see the engine's `clean`).
 */
export class Helper {
  private kit: Promise<KitAnswer> | undefined;

  private constructor(
    private readonly session: Session,
    private readonly channel: Channel,
    readonly volume: string,
    readonly python: InterpreterInformation,
    private readonly image: ImageInfo,
  ) {}

  /**
   * @param python the interpreter to run it by; by default the first that the image has
   * @throws UserError for an image that has no Python
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

  /** What it says where it does not run; nothing where there is no such program. */
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
      if (MISSING.test(streams.message)) return '';
      throw streams;
    }
    let complaint = '';
    streams.stderr.on('data', (data: Buffer) => {
      complaint = (complaint + data.toString()).slice(-2000);
    });
    const channel = new Channel(streams.stdin, streams.stdout);
    try {
      const told = Information.parse(JSON.parse((await channel.ask({ op: 'information' })).toString()));
      return new Helper(session, channel, volume, told, image);
    } catch (error) {
      return /chroot: failed to run command/.test(complaint) ? '' : `${python}: ${complaint.trim() || String(error)}`;
    }
  }

  /** The same for an image that may have no Python of its own, by the kit: its entries and their bytes. */
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

  /** Makes the kit, for use in containers of an image. */
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
    const answer = z
      .union([KitAnswer, z.object({ error: z.string() })])
      .parse(JSON.parse((await this.channel.ask({ op: 'kit' })).toString()));
    if ('error' in answer) throw new UserError(answer.error, 'Use an image whose Python has threads and sockets.');
    return answer;
  }

  /** Every entry of the image; bytes are read through this helper. */
  async rootFs(): Promise<RootFs> {
    return this.treeOf(this.image.id, this.channel);
  }

  /**
   * What is looked at of this machine: see {@link hostRoots}.
   * @param paths whatever else was seen
   * @param made paths that the run may have made: what changed after `since` (s) was not there before
   */
  async machineFs(around: Surroundings, paths: readonly string[], made: readonly string[], since: number): Promise<Map<string, Entry>> {
    return parseInventory((await this.channel.ask({ op: 'inventory', ...hostRoots(around), paths, made, since })).toString());
  }

  /** A tree of entries whose bytes this helper reads. */
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

  /** What the image's own loader resolves for each file: name → path, null where it finds nothing. */
  async askLoader(paths: string[]): Promise<Record<string, Record<string, string | null>>> {
    const { loader } = await this.makeKit();
    if (!loader || paths.length === 0) return {};
    return LoaderAnswers.parse(JSON.parse((await this.channel.ask({ op: 'loader', loader, paths })).toString()));
  }

  /**
   * Where the app's interpreter looks for modules.
   * @param environment of the run, beside the image's own
   */
  async layout(environment: Record<string, string>, cwd: string): Promise<Layout> {
    return Layout.parse(JSON.parse((await this.channel.ask({ op: 'layout', env: environment, cwd })).toString()));
  }

  /** Names of the members of a zip archive. */
  async members(path: string): Promise<string[]> {
    return z.array(z.string()).parse(JSON.parse((await this.channel.ask({ op: 'members', path })).toString()));
  }

  /** A hash of each file's bytes, null where it can't be read. */
  async digests(paths: readonly string[]): Promise<(string | null)[]> {
    return z.array(z.string().nullable()).parse(JSON.parse((await this.channel.ask({ op: 'digests', paths })).toString()));
  }

  /**
   * What each file names.
   * @param names top-level modules that extension modules may name
   */
  async summaries(paths: readonly string[], names: readonly string[]): Promise<Summary[]> {
    return z.array(Summary).parse(JSON.parse((await this.channel.ask({ op: 'summaries', paths, names })).toString()));
  }

  /** Streams the bytes of files, one after the other. */
  contents(files: readonly Entry[], use: (chunks: AsyncGenerator<Buffer>) => Promise<void>): Promise<void> {
    return this.channel.consume({ op: 'contents', paths: files.map((file) => file.path), sizes: files.map((file) => file.size) }, use);
  }
}

function overChannel(entries: ReadonlyMap<string, Entry>, channel: Channel): RootFs {
  return new RootFs(entries, (path, offset, length) => channel.ask({ op: 'read', path, offset, length }));
}

/** probes/ as a package, and the folder for observations that any user of the app may write to. */
async function probesArchive(): Promise<Buffer> {
  const archive = pack();
  for (const file of await fg('*.py', { cwd: PROBES })) {
    archive.entry({ name: `${PACKAGE}/${file}`, mode: 0o644 }, await readFile(`${PROBES}${file}`));
  }
  archive.entry({ name: 'observations', type: 'directory', mode: 0o777 });
  archive.finalize();
  return buffer(archive);
}
