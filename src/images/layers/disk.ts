import * as fs from 'node:fs';
import { execa } from 'execa';
import { explained } from '../../errors.js';
import type { Entry } from '../../rootfs.js';
import { pathBytes } from '../../tar/pathbytes.js';
import type { Sink } from '../../tar/reader.js';
import type { Disk } from './tree.js';

/** Mode bits by which a program runs as the owner or the group of its file. */
const SETS_USER = 0o6000;

/**
 * Unpacks a tree into a directory of its own. It only makes new files (O_EXCL) in directories that it made, so it never
 * touches anything outside. Only root can set owners and make devices.
 * Extended attributes are in the inventory only: Node.js cannot set them, and the traced app runs without file
 * capabilities anyway (no_new_privs).
 */
export class UnpackedDisk implements Disk {
  private readonly root = process.getuid?.() === 0;
  private readonly directories = new Map<string, Entry>();
  private readonly special = new Map<string, Entry>();
  private readonly mounted = /^\/(dev|proc|sys)\//;

  /**
   * @param folder an empty directory
   * @param harmless whether to leave out device files, and the mode bits by which a program runs as its owner: users of this
   * computer could use them. The inventory has them, and so the shrunk image does.
   */
  constructor(
    private readonly folder: string,
    private readonly harmless: boolean,
  ) {}

  make(entry: Entry): Sink | undefined {
    const at = this.at(entry.path);
    try {
      switch (entry.type) {
        case 'f':
          return this.file(at, entry);
        case 'd':
          fs.mkdirSync(at, 0o700);
          this.directories.set(entry.path, entry);
          return undefined;
        case 'l':
          fs.symlinkSync(pathBytes(entry.target ?? ''), at);
          if (this.root) fs.lchownSync(at, entry.uid, entry.gid);
          fs.lutimesSync(at, entry.mtime, entry.mtime);
          return undefined;
        default:
          this.special.set(entry.path, entry);
          return undefined;
      }
    } catch (error) {
      throw explained(error, this.folder);
    }
  }

  link(path: string, existing: string): void {
    const special = this.special.get(existing);
    if (special) this.special.set(path, { ...special, path });
    else fs.linkSync(this.at(existing), this.at(path));
  }

  update(directory: Entry): void {
    this.directories.set(directory.path, directory);
  }

  remove(path: string): void {
    const below = (other: string) => other === path || other.startsWith(`${path}/`);
    for (const known of [this.directories, this.special]) for (const other of known.keys()) if (below(other)) known.delete(other);
    fs.rmSync(this.at(path), { recursive: true, force: true });
  }

  /** Sets modes and times of directories last, since a read-only one takes no files, and each new file changes the time. */
  async finish(root: Entry): Promise<void> {
    await this.makeSpecial();
    for (const entry of [...this.directories.values()].reverse()) this.settle(this.at(entry.path), entry);
    this.settle(this.folder, root);
  }

  private settle(at: string | Buffer, { mode, uid, gid, mtime }: Entry): void {
    if (this.root) fs.chownSync(at, uid, gid);
    fs.chmodSync(at, mode);
    fs.utimesSync(at, mtime, mtime);
  }

  private file(at: string | Buffer, entry: Entry): Sink {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
    const descriptor = fs.openSync(at, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    return {
      write: (data) => {
        try {
          for (let from = 0; from < data.length; ) from += fs.writeSync(descriptor, data, from);
        } catch (error) {
          fs.closeSync(descriptor);
          throw explained(error, this.folder);
        }
      },
      end: () => {
        if (this.root) fs.fchownSync(descriptor, entry.uid, entry.gid);
        fs.fchmodSync(descriptor, this.harmless ? entry.mode & ~SETS_USER : entry.mode);
        fs.futimesSync(descriptor, entry.mtime, entry.mtime);
        fs.closeSync(descriptor);
      },
    };
  }

  private async makeSpecial(): Promise<void> {
    for (const { path, type, mode, device = [], uid, gid } of this.special.values()) {
      if (this.mounted.test(path) || (type !== 'p' && (this.harmless || !this.root))) continue;
      const at = this.at(path).toString();
      const numbers = type === 'p' ? [] : device.map(String);
      // It fails without CAP_MKNOD; then a container has no such devices either.
      const made = await execa('mknod', [`--mode=${(mode & 0o777).toString(8)}`, at, type, ...numbers], { reject: false });
      if (!made.failed && this.root) fs.chownSync(at, uid, gid);
    }
  }

  private at(path: string): string | Buffer {
    const text = `${this.folder}${path}`;
    return /[\ud800-\udfff]/.test(path) ? pathBytes(text) : text;
  }
}
