import { createWriteStream } from 'node:fs';
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { debug } from '../../debug.js';
import { explained, UserError, usageError } from '../../errors.js';
import { DEFAULT_PATH, environmentOf, type ImageConfig } from '../../images/config.js';
import { sha256 } from '../../images/digest.js';
import { type LayerMade, layersMade } from '../../images/history.js';
import { unpackImage } from '../../images/layers/apply.js';
import { formatPlatform, matches, ownPlatform } from '../../images/platform.js';
import { type ImageSource, readConfig } from '../../images/source.js';
import { openDockerArchive } from '../../images/transports/dockerarchive/source.js';
import type { Entry } from '../../rootfs.js';
import { capabilities, launching, namesOf } from '../capabilities.js';
import {
  type Container,
  type ContainerSpec,
  type EngineFeatures,
  FIRST_SCRIPT,
  type ImageInfo,
  KIT_MOUNT,
  type Session,
} from '../engine.js';
import { mountsOf } from '../mounts.js';
import { refusing } from '../refusing.js';
import { parseUlimit } from '../resources.js';
import { limitOfPids } from '../runoptions.js';
import type { SessionFolder } from '../sessionfolder.js';
import { bindsOf } from './binds.js';
import { ControlGroup, removeSessionGroups } from './cgroups.js';
import { LocalContainer } from './container.js';
import { ContainerFiles } from './files.js';
import { becoming, SENT } from './firstprocess.js';
import { type LocalImage, storedDigest } from './image.js';
import { userFilesIn } from './inroot.js';
import { launcherOf } from './launcher.js';
import { ownMappings } from './mappings.js';
import { copyTree, type NamespaceSupport, type Refusal, remedyFor, removeTree, userOf } from './namespaces.js';
import { ownNetwork } from './network.js';
import { RuntimeContainer } from './oci/container.js';
import { limitsOf, makesGroup } from './oci/runtime.js';
import { giveToOwners } from './owners.js';
import { type MountPlan, rootfsOf, setupScript } from './setup.js';
import { requireSupported } from './supported.js';
import { identityOf } from './user.js';

export const LOCAL_FEATURES: EngineFeatures = {
  imageNames: false,
  runtime: false,
  commit: true,
  freshFiles: true,
  compared: Infinity,
  ownPorts: false,
};

/** Bytes of /dev/shm, as Docker has it by default. */
const SHM_SIZE = 64 << 20;
const SINGLE_USER =
  'only one user can be mapped into a namespace here, so the app ran as root inside and all files belonged to it; newuidmap (package uidmap) and ranges in /etc/subuid and /etc/subgid would let it run as its own user';
const NO_LIMITS = 'the local engine can make no control group here, which a limit needs (as root it mostly can)';
const NOT_ISOLATED =
  'the kernel makes no user namespace for root here, so an app that is root may break out of its container; only trace images that you trust';
/** Paths that a container engine makes at run time. They do not belong to the image. */
const ENGINES_OWN = /^\/(dev|proc|sys)\/|^\/etc\/(hosts|hostname|resolv\.conf)$|^\/\.dockerenv$/;

/** A session of containers made of namespaces. */
export class LocalSession implements Session {
  readonly engine = 'local';
  readonly features: EngineFeatures;
  readonly warnings: string[] = [];
  readonly temporaryName = 'pyshrink/draft:latest';
  private readonly images = new Map<string, LocalImage>();
  private readonly containers: Container[] = [];
  private closing: Promise<void> | undefined;
  private readonly ender = new AbortController();
  readonly ending = this.ender.signal;

  constructor(
    private readonly folder: SessionFolder,
    private readonly found: NamespaceSupport | Refusal,
  ) {
    this.features = { ...LOCAL_FEATURES, runtime: 'runtime' in found };
  }

