import { chmod, chown, lstat, mkdir, utimes } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Readable } from 'node:stream';
import { KIT_MOUNT } from '../engine.js';
import { folderArchive, writeMembers } from '../members.js';
import { findInRoot } from './inroot.js';

/** The files of a container, as this computer has them. */
export class ContainerFiles {
  /**
   * @param writable directory for files that are put into its root file system
   * @param lower directories of the image, bottom last. New directories get owner, mode and times from there
   * @param volume directory that the container has at {@link KIT_MOUNT}
   */
  constructor(
    private readonly writable: string,
    private readonly lower: readonly string[],
    private readonly volume: string,
  ) {}

  putArchive(directory: string, archive: Readable | Buffer): Promise<void> {
    return writeMembers(archive, async (name) => {
      const path = posix.join('/', directory, name);
      if (path.startsWith(`${KIT_MOUNT}/`)) return this.inVolume(path);
      // Links of the image lead to paths of the image, not of this computer.
      const { path: parent } = await findInRoot([this.writable, ...this.lower], posix.dirname(path));
      await this.copyDirectory(parent);
      return join(this.writable, parent, posix.basename(path));
    });
  }

  async getArchive(path: string): Promise<Readable> {
    if (path.startsWith(`${KIT_MOUNT}/`)) return folderArchive(this.inVolume(path));
    const { path: real } = await findInRoot([this.writable, ...this.lower], path);
    return folderArchive(join(this.writable, real));
  }

  /** The path on this computer of a path in the session's volume. */
  private inVolume(path: string): string {
    return join(this.volume, path.slice(KIT_MOUNT.length));
  }

  /** Makes a directory with the owner, mode and times that the image has: an overlay shows those of the upper directory. */
  private async copyDirectory(directory: string): Promise<void> {
    if (directory === '/') return;
    await this.copyDirectory(posix.dirname(directory));
    const at = join(this.writable, directory);
    if (await lstat(at).catch(() => undefined)) return;
    await mkdir(at);
    for (const lower of this.lower) {
      const below = await lstat(join(lower, directory)).catch(() => undefined);
      if (!below?.isDirectory()) continue;
      if (process.getuid?.() === 0) await chown(at, below.uid, below.gid);
      await chmod(at, below.mode & 0o7777);
      await utimes(at, below.atime, below.mtime);
      return;
    }
  }
}
