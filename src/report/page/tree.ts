/** A folder, or a path in it. Its paths are `order[start]` to `order[end - 1]` of the tree. */
export interface TreeNode {
  /** Name in the folder above; `/` for the root. */
  readonly name: string;
  readonly parent: TreeNode | null;
  /** By name; null for what is no folder. */
  readonly children: Map<string, TreeNode> | null;
  /** Index of the path; -1 for a folder. */
  readonly leaf: number;
  start: number;
  end: number;
  bytes: number;
  /** Bytes of what is kept. */
  kept: number;
}

/** The paths of an image as folders. */
export interface Tree {
  root: TreeNode;
  /** Indexes of the paths, so that those of a folder are side by side. */
  order: Int32Array;
  /** Index of a path → its node. */
  leaves: readonly TreeNode[];
}

/**
 * Makes a tree of absolute paths, with sums for each folder. A path that others have as their folder, which a damaged image
 * may have, becomes a folder, and itself is below it under an empty name.
 */
export function treeOf(paths: readonly string[], size: readonly number[], isKept: (index: number) => boolean): Tree {
  const folder = (name: string, parent: TreeNode | null): TreeNode => ({
    name,
    parent,
    children: new Map(),
    leaf: -1,
    start: 0,
    end: 0,
    bytes: 0,
    kept: 0,
  });
  const root = folder('/', null);
  const leaves: TreeNode[] = [];
  // Neighbours mostly have the same folder, since the paths are sorted.
  const folders = new Map<string, TreeNode>([['', root]]);
  const folderOf = (path: string): TreeNode => {
    const known = folders.get(path);
    if (known) return known;
    const cut = path.lastIndexOf('/');
    const parent = folderOf(cut < 0 ? '' : path.slice(0, cut));
    const name = path.slice(cut + 1);
    const before = parent.children?.get(name);
    const made = folder(name, parent);
    if (before) {
      const moved: TreeNode = { ...before, name: '', parent: made };
      leaves[before.leaf] = moved;
      made.children?.set('', moved);
    }
    parent.children?.set(name, made);
    folders.set(path, made);
    return made;
  };
  paths.forEach((path, index) => {
    const cut = path.lastIndexOf('/');
    let parent = folderOf(path.slice(0, Math.max(cut, 0)));
    let name = path.slice(cut + 1);
    const there = parent.children?.get(name);
    if (there?.children) {
      parent = there;
      name = '';
    }
    const bytes = size[index] ?? 0;
    const leaf: TreeNode = { name, parent, children: null, leaf: index, start: 0, end: 0, bytes, kept: isKept(index) ? bytes : 0 };
    parent.children?.set(name, leaf);
    leaves[index] = leaf;
  });
  return { root, leaves, order: sum(root, paths.length) };
}

/** Fills in the sums and ranges, and gives the order. Without recursion: an image may have folders of any depth. */
function sum(root: TreeNode, length: number): Int32Array {
  const order = new Int32Array(length);
  let at = 0;
  const stack: { node: TreeNode; next: Iterator<TreeNode> }[] = [];
  const enter = (node: TreeNode) => {
    node.start = at;
    if (node.leaf >= 0) order[at++] = node.leaf;
    stack.push({ node, next: (node.children ?? new Map<string, TreeNode>()).values() });
  };
  enter(root);
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const { value, done } = top.next.next();
    if (!done) {
      enter(value);
      continue;
    }
    stack.pop();
    top.node.end = at;
    const parent = top.node.parent;
    if (parent) {
      parent.bytes += top.node.bytes;
      parent.kept += top.node.kept;
    }
  }
  return order;
}

/** The nodes from the root to a node. */
export function lineage(node: TreeNode): TreeNode[] {
  const line: TreeNode[] = [];
  for (let at: TreeNode | null = node; at; at = at.parent) line.push(at);
  return line.reverse();
}

/** Absolute path of a node. */
export function pathOf(node: TreeNode): string {
  return `/${lineage(node)
    .slice(1)
    .map(({ name }) => name)
    .join('/')}`;
}
