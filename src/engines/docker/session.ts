import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type Dockerode from 'dockerode';
import { execa } from 'execa';
import { UserError } from '../../errors.js';
import type { ImageSource } from '../../images/source.js';
import { dockerArchive } from '../../images/transports/dockerarchive/sink.js';
import { openDockerArchive } from '../../images/transports/dockerarchive/source.js';
import { type Container, type ContainerSpec, type ImageInfo, KIT_MOUNT, type Session } from '../engine.js';
import { messageOf, statusOf } from './client.js';
import { DockerContainer } from './container.js';
import { inspectImage } from './image.js';
import { ROLE_LABEL, SESSION_LABEL, TEMPORARY_REPOSITORY } from './labels.js';
import { createOptions } from './options.js';

/** One session on a Docker daemon. */
export class DockerSession implements Session {
  readonly id = randomBytes(6).toString('hex');
  readonly engine = 'docker';
  readonly warnings: string[] = [];
  readonly temporaryName = `${TEMPORARY_REPOSITORY}/image:${this.id}`;
  private readonly containers: DockerContainer[] = [];
  private readonly volumes: string[] = [];
  private readonly images: string[] = [];
  /** What the daemon is about to make: a session that closes waits for it, so as to remove it. */
  private readonly making = new Set<Promise<unknown>>();
  private closing: Promise<void> | undefined;
  private folder: Promise<string> | undefined;
  private spooled = 0;
  private imported = 0;

  constructor(private readonly docker: Dockerode) {}

  async createVolume(): Promise<string> {
    const name = `pyshrink-${this.id}-${this.volumes.length}`;
    this.volumes.push(name);
    await this.make(() => this.docker.createVolume({ Name: name, Labels: { [SESSION_LABEL]: this.id } }));
    return name;
  }

  mountOf(): string {
    return KIT_MOUNT;
  }

  async create(spec: ContainerSpec): Promise<Container> {
    const labels = { [SESSION_LABEL]: this.id, [ROLE_LABEL]: spec.role };
    try {
      const options = await createOptions(spec, labels, (name) => this.volumeOf(name));
      return await this.make(async () => {
        const created = await this.docker.createContainer(options);
        const streams = { input: spec.attachInput, tty: spec.run.tty ?? false };
        const container = new DockerContainer(created, streams, () => this.commit(created));
        this.containers.push(container);
        return container;
      });
    } catch (error) {
      if (error instanceof UserError || this.closing) throw error;
      throw new UserError(
        `The daemon refused a container of ${spec.image}: ${messageOf(error)}`,
        'Check the run options; they mean what they mean to `docker run`.',
      );
    }
  }

  private async commit(container: Dockerode.Container): Promise<string> {
    return this.make(async () => {
      const { Id: id } = (await container.commit({ pause: false, changes: `LABEL ${SESSION_LABEL}=${this.id}` })) as { Id: string };
      this.images.push(id);
      return id;
    });
  }

  private make<T>(work: () => Promise<T>): Promise<T> {
    if (this.closing) throw new Error('the session is closed');
    const made = work();
    this.making.add(made);
    const over = () => this.making.delete(made);
    made.then(over, over);
    return made;
  }

  /**
   * The volume to mount for a name that the user gave. One that is not there yet would be made by the first run and met
   * by the second: each container gets a fresh one instead, which goes with the session.
   */
  private async volumeOf(name: string): Promise<string> {
    const there =
      name !== '' &&
      (await this.docker
        .getVolume(name)
        .inspect()
        .then(
          () => true,
          (error: unknown) => {
            if (statusOf(error) === 404) return false;
            throw error;
          },
        ));
    if (!there) return this.createVolume();
    const warning = `the volume ${name} was there before: each run meets what earlier ones wrote into it (an exercise file may reset it)`;
    if (!this.warnings.includes(warning)) this.warnings.push(warning);
    return name;
  }

  async load(archive: Readable): Promise<string> {
    // An earlier draft of this session goes with its name; containers of it have ended.
    if (this.images.includes(this.temporaryName)) await this.docker.getImage(this.temporaryName).remove({ force: true });
    return this.loadAs(this.temporaryName, archive);
  }

  async importImage(source: ImageSource): Promise<ImageInfo> {
    const name = `${TEMPORARY_REPOSITORY}/source-${this.imported++}:${this.id}`;
    const id = await this.loadAs(
      name,
      dockerArchive(source, name, () => this.spool()),
    );
    await source.close();
    return { ...(await inspectImage(this.docker, id, source.reference)), digests: source.digests };
  }

  async importMachine(): Promise<ImageInfo> {
    throw new UserError('A daemon has no part in tracing host:, which runs a command of this machine.', 'Leave out --engine docker.');
  }

  async importDirectory(reference: string, path: string): Promise<ImageInfo> {
    const name = `${TEMPORARY_REPOSITORY}/source-${this.imported++}`;
    const tar = execa('tar', ['--numeric-owner', '--xattrs', '-C', path, '-c', '.'], { buffer: { stdout: false }, reject: false });
    this.images.push(`${name}:${this.id}`);
    await this.make(async () =>
      this.followed(await this.docker.importImage(tar.stdout as NodeJS.ReadableStream, { repo: name, tag: this.id })),
    );
    const { failed, stderr } = await tar;
    if (failed)
      throw new UserError(`${path} can't be read whole: ${stderr.trim().split('\n')[0]}`, 'Run it as a user who may read all of it.');
    return inspectImage(this.docker, `${name}:${this.id}`, reference);
  }

  inspect(id: string): Promise<ImageInfo> {
    return inspectImage(this.docker, id, id);
  }

  async exportImage(id: string): Promise<ImageSource> {
    const path = await this.spool();
    await pipeline(await this.docker.getImage(id).get(), createWriteStream(path));
    return openDockerArchive(id, path, undefined, () => this.spool());
  }

  async entriesOf(): Promise<undefined> {
    return undefined;
  }

  async spool(): Promise<string> {
    this.folder ??= mkdtemp(join(tmpdir(), 'pyshrink-'));
    return join(await this.folder, String(this.spooled++));
  }

  private async loadAs(name: string, archive: Readable): Promise<string> {
    if (!this.images.includes(name)) this.images.push(name);
    await this.make(async () => this.followed(await this.docker.loadImage(archive as NodeJS.ReadableStream)));
    return (await this.docker.getImage(name).inspect()).Id;
  }

  private async followed(answer: NodeJS.ReadableStream): Promise<void> {
    const problem = await new Promise<string | undefined>((resolve, reject) => {
      let told: string | undefined;
      this.docker.modem.followProgress(
        answer,
        (error) => (error ? reject(error) : resolve(told)),
        (event: { error?: string }) => {
          told = event.error ?? told;
        },
      );
    });
    if (problem) throw new UserError(`The daemon could not load the image: ${problem}`, "Check the daemon's disk space and log.");
  }

  close(): Promise<void> {
    this.closing ??= this.removeAll();
    return this.closing;
  }

  private async removeAll(): Promise<void> {
    await Promise.allSettled(this.making);
    if (this.folder) await rm(await this.folder, { recursive: true, force: true });
    await Promise.all(this.containers.map((container) => container.remove().catch(() => {})));
    const removals = [
      ...this.images.map((name) => this.docker.getImage(name).remove({ force: true })),
      ...this.volumes.map((name) => this.docker.getVolume(name).remove({ force: true })),
    ];
    await Promise.all(
      removals.map((removal) =>
        removal.catch((error: unknown) => {
          if (statusOf(error) !== 404) process.emitWarning(`left behind: ${messageOf(error)}`);
        }),
      ),
    );
  }
}
