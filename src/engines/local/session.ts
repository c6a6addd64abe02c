import { createWriteStream } from 'node:fs';
import { lstat, mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { execa } from 'execa';
import { explained, UserError, usageError } from '../../errors.js';
import { DEFAULT_PATH, environmentOf, type ImageConfig } from '../../images/config.js';
import { sha256 } from '../../images/digest.js';
import { unpackImage } from '../../images/layers/apply.js';
import { formatPlatform, matches, ownPlatform } from '../../images/platform.js';
import { type ImageSource, readConfig } from '../../images/source.js';
import { openDockerArchive } from '../../images/transports/dockerarchive/source.js';
import type { Entry } from '../../rootfs.js';
import { type Container, type ContainerSpec, type ImageInfo, KIT_MOUNT, type Session } from '../engine.js';
import { MachineContainer } from '../host/container.js';
import { machineImage } from '../host/image.js';
import { mountsOf } from '../mounts.js';
import { parsePublication, parseUlimit } from '../resources.js';
import type { RunOptions } from '../runoptions.js';
import type { SessionFolder } from '../sessionfolder.js';
import { bindsOf } from './binds.js';
import { capabilities } from './capabilities.js';
import { LocalContainer } from './container.js';
import type { LocalImage } from './image.js';
import { inNamespaces, type Machine, type Refusal, remedyFor, removeTree, userOf } from './namespaces.js';
import { giveToOwners } from './owners.js';
import { type MountPlan, setupScript } from './setup.js';
import { identityOf } from './user.js';

const SHM_SIZE = 64 << 20;
const ALONE =
  'only one user can be mapped into a namespace here, so the app ran as root inside and all files were its own; newuidmap (uidmap) and ranges in /etc/subuid and /etc/subgid would let it run as its own user';
/** What an engine makes at run time: none of it is the image's. */
const ENGINES_OWN = /^\/(dev|proc|sys)\/|^\/etc\/(hosts|hostname|resolv\.conf)$|^\/\.dockerenv$/;

/** One session of containers of this machine's own. */
export class LocalSession implements Session {
  readonly engine = 'local';
  readonly warnings: string[] = [];
  readonly temporaryName = 'pyshrink/draft:latest';
  private readonly images = new Map<string, LocalImage>();
  private readonly containers: Container[] = [];
  private closing: Promise<void> | undefined;

  constructor(
    private readonly folder: SessionFolder,
    private readonly allowed: Machine | Refusal,
  ) {}

  /** @throws UserError where this machine allows no containers */
  private get machine(): Machine {
    if ('refused' in this.allowed)
      throw new UserError(`No containers can be run on this machine: ${this.allowed.refused}.`, remedyFor(this.allowed.refused));
    return this.allowed;
  }

  get id(): string {
    return this.folder.id;
  }

  find(id: string): ImageInfo | undefined {
    return this.images.get(id)?.info;
  }

  async inspect(id: string): Promise<ImageInfo> {
    return this.known(id).info;
  }

  createVolume(): Promise<string> {
    return this.folder.folder('volume');
  }

  async spool(): Promise<string> {
    return this.folder.next('spool');
  }

  async importImage(source: ImageSource): Promise<ImageInfo> {
    const { id, platform, created, config, diffIds } = readConfig(source.configBytes, source.reference);
    const known = this.images.get(id);
    if (known) {
      await source.close();
      return { ...known.info, reference: source.reference };
    }
    if (!matches(platform, ownPlatform()))
      throw new UserError(
        `${source.reference} is for ${platform.os}/${platform.architecture}, and this machine is ${formatPlatform(ownPlatform())}.`,
        'Choose another image, with --platform where it has several.',
      );
    const root = await this.folder.folder('image');
    const { entries, size } = await unpackImage(source, root);
    if (userOf(this.allowed) === 'ranges') await giveToOwners(root, entries.values());
    const info: ImageInfo = {
      id,
      reference: source.reference,
      digests: source.digests,
      platform,
      config,
      size,
      created,
      layers: diffIds,
    };
    this.images.set(id, { layers: [root], config, info, entries: withoutEngines(entries), source });
    return info;
  }

  async importDirectory(reference: string, path: string): Promise<ImageInfo> {
    const directory = resolve(path);
    if (!(await stat(directory).catch(() => undefined))?.isDirectory())
      throw usageError(`${path} is no directory.`, 'Name a root file system.');
    const link = this.folder.next('image');
    await symlink(directory, link); // its name may hold what separates the options of a mount
    const config: ImageConfig = { Env: [`PATH=${DEFAULT_PATH}`] };
    const info: ImageInfo = {
      id: sha256(`rootfs:${directory}`),
      reference,
      digests: [],
      platform: ownPlatform(),
      config,
      size: 0,
      created: new Date((await stat(directory)).mtimeMs).toISOString(),
      layers: [],
    };
    this.images.set(info.id, { layers: [link], config, info });
    return info;
  }

  async importMachine(command: readonly string[], environment: readonly string[]): Promise<ImageInfo> {
    const info = await machineImage(command, environment);
    this.images.set(info.id, { layers: ['/'], config: info.config, info });
    return info;
  }

  mountOf(image: string, volume: string): string {
    return this.known(image).info.machine ? volume : KIT_MOUNT;
  }

  async entriesOf(image: string): Promise<ReadonlyMap<string, Entry> | undefined> {
    return this.images.get(image)?.entries;
  }

  async load(archive: Readable, base?: ImageInfo): Promise<string> {
    const path = await this.spool();
    await pipeline(archive, createWriteStream(path)).catch((error: unknown) => {
      throw explained(error, path);
    });
    const below = base && this.images.get(base.id)?.source;
    const source = await openDockerArchive('the shrunk image', path, undefined, () => this.spool(), below?.layers);
    return (await this.importImage(source)).id;
  }

  async exportImage(id: string): Promise<ImageSource> {
    const { source } = this.known(id);
    if (!source) throw new Error(`${id} has no layers`);
    return source;
  }

  async create(spec: ContainerSpec): Promise<Container> {
    if (this.closing) throw new Error('the session is closed');
    requireSupported(spec.run);
    const image = this.known(spec.image);
    const place = await this.folder.folder('container');
    if (image.info.machine) return this.machineContainer(spec, image, place);
    const [root, upper, work] = [join(place, 'root'), join(place, 'upper'), join(place, 'work')];
    for (const path of [root, upper, work]) await mkdir(path);
    const own = this.machine.overlay === 'copy';
    if (own) await this.copy(image.layers, root);
    const environment = this.environmentOf(spec, image);
    const user = identityOf(spec.run.user ?? image.config.User ?? '', await userFiles(image.layers), spec.run.groupAdd);
    environment.HOME ??= user.home;
    const plan: MountPlan = {
      root,
      rootfs: own
        ? { kind: 'own' }
        : {
            kind: 'overlay',
            lower: image.layers,
            upper,
            work,
            fuse: this.machine.overlay === 'fuse',
            userNamespace: this.machine.user !== 'root',
          },
      readOnly: spec.run.readOnly,
      binds: await bindsOf(spec, image, place, this.folder),
      tmpfs: mountsOf(spec.run).flatMap(({ type, target, options }) => (type === 'tmpfs' ? [{ target, options: options.join(',') }] : [])),
      shmSize: spec.run.shmSize ?? SHM_SIZE,
      hostname: spec.run.hostname,
      environment,
    };
    const single = this.machine.user === 'single' || this.machine.user === 'bubblewrap';
    if (single && user.uid !== 0) this.warn(ALONE);
    const isolated = spec.run.network === 'none';
    const launcher = spec.launcher
      ? [
          ...spec.launcher,
          JSON.stringify({
            uid: single ? 0 : user.uid,
            gid: single ? 0 : user.gid,
            groups: user.groups,
            cwd: spec.run.workdir ?? (image.config.WorkingDir || '/'),
            capabilities: capabilities(spec.run.capAdd, spec.run.capDrop),
            loopback: isolated,
            limits: spec.run.ulimit.map(parseUlimit),
          }),
        ]
      : [];
    const container = new LocalContainer({
      id: place,
      command: inNamespaces(this.machine.user, isolated, setupScript(plan, [...launcher, ...spec.command])),
      enter: [
        ...(this.machine.user === 'root' ? [] : ['--user', '--preserve-credentials']),
        ...['--mount', '--pid', '--ipc', '--uts', '--root', '--wd'],
        ...(isolated ? ['--net'] : []),
      ],
      environment,
      launcher,
      input: spec.attachInput,
      writable: own ? root : upper,
      lower: own ? [] : image.layers,
      volume: spec.volume,
      commit: () => {
        const id = `commit:${place}`;
        this.images.set(id, { ...image, layers: own ? [root] : [upper, ...image.layers] });
        return id;
      },
    });
    this.containers.push(container);
    return container;
  }

  private machineContainer(spec: ContainerSpec, { config }: LocalImage, place: string): Container {
    const container = new MachineContainer(place, {
      command: spec.command,
      // A runtime sets HOME as well.
      environment: { HOME: homedir(), ...environmentOf(config.Env), ...environmentOf(spec.run.env) },
      cwd: spec.run.workdir ?? (config.WorkingDir || '/'),
      input: spec.attachInput,
    });
    this.containers.push(container);
    return container;
  }

  close(): Promise<void> {
    this.closing ??= this.removeAll();
    return this.closing;
  }

  private async removeAll(): Promise<void> {
    await Promise.all(this.containers.map((container) => container.remove()));
    await Promise.all([...this.images.values()].map(({ source }) => source?.close().catch(() => {})));
    await removeTree(this.folder.path, userOf(this.allowed));
  }

  private known(id: string): LocalImage {
    const image = this.images.get(id);
    if (!image) throw new Error(`there is no image ${id}`);
    return image;
  }

  private warn(text: string): void {
    if (!this.warnings.includes(text)) this.warnings.push(text);
  }

  private environmentOf({ run }: ContainerSpec, { config }: LocalImage): Record<string, string> {
    return { PATH: DEFAULT_PATH, HOSTNAME: run.hostname ?? hostname(), ...environmentOf(config.Env), ...environmentOf(run.env) };
  }

  private async copy(layers: readonly string[], root: string): Promise<void> {
    const [lower] = layers;
    const run = await execa('cp', ['-a', '--reflink=auto', `${lower}/.`, root], { reject: false });
    if (run.failed) throw explained(new Error(run.stderr), root);
  }
}

/** @throws UserError for what the local engine cannot give */
function requireSupported(run: RunOptions): void {
  if (run.network !== undefined && run.network !== 'none' && run.network !== 'host')
    throw usageError(
      `--network ${run.network}: the local engine has the network of this machine (host, the default) or none.`,
      'Choose one of them, or use a Docker daemon.',
    );
  const option = run.securityOpt.find((text) => !/^no-new-privileges(:true|=true)?$/.test(text));
  if (option !== undefined)
    throw usageError(`--security-opt ${option}: the local engine has no profiles.`, 'Leave it out, or use a Docker daemon.');
  const mapped = run.publish.map(parsePublication).find(({ host, container }) => host !== String(container));
  if (mapped)
    throw usageError(
      `-p ${mapped.host}:${mapped.container}: with the local engine, ports are those of this machine, and none is mapped.`,
      'Leave it out: the exercise needs no published port. Or use a Docker daemon.',
    );
  if (run.tty) throw usageError('-t: the local engine has no terminals.', 'Leave it out, or use a Docker daemon.');
  if (run.gpus !== undefined) throw usageError('--gpus: the local engine hands none out.', 'Use a Docker daemon.');
  if (run.memory !== undefined) throw usageError('--memory: the local engine sets no limits.', 'Leave it out, or use a Docker daemon.');
}

function withoutEngines(entries: Map<string, Entry>): Map<string, Entry> {
  return new Map([...entries].filter(([path]) => !ENGINES_OWN.test(path)));
}

async function userFiles(layers: readonly string[]) {
  const read = async (path: string) => {
    for (const layer of layers) {
      const at = join(layer, path);
      if ((await lstat(at).catch(() => undefined))?.isFile()) return readFile(at, 'utf8');
    }
    return undefined;
  };
  return { passwd: await read('etc/passwd'), group: await read('etc/group') };
}
