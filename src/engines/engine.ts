import type { Readable, Writable } from 'node:stream';
import type { ImageConfig } from '../images/config.js';
import type { ImageSource } from '../images/source.js';
import type { Entry } from '../rootfs.js';
import type { RunOptions } from './runoptions.js';

/** What an engine knows of an image. */
export interface ImageInfo {
  /** `sha256:...`, the engine's own identifier. */
  id: string;
  /** The name under which it was asked for. */
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
  /** Set for this machine itself, of which only what a run needs is looked at. */
  machine?: { python: string };
}

/** What to run. Names of the fields are those of `docker run`. */
export interface ContainerSpec {
  image: string;
  /** Replaces entrypoint and command. */
  command: string[];
  run: RunOptions;
  /** Volume (of this session) mounted where {@link Session.mountOf} says. */
  volume: string;
  /** The daemon's own health checks are off: they would start processes that nobody watches. */
  attachInput: boolean;
  /** Role in the session, a label for whoever looks at the engine. */
  role: 'helper' | 'app';
  /** Start of a command line that takes on user, groups, capabilities and directory (probes/enter.py), for engines without a runtime. */
  launcher?: readonly string[];
}

/** Where the session's volume is mounted in containers that have a file system of their own. */
export const KIT_MOUNT = '/.pyshrink';

/** A process with its streams. Output must be read, or the process waits. */
export interface Attached {
  /** Of a container, only where its spec asks for it. */
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
}

export interface ExecProcess extends Attached {
  /** Resolves when the process has ended and its output was read: the exit status. */
  exit: Promise<number>;
}

export interface Container {
  readonly id: string;
  /** Number of its first process, where it has no process table of its own. */
  readonly processId?: number;
  /** Starts it with its streams attached from the first byte on. */
  start(): Promise<Attached>;
  /** Exit status, when it has ended. */
  wait(): Promise<number>;
  /** Whether the kernel killed it for want of memory. */
  outOfMemory(): Promise<boolean>;
  /** By name or number. */
  signal(name: string): Promise<void>;
  exec(command: string[], options?: { env?: string[]; user?: string }): Promise<ExecProcess>;
  /** Puts a tar archive into a directory, before or after the start. */
  putArchive(directory: string, archive: Readable | Buffer): Promise<void>;
  /** A tar archive of a path. */
  getArchive(path: string): Promise<Readable>;
  /** Makes a throwaway image of its file system and returns its id. */
  commit(): Promise<string>;
  remove(): Promise<void>;
}

/** Everything that one run of a command makes; all of it is removed by {@link Session.close}. */
export interface Session {
  readonly id: string;
  readonly engine: Engine['name'];
  /** What containers of this session cannot be as they should. */
  readonly warnings: readonly string[];
  /** Name that an image of this session bears until it is the user's. */
  readonly temporaryName: string;
  createVolume(): Promise<string>;
  /** Where a volume of the session is mounted in containers of an image. */
  mountOf(image: string, volume: string): string;
  create(spec: ContainerSpec): Promise<Container>;
  /**
   * Loads an image from an archive as `docker save` writes it, in which it is called {@link temporaryName}; one that
   * bore this name before is removed.
   * @param base whose layers the archive names and does not hold
   * @returns the image's id
   */
  load(archive: Readable, base?: ImageInfo): Promise<string>;
  /** Takes an image of files or of a registry in, for as long as the session lasts. */
  importImage(source: ImageSource): Promise<ImageInfo>;
  /**
   * Takes this very machine for an image that has `command`, and the variables that were named (`NAME=VALUE`).
   * @throws UserError where the engine cannot
   */
  importMachine(command: readonly string[], environment: readonly string[]): Promise<ImageInfo>;
  /** The same for a plain root file system. */
  importDirectory(reference: string, path: string): Promise<ImageInfo>;
  /** Of an image that {@link load} or {@link importImage} gave the identifier of. */
  inspect(id: string): Promise<ImageInfo>;
  /** An image with its layers, to be written elsewhere. */
  exportImage(id: string): Promise<ImageSource>;
  /** The entries of an image, where the engine has read them itself: undefined, they are to be asked of a container. */
  entriesOf(image: string): Promise<ReadonlyMap<string, Entry> | undefined>;
  /** A path that is not there yet, for what is removed with the session. */
  spool(): Promise<string>;
  /** Stops and removes all of it; safe to call twice, and while something else still fails. */
  close(): Promise<void>;
}

export interface Engine {
  readonly name: 'docker' | 'local';
  /** Throws a UserError when there is no such image. */
  inspect(reference: string): Promise<ImageInfo>;
  find(reference: string): Promise<ImageInfo | undefined>;
  openSession(): Promise<Session>;
  tag(id: string, name: string): Promise<void>;
  untag(name: string): Promise<void>;
  /** Removes what dead sessions have left; live ones keep theirs. Returns what was removed. */
  clean(): Promise<string[]>;
}
