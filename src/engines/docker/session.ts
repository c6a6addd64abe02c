import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type Dockerode from 'dockerode';
import { execa } from 'execa';
import { debug } from '../../debug.js';
import { explained, UserError } from '../../errors.js';
import type { LayerMade } from '../../images/history.js';
import { DigestReader } from '../../images/layers/digests.js';
import type { ImageSource } from '../../images/source.js';
import { dockerArchive } from '../../images/transports/dockerarchive/sink.js';
import { openDockerArchive } from '../../images/transports/dockerarchive/source.js';
import { thisOwner } from '../../os/owner.js';
import { printable } from '../../printable.js';
import {
  type Container,
  type ContainerSpec,
  type EngineFeatures,
  type ImageInfo,
  KIT_MOUNT,
  type ServiceContainer,
  type Session,
} from '../engine.js';
import { refusing } from '../refusing.js';
import { type SpoolFolder, spoolFolder } from '../sessionfolder.js';
import { daemonFailure, messageOf, statusOf } from './client.js';
import { DockerContainer } from './container.js';
import { inspectImage, layersOf } from './image.js';
import { ImageFiles } from './imagefiles.js';
import { OWNER_LABEL, ROLE_LABEL, SESSION_LABEL, TEMPORARY_REPOSITORY } from './labels.js';
import { createOptions, observationsVolume, type SeccompProfiles, takesPaths } from './options.js';
import { Stacks } from './stacks.js';

export const DOCKER_FEATURES: EngineFeatures = {
  imageNames: true,
  runtime: true,
  commit: true,
  freshFiles: false,
  compared: 8,
  ownPorts: true,
};

/** A session on a Docker daemon. */
export class DockerSession implements Session {
  readonly id = randomBytes(6).toString('hex');
  readonly engine = 'docker';
  readonly features = DOCKER_FEATURES;
  readonly warnings: string[] = [];
  readonly temporaryName = `${TEMPORARY_REPOSITORY}/image:${this.id}`;
  private readonly containers: DockerContainer[] = [];
  private readonly volumes: string[] = [];
  private readonly images: string[] = [];
  /** Requests that make something. Closing the session waits for them, so that it can remove what they made. */
  private readonly making = new Set<Promise<unknown>>();
  private profiles: SeccompProfiles = 'content';
  private closing: Promise<void> | undefined;
  private readonly files = new ImageFiles((image) => this.createUnstarted(image));
  private folder: Promise<SpoolFolder> | undefined;
  /** Identifier of an image whose layers went through our hands → the digests of its files. */
  private readonly digests = new Map<string, ReadonlyMap<string, string>>();
  private imported = 0;

  private readonly stacks: Stacks;
  private readonly ender = new AbortController();

  /**
   * @param environment variables by which the docker client finds the same daemon
   * @param allowsMore whether the daemon's default seccomp profile allows more than Docker's
   */
  constructor(
    private readonly docker: Dockerode,
    environment: Readonly<Record<string, string>> = {},
    private readonly allowsMore = false,
  ) {
    const place = { docker, environment, labels: { [SESSION_LABEL]: this.id }, spool: () => this.spool(), signal: this.ender.signal };
    this.stacks = new Stacks(place, `pyshrink-${this.id}`);
  }

  get ending(): AbortSignal {
    return this.ender.signal;
  }

  get projects(): Stacks['projects'] {
    return this.stacks.projects;
  }

  startBeside(path: string, service: string, seconds: number, say: (text: string) => void): Promise<ServiceContainer> {
    return this.make(() => this.stacks.start(path, service, seconds, say));
  }

  /**
   * Makes a volume that says who owns the session, so that other runs leave alone what it imports before it has a helper.
   * Call it before anything else.
   */
  async claim(): Promise<void> {
    await this.newVolume(`pyshrink-${this.id}-claim`, { [OWNER_LABEL]: JSON.stringify(await thisOwner()) });
  }

  async createVolume(): Promise<string> {
    const name = await this.newVolume();
    await this.newVolume(observationsVolume(name));
    return name;
  }

  private async newVolume(name = `pyshrink-${this.id}-${this.volumes.length}`, labels: Record<string, string> = {}): Promise<string> {
    this.volumes.push(name);
    await this.make(() => this.docker.createVolume({ Name: name, Labels: { [SESSION_LABEL]: this.id, ...labels } }), 'create a volume');
    return name;
  }

  mountOf(): string {
    return KIT_MOUNT;
  }

