import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { execa } from 'execa';
import type { Attached, Container, ContainerSpec, ImageInfo, Session } from '../../src/engines/engine.js';
import type { ImageConfig } from '../../src/images/config.js';
import type { Entry } from '../../src/rootfs.js';

/** An image of which nothing is needed but its configuration. */
export function imageWith(config: ImageConfig = {}): ImageInfo {
  const known = { id: 'sha256:1', reference: 'app', digests: [], platform: { os: 'linux', architecture: 'amd64' }, config, size: 1 };
  return { ...known, created: '1970-01-01T00:00:00Z', layers: [], separateRoot: true } as ImageInfo;
}

/**
 * A session whose containers are processes of this computer, without any isolation. Volumes are temporary folders, and
 * nothing else is written.
 */
export class ProcessSession {
  readonly id = 'test';
  readonly engine = 'docker';
  readonly features = { imageNames: false, runtime: true, commit: false, freshFiles: true };
  readonly warnings: readonly string[] = [];
  /** What was asked to be run, in order. */
  readonly specs: ContainerSpec[] = [];
  /** Answer of every container's `outOfMemory`. */
  outOfMemory = false;
  private readonly containers: ProcessContainer[] = [];
  private readonly folders: string[] = [];

  /** @param entries of the image, where the engine knows them */
  constructor(private readonly entries?: ReadonlyMap<string, Entry>) {}

  /** As the interface that the code under test takes. Images, exports and imports are not there. */
  get session(): Session {
    return this as unknown as Session;
  }

  async createVolume(): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'pyshrink-volume-'));
    chmodSync(folder, 0o755);
    this.folders.push(folder);
    return folder;
  }

  mountOf(_image: string, volume: string): string {
    return volume;
  }

  async create(spec: ContainerSpec): Promise<Container> {
    this.specs.push(spec);
    const container = new ProcessContainer(spec, this);
    this.containers.push(container);
    return container;
  }

  async entriesOf(): Promise<ReadonlyMap<string, Entry> | undefined> {
    return this.entries;
  }

  async close(): Promise<void> {
    await Promise.all(this.containers.map((container) => container.remove()));
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }
}

class ProcessContainer implements Container {
  readonly id = 'process';
  private started: (Attached & { pid: number; exit: Promise<number> }) | undefined;

  constructor(
    private readonly spec: ContainerSpec,
    private readonly session: ProcessSession,
  ) {}

  get processId(): number {
    return this.process.pid;
  }

  async start(): Promise<Attached> {
    this.started = await run(this.spec.command, this.spec.run.env);
    if (!this.spec.attachInput) this.started.stdin.end();
    return this.started;
  }

  wait(): Promise<number> {
    return this.process.exit;
  }

  async outOfMemory(): Promise<boolean> {
    return this.session.outOfMemory;
  }

  async signal(name: string): Promise<void> {
    process.kill(this.process.pid, /^\d+$/.test(name) ? Number(name) : name);
  }

  exec(command: string[]): ReturnType<Container['exec']> {
    return run(command, []);
  }

  async putArchive(directory: string, archive: Readable | Buffer): Promise<void> {
    if (directory !== this.spec.volume) throw new Error(`only the volume is written, not ${directory}`);
    await execa('tar', ['-x', '-C', directory], { ...(Buffer.isBuffer(archive) ? { input: archive } : { stdin: archive }) });
  }

  async getArchive(path: string): Promise<Readable> {
    const tar = execa('tar', ['-c', '-C', dirname(path), basename(path)], { buffer: false });
    // A reader that stops early may see its folder removed while tar still runs: only the stream fails then.
    tar.catch((error: Error) => tar.stdout.destroy(error));
    return tar.stdout;
  }

  async commit(): Promise<string> {
    throw new Error('there are no images');
  }

  async remove(): Promise<void> {
    if (!this.started) return;
    try {
      process.kill(this.started.pid, 'SIGKILL');
    } catch {} // it has ended
    await this.started.exit;
  }

  private get process() {
    if (!this.started) throw new Error('the container was not started');
    return this.started;
  }
}

async function run([program, ...args]: readonly string[], env: readonly string[]) {
  const variables = Object.fromEntries(env.map((entry) => entry.split(/=(.*)/s, 2) as [string, string]));
  const child = spawn(program as string, args, { stdio: 'pipe', env: { ...process.env, ...variables } });
  const exit = new Promise<number>((resolve) =>
    child.on('close', (status, signal) => resolve(status ?? 128 + (signal ? (constants.signals[signal] ?? 0) : 0))),
  );
  await new Promise((resolve, reject) =>
    child.once('spawn', resolve).once('error', () => reject(new Error(`exec: "${program}": executable file not found in $PATH`))),
  );
  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, pid: child.pid as number, exit };
}