  /** @throws UserError where no namespaces can be made */
  private get namespaces(): NamespaceSupport {
    if ('refused' in this.found)
      throw new UserError(`No containers can be run on this computer: ${this.found.refused}.`, remedyFor(this.found));
    return this.found;
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
        `${source.reference} is for ${formatPlatform(platform)}, and this computer is ${formatPlatform(ownPlatform())}.`,
        'Choose another image, with --platform where it has several.',
      );
    const started = performance.now();
    const root = await this.folder.folder('image');
    const { entries, size, layerSizes } = await unpackImage(source, root, { harmless: true });
    debug.engine('image %s: unpacked %d bytes in %d ms', source.reference, size, Math.round(performance.now() - started));
    if (userOf(this.found) === 'ranges') await giveToOwners(root, entries.values());
    const info: ImageInfo = {
      id,
      reference: source.reference,
      digests: source.digests,
      platform,
      config,
      size,
      created,
      layers: diffIds,
      separateRoot: true,
    };
    this.images.set(id, { layers: [root], config, info, entries: withoutEngines(entries), source, sizes: layerSizes });
    return info;
  }

  async importDirectory(reference: string, path: string): Promise<ImageInfo> {
    const directory = resolve(path);
    if (!(await stat(directory).catch(() => undefined))?.isDirectory())
      throw usageError(`${path} is not a directory.`, 'Name a directory with a root file system.');
    const link = this.folder.next('image');
    await symlink(directory, link); // the directory's own name may contain `:` or `,`, which separate mount options
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
      separateRoot: true,
    };
    this.images.set(info.id, { layers: [link], config, info });
    return info;
  }

  mountOf(): string {
    return KIT_MOUNT;
  }

  async entriesOf(image: string): Promise<ReadonlyMap<string, Entry> | undefined> {
    return this.images.get(image)?.entries;
  }

  async fileDigest(image: string, path: string): Promise<string | undefined> {
    return storedDigest(this.images.get(image), path);
  }

  async load(archive: Readable, base?: ImageInfo): Promise<string> {
    const path = await this.spool();
    await pipeline(archive, createWriteStream(path, { mode: 0o600 })).catch((error: unknown) => {
      throw explained(error, path);
    });
    const below = base && this.images.get(base.id)?.source; // with the layers that the archive leaves out
    const source = await openDockerArchive('the shrunk image', path, undefined, () => this.spool(), below?.layers);
    return (await this.importImage(source)).id;
  }

  async layersOf(id: string): Promise<LayerMade[] | undefined> {
    const { source, sizes } = this.images.get(id) ?? {};
    return source && sizes && layersMade(readConfig(source.configBytes, source.reference).history, sizes);
  }

  async exportImage(id: string): Promise<ImageSource> {
    const { source } = this.known(id);
    if (!source) throw new Error(`${id} has no layers`);
    return source;
  }

  async create(spec: ContainerSpec): Promise<Container> {
    if (this.closing) throw new Error('the session is closed');
    const { namespaces } = this;
    requireSupported(spec.run, namespaces.cgroups ? undefined : NO_LIMITS);
    const image = this.known(spec.image);
    const place = await this.folder.folder('container');
    const [root, upper, work] = [join(place, 'root'), join(place, 'upper'), join(place, 'work')];
    for (const path of [root, upper, work]) await mkdir(path);
    const copied = namespaces.overlay === 'copy';
    if (copied) await copyTree(image.layers[0] as string, root, namespaces.user);
    const environment = this.environmentOf(spec, image);
    const user = identityOf(spec.run.user ?? image.config.User ?? '', await userFilesIn(image.layers), spec.run.groupAdd);
    environment.HOME ??= user.home;
    const own = await ownNetwork(spec.run, process.getuid?.() === 0);
    const isolated = own !== undefined || spec.run.network === 'none';
    const fuse = namespaces.overlay === 'fuse' ? { user: namespaces.user, root, lower: image.layers, upper, work } : undefined;
    const rootfs = rootfsOf(namespaces, { lower: image.layers, upper, work });
    const binds = await bindsOf(spec, image, place, this.folder, own);
    const tmpfs = mountsOf(spec.run).flatMap(({ type, target, options }) =>
      type === 'tmpfs' ? [{ target, options: options.join(',') }] : [],
    );
    const shmSize = spec.run.shmSize ?? SHM_SIZE;
    const single = namespaces.user === 'single' || namespaces.user === 'bubblewrap';
    if (single && user.uid !== 0) this.warn(SINGLE_USER);
    if (namespaces.user === 'root') this.warn(NOT_ISOLATED);
    const inside = single ? { ...user, uid: 0, gid: 0, groups: [] } : user;
    const cwd = spec.run.workdir ?? (image.config.WorkingDir || '/');
    const granted = capabilities(spec.run.capAdd, spec.run.capDrop);
    const files = new ContainerFiles(copied ? root : upper, copied ? [] : image.layers, spec.volume);
    const commit = () => {
      const id = `commit:${place}`;
      debug.engine('committed %s', id);
      this.images.set(id, { ...image, layers: copied ? [root] : [upper, ...image.layers] });
      return id;
    };
    const group = namespaces.cgroups
      ? await ControlGroup.make(this.id, basename(place), limitsOf(spec.run, namespaces.runtime), {
          nested: makesGroup(namespaces.runtime),
        })
      : undefined;
    if (namespaces.runtime) {
      const container = new RuntimeContainer({
        place,
        runtime: namespaces.runtime,
        user: namespaces.user,
        rootfs,
        fuse,
        config: {
          readOnly: spec.run.readOnly,
          binds,
          tmpfs,
          shmSize,
          hostname: spec.run.hostname ?? hostname(),
          mappings: namespaces.user === 'identity' ? await ownMappings() : undefined,
          pids: limitOfPids(spec.run),
          process: {
            args: spec.command,
            environment,
            user: inside,
            cwd,
            capabilities: namesOf(granted),
            noNewPrivileges: spec.run.securityOpt.length > 0, // nothing else is supported
            limits: spec.run.ulimit.map(parseUlimit),
          },
        },
        network: own ?? (isolated ? 'none' : 'host'),
        refusing: (command) => refusing(spec, command),
        entering: launcherOf(spec, {
          ...{ user: inside, cwd, capabilities: granted, environment: null, loopback: false },
          namespace: namespaces.user === 'identity' ? '/proc/1/ns/user' : null,
        }),
        input: spec.attachInput,
        group,
        files,
        commit,
      });
      this.containers.push(container);
      return container;
    }
    const plan: MountPlan = { root, rootfs, readOnly: spec.run.readOnly, binds, tmpfs, shmSize, hostname: spec.run.hostname, isolated };
    const launcher = launcherOf(spec, { user: inside, cwd, capabilities: granted, environment: SENT, loopback: isolated, namespace: null });
    const [first, setup] = [join(place, FIRST_SCRIPT), join(place, 'setup.sh')];
    await writeFile(setup, setupScript(plan), { mode: 0o600 });
    // The launcher gets the variables in another way. The scripts may hold values that are secret.
    const script = becoming([...launcher, ...spec.command], spec.launcher ? {} : environment, spec.launcher !== undefined);
    await writeFile(first, script, { mode: 0o600 });
    const container = new LocalContainer({
      id: place,
      first: {
        user: namespaces.user,
        isolated,
        capabilities: spec.launcher ? launching(granted, { isolated, limits: spec.run.ulimit.length > 0 }) : granted,
        script: first,
        input: spec.attachInput,
      },
      setup,
      network: own && { own, socket: join(place, 'net') },
      environment,
      group,
      fuse,
      launcher,
      files,
      commit,
    });
    this.containers.push(container);
    return container;
  }

  close(): Promise<void> {
    this.ender.abort();
    this.closing ??= this.removeAll();
    return this.closing;
  }

  private async removeAll(): Promise<void> {
    await Promise.all(this.containers.map((container) => container.remove()));
    for (const { info, source } of this.images.values())
      await source?.close().catch((error: unknown) => debug.engine('image %s could not be closed: %s', info.reference, error));
    if (!('refused' in this.found) && this.found.cgroups) await removeSessionGroups(this.id);
    await removeTree(this.folder.path, userOf(this.found));
    await this.folder.forget();
    debug.engine('session %s: closed', this.id);
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
}

function withoutEngines(entries: Map<string, Entry>): Map<string, Entry> {
  return new Map([...entries].filter(([path]) => !ENGINES_OWN.test(path)));
}