  async create(spec: ContainerSpec): Promise<Container> {
    const labels = { [SESSION_LABEL]: this.id, [ROLE_LABEL]: spec.role };
    try {
      return await this.make(async () => {
        const confined = (command: readonly string[]) => (this.allowsMore ? refusing(spec, command) : [...command]);
        const created = await this.created({ ...spec, command: confined(spec.command) }, labels);
        const streams = { input: spec.attachInput, tty: spec.run.tty ?? false };
        const container = new DockerContainer(created, streams, confined, () => this.commit(created));
        this.containers.push(container);
        if (spec.like !== undefined) await this.stacks.made(spec.like, container);
        debug.engine('container %s: created from %s as %s', created.id.slice(0, 12), spec.image, spec.role);
        return container;
      });
    } catch (error) {
      if (error instanceof UserError || this.closing) throw error;
      throw new UserError(
        `The Docker daemon refused to create a container of ${spec.image}: ${messageOf(error)}`,
        'Check the run options: they mean the same as those of `docker run`.',
      );
    }
  }

  /** Creates a container. Where the daemon wants the path of a seccomp profile, it gets that from then on. */
  private async created(spec: ContainerSpec, labels: Record<string, string>): Promise<Dockerode.Container> {
    const profiles = this.profiles; // another container may change it meanwhile
    const options = await createOptions(spec, labels, (name) => this.volumeOf(name), profiles);
    try {
      return await (spec.like === undefined ? this.docker.createContainer(options) : this.stacks.createLike(spec.like, options));
    } catch (error) {
      if (profiles === 'path' || !takesPaths(messageOf(error))) throw error;
      this.profiles = 'path';
      return this.created(spec, labels);
    }
  }

  private async commit(container: Dockerode.Container): Promise<string> {
    return this.make(async () => {
      const started = performance.now();
      const { Id: id } = (await container.commit({ pause: false, changes: `LABEL ${SESSION_LABEL}=${this.id}` })) as { Id: string };
      this.images.push(id);
      debug.engine('container %s: committed as %s in %d ms', container.id.slice(0, 12), id, Math.round(performance.now() - started));
      return id;
    }, 'commit a container');
  }

  /** @param task the work, for the message if the daemon fails, e.g. `create a volume`. Without it, the daemon's error is thrown as it is. */
  private make<T>(work: () => Promise<T>, task?: string): Promise<T> {
    if (this.closing) throw new Error('the session is closed');
    const made = work().catch((error: unknown) => {
      throw task === undefined ? error : daemonFailure(error, task);
    });
    this.making.add(made);
    const over = () => this.making.delete(made);
    made.then(over, over);
    return made;
  }

  /**
   * The volume to mount for a name that the user gave. Where there is none of that name, each container gets a new one, which
   * is removed with the session: otherwise the second run would find what the first one wrote.
   */
  private async volumeOf(name: string): Promise<string> {
    const exists =
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
    if (!exists) return this.newVolume();
    const warning = `the volume ${name} existed before: each run finds what earlier runs wrote into it (an exercise file may reset it)`;
    if (!this.warnings.includes(warning)) this.warnings.push(warning);
    return name;
  }

  async load(archive: Readable): Promise<string> {
    // An earlier draft has the same name. Its containers have ended, so it can be removed.
    if (this.images.includes(this.temporaryName)) await this.docker.getImage(this.temporaryName).remove({ force: true });
    return this.loadAs(this.temporaryName, archive);
  }

  async importImage(source: ImageSource): Promise<ImageInfo> {
    const name = `${TEMPORARY_REPOSITORY}/source-${this.imported++}:${this.id}`;
    const reader = new DigestReader(`A layer of ${source.reference}`);
    const archive = dockerArchive(source, name, () => this.spool(), reader);
    const id = await this.loadAs(name, archive).finally(() => source.close());
    const digests = reader.found();
    if (digests) this.digests.set(id, digests);
    return { ...(await inspectImage(this.docker, id, source.reference)), digests: source.digests };
  }

