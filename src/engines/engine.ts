import type { Readable, Writable } from 'node:stream';
import type { ComposeProject } from '../compose/project.js';
import type { ImageConfig } from '../images/config.js';
import type { LayerMade } from '../images/history.js';
import type { Reference } from '../images/reference.js';
import type { ImageSource } from '../images/source.js';
import type { Entry } from '../rootfs.js';
import type { Room } from './room.js';
import type { RunOptions } from './runoptions.js';

/** What an engine can do. Code outside src/engines asks these, never an engine's name. */
export interface EngineFeatures {
  /** It keeps images by name from one session to the next: `find`, `tag` and `untag` work. */
  readonly imageNames: boolean;
  /**
   * A container runtime sets user, groups, capabilities and working directory. Without one, {@link ContainerSpec.launcher}
   * does, so the image's Python must be able to run it.
   */
  readonly runtime: boolean;
  /** `commit` works for containers with a root file system of their own: see {@link ImageInfo.separateRoot}. */
  readonly commit: boolean;
  /** Images are unpacked for each session, so their files have new inodes and change times (ctime). */
  readonly freshFiles: boolean;
  /** How many files {@link Session.fileDigest} is asked for: all where they are on this computer, a few where each is a request. */
  readonly compared: number;
  /** Each container has ports of its own, unless it asks for the network of this computer. */
  readonly ownPorts: boolean;
}

/** What an engine knows about an image. */
export interface ImageInfo {
  /** `sha256:...`, the engine's own identifier. */
  id: string;
  /** The name that it was looked up by. */
  reference: string;
  /** `name@sha256:...` where the image came from a registry. */
  digests: string[];
  platform: { os: string; architecture: string; variant?: string };
  config: ImageConfig;
  /** Bytes, as the engine counts them. */
  size: number;
  /** RFC 3339. */
  created: string;
  /** diff ids of the layers, bottom first. */
  layers: string[];
  /**
   * Whether its containers have a root file system of their own. False for `host:`: its containers are processes on this
   * computer, where pyshrink writes nothing and looks only at what a run needs.
   */
  separateRoot: boolean;
  /** Path of its interpreter, where that is known before anything runs. */
  python?: string;
}

/** What to run. The fields are named as the options of `docker run`. */
export interface ContainerSpec {
  image: string;
  /** Replaces entrypoint and command. */
  command: string[];
  run: RunOptions;
  /** Volume of this session, mounted at {@link Session.mountOf}. An app may write only to its {@link OBSERVATIONS}. */
  volume: string;
  /** Whether the process has a standard input that we write to. */
  attachInput: boolean;
  /** Role in the session. It becomes a label in engines that have labels. */
  role: 'helper' | 'app';
  /** A container whose options this one gets too, such as mounts and networks: see {@link Session.startBeside}. */
  like?: string;
  /** Start of a command line that sets user, groups, capabilities and directory (probes/enter.py), for engines without a runtime. */
  launcher?: readonly string[];
  /** Start of a command line that refuses system calls (probes/refused.py): see {@link refusing}. Undefined where Python can't. */
  refuser?: readonly string[];
}

/** Where the session's volume is mounted in containers with a root file system of their own. */
export const KIT_MOUNT = '/.pyshrink';

/** Folder of a volume to which the app's processes may write. For an app, engines mount the rest of it read-only. */
export const OBSERVATIONS = 'observations';

/**
 * Script of a container's first process in engines without a runtime. Where the command is not in the image or can't be
 * executed, the script's name begins the message on standard error.
 */
export const FIRST_SCRIPT = 'first-process.sh';

/** A container that docker compose has made for a service, and that is never started. */
export interface ServiceContainer {
  /** For {@link ContainerSpec.like}. */
  id: string;
  /** How the service is stopped, how its health is checked, and where it listens. The compose file may say other things than the image. */
  config: Pick<ImageConfig, 'StopSignal' | 'StopTimeout' | 'Healthcheck' | 'ExposedPorts'>;
  /** Removes what was brought up for it, with its volumes and with the containers that were made like it. */
  end(): Promise<void>;
}

/** A process with its streams. Output must be read, or the process blocks. */
export interface Attached {
  /** Present only where it was asked for: see {@link ContainerSpec.attachInput}. */
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
}

export interface ExecProcess extends Attached {
  /** Exit status; resolves when the process has ended and its output was read. */
  exit: Promise<number>;
}

export interface Container {
  readonly id: string;
  /** Number of its first process on this computer, where it shares this computer's process table. */
  readonly processId?: number;
  /** Starts it with its streams attached from the first byte on. */
  start(): Promise<Attached>;
  /** Waits for its end and returns the exit status. */
  wait(): Promise<number>;
  /** Whether the kernel killed it for lack of memory. */
  outOfMemory(): Promise<boolean>;
  /** Sends a signal, by name or number, to its first process. */
  signal(name: string): Promise<void>;
  exec(command: string[], options?: { env?: string[]; user?: string }): Promise<ExecProcess>;
  /** Unpacks a tar archive into a directory. Works before and after the start. */
  putArchive(directory: string, archive: Readable | Buffer): Promise<void>;
  /** A tar archive of a path. */
  getArchive(path: string): Promise<Readable>;
  /** Makes a throwaway image of its file system and returns the image's id. */
  commit(): Promise<string>;
  remove(): Promise<void>;
}

