import { requireBound } from '../../bounds.js';
import { UserError } from '../../errors.js';
import { baseName, type Entry, join, parentOf, RootFs } from '../../rootfs.js';
import type { Sink, TarEntry } from '../../tar/reader.js';

/** Receives the files of a tree. When it is called for an entry, all parents exist and are directories. */
export interface Disk {
  /** Makes an entry at a free path. The sink that it returns receives the bytes of a file. */
  make(entry: Entry): Sink | undefined;
  /** Makes a second name for a file. */
  link(path: string, existing: string): void;
  /** Changes owner, mode and time of an existing directory. */
  update(directory: Entry): void;
  /** Removes an entry and everything below it. */
  remove(path: string): void;
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * A file system made by applying layers one after the other (OCI image specification, "Image Layer Filesystem
 * Changeset"). Whiteouts and opaque directories hide entries of lower layers, but no entries of their own layer.
 * A member below a symbolic link goes where the link leads inside the root, as in a runtime that unpacks under
 * chroot(2). It cannot lead out of the root, since links are resolved in this tree and not on the disk.
 */
export class LayeredTree {
  readonly entries = new Map<string, Entry>();
  private readonly children = new Map<string, Set<string>>();
  private readonly fs: RootFs;
  private fresh = new Set<string>();
  private links = 0;
  /** Members of all layers, also those that a later one hides. */
  private members = 0;

  constructor(
    private readonly disk: Disk,
    private readonly what: string,
  ) {
    this.fs = new RootFs(this.entries, async () => new Uint8Array());
    this.entries.set('/', { path: '/', type: 'd', mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 });
  }

  startLayer(): void {
    this.fresh = new Set();
  }

  /** Applies a member of the layer. The sink that it returns receives the bytes of a file. */
  apply(member: TarEntry): Sink | undefined {
    requireBound('files', ++this.members, this.what);
    if (member.path === '/') {
      if (member.type === 'd') this.entries.set('/', { ...withoutLink(member), path: '/' });
      return undefined;
    }
    const name = baseName(member.path);
    const parent = this.directory(parentOf(member.path), member.path);
    if (name === OPAQUE) {
      for (const child of [...(this.children.get(parent) ?? [])]) this.hide(child);
      return undefined;
    }
    if (name.startsWith(`${WHITEOUT}${WHITEOUT}`)) return undefined; // metadata of AUFS
    if (name.startsWith(WHITEOUT)) {
      this.hide(join(parent, name.slice(WHITEOUT.length)));
      return undefined;
    }
    const path = join(parent, name);
    const there = this.entries.get(path);
    if (member.hardLinkTo !== undefined) {
      this.hardLink(path, member.hardLinkTo);
      return undefined;
    }
    const entry: Entry = { ...withoutLink(member), path };
    this.fresh.add(path);
    if (there?.type === 'd' && entry.type === 'd') {
      this.entries.set(path, entry);
      this.disk.update(entry);
      return undefined;
    }
    if (there) this.remove(path);
    this.add(entry);
    return this.disk.make(entry);
  }

  private hardLink(path: string, to: string): void {
    const target = this.fs.resolve(to, false);
    if (!target || target.entry.type === 'd')
      throw this.damaged(`${path} is a hard link to ${to}, which ${target ? 'is a directory' : 'does not exist'}`);
    if (target.path === path) return;
    if (this.entries.has(path)) this.remove(path);
    target.entry.group ??= `layers:${++this.links}`;
    this.fresh.add(path);
    this.add({ ...target.entry, path });
    this.disk.link(path, target.path);
  }

  /** The directory that a path leads to. It is made if it does not exist. */
  private directory(path: string, member: string): string {
    if (this.entries.get(path)?.type === 'd') return path;
    const found = this.fs.resolve(path);
    if (found) {
      if (found.entry.type !== 'd') throw this.damaged(`${member} is below ${found.path}, which is not a directory`);
      return found.path;
    }
    if (this.entries.has(path)) throw this.damaged(`${member} is below ${path}, a link to nothing`);
    const parent = this.directory(parentOf(path), member);
    const made: Entry = { path: join(parent, baseName(path)), type: 'd', mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 0 };
    if (this.entries.has(made.path)) return this.directory(made.path, member);
    this.fresh.add(made.path);
    this.add(made);
    this.disk.make(made);
    return made.path;
  }

  /** Removes the entries of lower layers at and below a path. */
  private hide(path: string): void {
    const entry = this.entries.get(path);
    if (!entry) return;
    if (entry.type === 'd') for (const child of [...(this.children.get(path) ?? [])]) this.hide(child);
    const kept = this.fresh.has(path) || (this.children.get(path)?.size ?? 0) > 0;
    if (!kept) this.remove(path);
  }

  private add(entry: Entry): void {
    requireBound('files', this.entries.size + 1, this.what);
    requireBound('depth', entry.path.split('/').length - 1, `${this.what}, with ${JSON.stringify(entry.path.slice(0, 200))},`);
    this.entries.set(entry.path, entry);
    const parent = parentOf(entry.path);
    const siblings = this.children.get(parent);
    if (siblings) siblings.add(entry.path);
    else this.children.set(parent, new Set([entry.path]));
  }

  private remove(path: string): void {
    this.disk.remove(path);
    this.forget(path);
    this.children.get(parentOf(path))?.delete(path);
  }

  private forget(path: string): void {
    for (const child of this.children.get(path) ?? []) this.forget(child);
    this.children.delete(path);
    this.entries.delete(path);
    this.fresh.delete(path);
  }

  private damaged(why: string): UserError {
    return new UserError(`${this.what} is damaged: ${why}.`, 'Copy or download the image again.');
  }
}

function withoutLink({ hardLinkTo: _, ...entry }: TarEntry): Entry {
  return entry;
}
