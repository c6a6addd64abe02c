import { type Entry, parentOf, RootFs } from '../../src/rootfs.js';

/** A file as text or bytes (its mode is 0644 unless given), a symbolic link, or a directory. */
export type Node =
  | string
  | Buffer
  | { text: string | Buffer; mode?: number; group?: string; mtime?: number }
  | { link: string }
  | { directory: true };

/** Makes a root file system from a few paths. Adds their parent directories. */
export function makeTree(nodes: Record<string, Node>): RootFs {
  const entries = new Map<string, Entry>();
  const contents = new Map<string, Buffer>();
  const directory = (path: string) => {
    if (path !== '/') directory(parentOf(path));
    if (!entries.has(path)) entries.set(path, { path, type: 'd', mode: 0o755, uid: 0, gid: 0, size: 0, mtime: 1 });
  };
  directory('/');
  for (const [path, node] of Object.entries(nodes)) {
    directory(parentOf(path));
    const common = { path, uid: 0, gid: 0, mtime: 1 };
    if (typeof node === 'object' && 'link' in node) entries.set(path, { ...common, type: 'l', mode: 0o777, size: 0, target: node.link });
    else if (typeof node === 'object' && 'directory' in node) directory(path);
    else {
      const { text, mode, group, mtime } =
        typeof node === 'string' || Buffer.isBuffer(node) ? { text: node, mode: undefined, group: undefined, mtime: undefined } : node;
      const bytes = Buffer.from(text as string);
      contents.set(path, bytes);
      entries.set(path, {
        ...common,
        mtime: mtime ?? common.mtime,
        type: 'f',
        mode: mode ?? 0o644,
        size: bytes.length,
        ...(group !== undefined && { group }),
      });
    }
  }
  return new RootFs(entries, async (path, offset, length) => {
    const bytes = contents.get(path);
    if (!bytes) throw new Error(`${path} has no bytes`);
    return bytes.subarray(offset, offset + length);
  });
}