/** Everything that one pyshrink command creates. {@link Session.close} removes all of it. */
export interface Session {
  readonly id: string;
  /** The engine's name, for records. */
  readonly engine: string;
  readonly features: EngineFeatures;
  /** In which ways containers of this session differ from what was asked for. */
  readonly warnings: readonly string[];
  /** Name of the image that {@link load} makes, until it gets its final one. */
  readonly temporaryName: string;
  /** Aborted when the session begins to close: what it has started on this computer ends, too. */
  readonly ending: AbortSignal;
  /** Makes a volume for a kit, with a place for {@link OBSERVATIONS}. */
  createVolume(): Promise<string>;
  /** Where a volume of the session is mounted in containers of an image. */
  mountOf(image: string, volume: string): string;
  create(spec: ContainerSpec): Promise<Container>;
  /** Compose files that runs of this session belong to, by their path. Missing where the engine can't bring them up. */
  readonly projects?: Map<string, ComposeProject>;
  /**
   * Brings up anew what a service of one of {@link projects} needs, in a project of its own. Several may be there at once.
   * @param seconds how long the services may take until they are healthy
   * @returns a container that docker compose has made for the service
   * @throws UserError where a service does not come up, with the end of its log
   */
  startBeside?(path: string, service: string, seconds: number, say: (text: string) => void): Promise<ServiceContainer>;
  /**
   * Loads an image from an archive as `docker save` writes it. The archive calls it {@link temporaryName}; an earlier image
   * of that name is removed.
   * @param base image whose layers the archive refers to but does not contain
   * @returns the image's id
   */
  load(archive: Readable, base?: ImageInfo): Promise<string>;
  /** Imports an image from files or from a registry, until the session is closed. */
  importImage(source: ImageSource): Promise<ImageInfo>;
  /** Imports a plain root file system. @throws UserError where there is no such directory */
  importDirectory(reference: string, path: string): Promise<ImageInfo>;
  /**
   * Opens this computer as an image that runs `command`. Only the engine for `host:` has it.
   * @param environment variables that the image gets, as `NAME=VALUE`
   * @throws UserError where there is no such command, or no Python runs it
   */
  importHost?(command: readonly string[], environment: readonly string[]): Promise<ImageInfo>;
  /** @param id as {@link load} or {@link importImage} returned it */
  inspect(id: string): Promise<ImageInfo>;
  /**
   * The layers of an image with contents, bottom first: the command that made each, and its bytes. Undefined where the engine
   * doesn't know them, or does not know the image.
   */
  layersOf(id: string): Promise<LayerMade[] | undefined>;
  /** An image with its layers, to be written elsewhere. */
  exportImage(id: string): Promise<ImageSource>;
  /** The entries of an image, where the engine has read them itself; undefined where a container has to be asked. */
  entriesOf(image: string): Promise<ReadonlyMap<string, Entry> | undefined>;
  /** Path → digest of each file of an image, where its layers were read here on their way to a daemon. */
  digestsOf?(image: string): ReadonlyMap<string, string> | undefined;
  /**
   * Digest of a file of an image as its layers have it. The image has no hand in it. Undefined where this is no regular file, or
   * one that can't be read.
   */
  fileDigest?(image: string, path: string): Promise<string | undefined>;
  /** Whether an image has a file at a path, or a folder that is not empty. */
  holds?(image: string, path: string): Promise<boolean>;
  /** An unused path for a temporary file, which is removed with the session. */
  spool(): Promise<string>;
  /** Stops and removes everything. It may be called twice, and while other work of the session still fails. */
  close(): Promise<void>;
}

export interface Engine {
  /** For records and for people; {@link features} says what it can do. */
  readonly name: string;
  readonly features: EngineFeatures;
  /** What its containers have for all of them together. */
  room(): Promise<Room>;
  /** What it is and where, in a few words: `Docker 20.10.24 at unix:///var/run/docker.sock`. */
  describe(): Promise<string>;
  /** @param text a checked name, or an id. @throws UserError where there is no such image */
  inspect(text: string): Promise<ImageInfo>;
  /** @param text a checked name, or an id. @returns undefined where there is no such image */
  find(text: string): Promise<ImageInfo | undefined>;
  openSession(): Promise<Session>;
  /** Gives an image a name. Needs {@link EngineFeatures.imageNames}. */
  tag(id: string, reference: Reference): Promise<void>;
  /** Removes a name of an image that has another name too. Needs {@link EngineFeatures.imageNames}. */
  untag(text: string): Promise<void>;
  /** Removes what dead sessions left behind; running sessions keep theirs. Returns the names of what was removed. */
  clean(): Promise<string[]>;
}
