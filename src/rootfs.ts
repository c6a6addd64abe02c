/** Kind of an entry: file, directory, symbolic link, character or block device, FIFO. */
export type EntryType = 'f' | 'd' | 'l' | 'c' | 'b' | 'p';

/** One entry of an image's root file system, with the metadata that a layer carries. */
export interface Entry {
  /** Absolute, without symbolic links in its parents. Bytes that are not UTF-8 are surrogate escapes (PEP 383). */
  path: string;
  type: EntryType;
  /** Permission bits with setuid, setgid and sticky. */
  mode: number;
  uid: number;
  gid: number;
  /** Bytes; 0 if it is not a file. */
  size: number;
  /** Seconds since 1970. */
  mtime: number;
  /** Hard links of one file have the same group. */
  group?: string;
  /** Target of a symbolic link. */
  target?: string;
  /** Major and minor number of a device. */
  device?: [number, number];
  /** Extended attributes, values in hexadecimal. */
  xattrs?: Record<string, string>;
}

/** What a path leads to. */
export interface Resolved {
  /** The path without symbolic links. */
  path: string;
  entry: Entry;
  /** The symbolic links met on the way, in order. */
  links: string[];
}

/** Linux follows at most this many links (MAXSYMLINKS, path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * An image's root file system. All entries are in memory, and files are read on request.
 * A container, a directory and a layer index each have their own `read`, so that the rules need no I/O of their own.
 */
export class RootFs {
  private readonly children = new Map<string, string[]>();

  /**
   * @param entries all entries by path, including `/`
   * @param read reads `length` bytes of a regular file from `offset`; at the end of the file it returns fewer
   */
  constructor(
    readonly entries: ReadonlyMap<string, Entry>,
    readonly read: (path: string, offset: number, length: number) => Promise<Uint8Array>,
  ) {
    for (const entry of entries.values()) {
      if (entry.path !== '/') push(this.children, parentOf(entry.path), entry.path);
    }
  }

  lstat(path: string): Entry | undefined {
    return this.entries.get(path);
  }

  /** Paths of the entries in a directory; [] for a path that is not one. */
  list(directory: string): readonly string[] {
    return this.children.get(directory) ?? [];
  }

  /**
   * Follows a path as path_resolution(7) does.
   * @param followLast false does not follow the last component, like lstat(2)
   * @returns undefined when a component is missing or is not a directory, or when links form a loop
   */
  resolve(path: string, followLast = true): Resolved | undefined {
    const links: string[] = [];
    const pending = path.split('/').reverse();
    let current = '/';
    while (pending.length > 0) {
      const name = pending.pop();
      if (name === undefined || name === '' || name === '.') continue;
      if (name === '..') {
        current = parentOf(current);
        continue;
      }
      const next = join(current, name);
      const entry = this.entries.get(next);
      if (!entry) return undefined;
      const more = pending.some((part) => part !== '' && part !== '.');
      if (entry.type === 'l' && (more || followLast)) {
        if (links.push(next) > MAX_LINKS) return undefined;
        const target = entry.target ?? '';
        pending.push(...target.split('/').reverse());
        if (target.startsWith('/')) current = '/';
      } else if (more && entry.type !== 'd') {
        return undefined;
      } else {
        current = next;
      }
    }
    const entry = this.entries.get(current);
    return entry && { path: current, entry, links };
  }
}

export function join(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Adds a value to the list of a key. */
export function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** Reads a file as text; undefined if there is none. Bytes that are not UTF-8 are replaced. */
export async function readText(fs: RootFs, path: string): Promise<string | undefined> {
  const found = fs.resolve(path);
  if (found?.entry.type !== 'f') return undefined;
  return Buffer.from(await fs.read(found.path, 0, found.entry.size)).toString('utf8');
}

/** Paths of all entries at and below a path, without directories. Links are not followed. */
export function below(fs: RootFs, path: string): string[] {
  const entry = fs.lstat(path);
  if (!entry) return [];
  return entry.type === 'd' ? fs.list(path).flatMap((child) => below(fs, child)) : [path];
}
