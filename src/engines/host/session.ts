import { homedir } from 'node:os';
import type { Readable } from 'node:stream';
import { usageError } from '../../errors.js';
import { environmentOf } from '../../images/config.js';
import type { ImageSource } from '../../images/source.js';
import type { Entry } from '../../rootfs.js';
import type { Container, ContainerSpec, ImageInfo, Session } from '../engine.js';
import type { LocalSession } from '../local/session.js';
import { requireSupported } from '../local/supported.js';
import { parsePublication } from '../resources.js';
import { HostContainer } from './container.js';
import { hostImage } from './image.js';

/**
 * A session with this computer as one more image. Its containers are plain processes, which need no namespaces; a local
 * session runs all other images and owns folder, volumes and temporary files.
 */
export class HostSession implements Session {
  readonly engine = 'host';
  readonly features;
  private host: ImageInfo | undefined;
  private readonly containers: HostContainer[] = [];
  private closing: Promise<void> | undefined;

  constructor(private readonly local: LocalSession) {
    this.features = local.features;
  }

  get ending(): AbortSignal {
    return this.local.ending;
  }

  get id(): string {
    return this.local.id;
  }

  get warnings(): readonly string[] {
    return this.local.warnings;
  }

  get temporaryName(): string {
    return this.local.temporaryName;
  }

  async importHost(command: readonly string[], environment: readonly string[]): Promise<ImageInfo> {
    this.host = await hostImage(command, environment);
    return this.host;
  }

  find(id: string): ImageInfo | undefined {
    return id === this.host?.id ? this.host : this.local.find(id);
  }

  async inspect(id: string): Promise<ImageInfo> {
    return id === this.host?.id ? this.host : this.local.inspect(id);
  }

  /** Nothing is mounted for plain processes: they see the volume where it is. */
  mountOf(image: string, volume: string): string {
    return image === this.host?.id ? volume : this.local.mountOf();
  }

  async create(spec: ContainerSpec): Promise<Container> {
    const { host } = this;
    if (spec.image !== host?.id) return this.local.create(spec);
    if (this.closing) throw new Error('the session is closed');
    requireSupported(spec.run, 'a command of host: has no limits');
    const { network, publish } = spec.run;
    if (
      spec.role === 'app' &&
      ((network ?? 'host') !== 'host' || publish.map(parsePublication).some(({ host, container }) => host !== String(container)))
    )
      throw usageError(
        `${network === undefined ? '-p' : `--network ${network}`}: a command of this computer has the network of this computer.`,
        'Leave it out, as the exercise needs no published port.',
      );
    const container = new HostContainer(`host-${this.containers.length}`, {
      command: spec.command,
      // HOME is set as a container runtime would set it.
      environment: { HOME: homedir(), ...environmentOf(host.config.Env), ...environmentOf(spec.run.env) },
      cwd: spec.run.workdir ?? (host.config.WorkingDir || '/'),
      input: spec.attachInput,
    });
    this.containers.push(container);
    return container;
  }

  createVolume(): Promise<string> {
    return this.local.createVolume();
  }

  load(archive: Readable, base?: ImageInfo): Promise<string> {
    return this.local.load(archive, base);
  }

  importImage(source: ImageSource): Promise<ImageInfo> {
    return this.local.importImage(source);
  }

  importDirectory(reference: string, path: string): Promise<ImageInfo> {
    return this.local.importDirectory(reference, path);
  }

  async layersOf(): Promise<undefined> {
    return undefined;
  }

  exportImage(id: string): Promise<ImageSource> {
    return this.local.exportImage(id);
  }

  entriesOf(image: string): Promise<ReadonlyMap<string, Entry> | undefined> {
    return this.local.entriesOf(image);
  }

  spool(): Promise<string> {
    return this.local.spool();
  }

  close(): Promise<void> {
    this.closing ??= this.removeAll();
    return this.closing;
  }

  private async removeAll(): Promise<void> {
    await Promise.all(this.containers.map((container) => container.remove()));
    await this.local.close();
  }
}