  async importDirectory(reference: string, path: string): Promise<ImageInfo> {
    const name = `${TEMPORARY_REPOSITORY}/source-${this.imported++}`;
    const started = performance.now();
    const tar = execa('tar', ['--numeric-owner', '--xattrs', '-C', path, '-c', '.'], { buffer: { stdout: false }, reject: false });
    this.images.push(`${name}:${this.id}`);
    await this.make(
      async () =>
        this.followed(
          await this.docker.importImage(tar.stdout as NodeJS.ReadableStream, { repo: name, tag: this.id }),
          'import a root file system',
        ),
      'import a root file system',
    ).catch((error: unknown) => {
      tar.kill(); // nobody reads from it any more
      throw error;
    });
    const { failed, stderr } = await tar;
    if (failed)
      throw new UserError(
        `Not all of ${path} can be read: ${stderr.trim().split('\n')[0]}`,
        'Run pyshrink as a user who may read all of it.',
      );
    return this.loaded(`${name}:${this.id}`, reference, started);
  }

  inspect(id: string): Promise<ImageInfo> {
    return inspectImage(this.docker, id, id);
  }

  layersOf(id: string): Promise<LayerMade[] | undefined> {
    return layersOf(this.docker, id);
  }

  async exportImage(id: string): Promise<ImageSource> {
    const path = await this.spool();
    await pipeline(await this.docker.getImage(id).get(), createWriteStream(path)).catch((error: unknown) => {
      throw explained(error, path);
    });
    return openDockerArchive(id, path, undefined, () => this.spool());
  }

  async entriesOf(): Promise<undefined> {
    return undefined;
  }

  digestsOf(image: string): ReadonlyMap<string, string> | undefined {
    return this.digests.get(image);
  }

  fileDigest(image: string, path: string): Promise<string | undefined> {
    return this.files.digest(image, path);
  }

  holds(image: string, path: string): Promise<boolean> {
    return this.files.holds(image, path);
  }

  private createUnstarted(image: string): Promise<DockerContainer> {
    return this.make(async () => {
      const options = { Image: image, Entrypoint: ['-'], Labels: { [SESSION_LABEL]: this.id }, NetworkDisabled: true };
      const created = await this.docker.createContainer(options);
      const container = new DockerContainer(
        created,
        { input: false, tty: false },
        (command) => [...command],
        () => this.commit(created),
      );
      this.containers.push(container);
      return container;
    }, 'create a container');
  }

  async spool(): Promise<string> {
    this.folder ??= spoolFolder();
    return (await this.folder).next('spool');
  }

  private async loadAs(name: string, archive: Readable): Promise<string> {
    if (!this.images.includes(name)) this.images.push(name);
    const started = performance.now();
    await this.make(async () => this.followed(await this.docker.loadImage(archive as NodeJS.ReadableStream)), 'load an image');
    return (await this.loaded(name, name, started)).id;
  }

  /** @param started when loading began, in milliseconds of performance.now() */
  private async loaded(name: string, reference: string, started: number): Promise<ImageInfo> {
    const info = await inspectImage(this.docker, name, reference);
    debug.engine('image %s: loaded as %s, %d bytes in %d ms', reference, info.id, info.size, Math.round(performance.now() - started));
    return info;
  }

  /** Reads the daemon's progress messages to their end. @throws UserError for a failure among them */
  private async followed(answer: NodeJS.ReadableStream, task = 'load an image'): Promise<void> {
    const problem = await new Promise<string | undefined>((resolve, reject) => {
      let failure: string | undefined;
      this.docker.modem.followProgress(
        answer,
        (error) => (error ? reject(error) : resolve(failure)),
        (event: { error?: string }) => {
          failure = event.error ?? failure;
        },
      );
    });
    if (problem) throw new UserError(`The Docker daemon could not ${task}: ${problem}.`, "Check the daemon's disk space and log.");
  }

  close(): Promise<void> {
    this.ender.abort();
    this.closing ??= this.removeAll();
    return this.closing;
  }

  private async removeAll(): Promise<void> {
    await Promise.allSettled(this.making);
    const folder = await this.folder?.catch(() => undefined); // whoever asked for it has the error
    await folder?.remove();
    await Promise.all(
      this.containers.map((container) =>
        container.remove().catch((error: unknown) => {
          debug.engine('container %s could not be removed: %s', container.id.slice(0, 12), messageOf(error));
        }),
      ),
    );
    await this.stacks.remove();
    const removals = [
      ...this.images.map((name) => this.docker.getImage(name).remove({ force: true })),
      ...this.volumes.map((name) => this.docker.getVolume(name).remove({ force: true })),
    ];
    await Promise.all(
      removals.map((removal) =>
        removal.catch((error: unknown) => {
          if (statusOf(error) !== 404)
            process.emitWarning(printable(`something was left behind in the Docker daemon: ${messageOf(error)}`));
        }),
      ),
    );
    debug.engine('session %s: closed', this.id);
  }
}
