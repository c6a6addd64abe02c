import { hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import type { TreeNode } from './tree.js';

/** A rectangle of the map. Folders come before what is in them. Pixels of CSS. */
export interface Tile {
  node: TreeNode;
  /** From the folder above it; several names where folders have only one entry. */
  label: string;
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  /** A folder whose content is drawn, under a header of this height; 0 for one that is drawn as a whole, and for a file. */
  header: number;
  /** Whether content is drawn in it. */
  open: boolean;
  /** Stands for so many entries of `node` that are too small to be drawn alone; 0 for others. */
  rest: number;
}

/** Folders with less than so many square pixels are drawn as a whole. */
const OPENED_FROM = 1_600;
/** Entries with less are drawn together. */
const DRAWN_FROM = 5;
const HEADER = 18;

interface Datum {
  node: TreeNode;
  label: string;
  value: number;
  rest: number;
}

/** Lays out a folder as a squarified treemap (Bruls, Huizing and van Wijk, 2000) of so many pixels. Largest first. */
export function layOut(root: TreeNode, width: number, height: number): Tile[] {
  if (root.bytes === 0 || width <= 0 || height <= 0) return [];
  const scale = (width * height) / root.bytes;
  const top = hierarchy<Datum>({ node: root, label: root.name, value: root.bytes, rest: 0 }, (datum) => contentOf(datum, scale, root));
  // d3 asks each node that has no children for its value.
  top.sum((datum) => (datum.rest > 0 || !opens(datum, scale, root) ? datum.value : 0)).sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const placed = treemap<Datum>()
    .tile(treemapSquarify.ratio(1.4))
    .size([width, height])
    .paddingInner(1)
    .paddingOuter((one) => (one.depth > 0 ? 2 : 0))
    .paddingTop((one) => (one.depth > 0 ? headerOf(one.x1 - one.x0, one.y1 - one.y0) || 2 : 0))
    .round(true)(top);
  const tiles: Tile[] = [];
  placed.eachBefore(({ data, x0, y0, x1, y1, children, depth }) => {
    if (depth === 0 && children) return;
    const open = children !== undefined;
    tiles.push({
      node: data.node,
      label: data.label,
      rest: data.rest,
      x0,
      y0,
      x1,
      y1,
      open,
      header: open ? headerOf(x1 - x0, y1 - y0) : 0,
    });
  });
  return tiles;
}

function headerOf(width: number, height: number): number {
  return width >= 48 && height >= 44 ? HEADER : 0;
}

function opens({ node, value, rest }: Datum, scale: number, root: TreeNode): boolean {
  return rest === 0 && node.children !== null && (node === root || value * scale >= OPENED_FROM);
}

function contentOf(datum: Datum, scale: number, root: TreeNode): Datum[] | undefined {
  if (!opens(datum, scale, root)) return undefined;
  const content: Datum[] = [];
  let [rest, restBytes] = [0, 0];
  for (const child of datum.node.children?.values() ?? []) {
    if (child.bytes === 0) continue;
    if (child.bytes * scale < DRAWN_FROM) {
      rest++;
      restBytes += child.bytes;
    } else content.push(collapsed(child));
  }
  if (rest > 0) content.push({ node: datum.node, label: `${rest} more`, value: restBytes, rest });
  return content.length > 0 ? content : undefined;
}

/** Folders with one folder in them, and nothing else, are one rectangle: `usr/local/lib`. */
function collapsed(child: TreeNode): Datum {
  let node = child;
  let label = child.name;
  for (;;) {
    const [only] = node.children?.size === 1 ? node.children.values() : [];
    if (!only?.children) return { node, label, value: node.bytes, rest: 0 };
    node = only;
    label += `/${only.name}`;
  }
}

/** The innermost tile at a point. */
export function tileAt(tiles: readonly Tile[], x: number, y: number): Tile | undefined {
  return innermost(tiles, (tile) => x >= tile.x0 && x < tile.x1 && y >= tile.y0 && y < tile.y1);
}

/** The last tile for which the test is true: folders come before what is in them. */
export function innermost(tiles: readonly Tile[], test: (tile: Tile) => boolean): Tile | undefined {
  for (let at = tiles.length - 1; at >= 0; at--) {
    const tile = tiles[at];
    if (tile && test(tile)) return tile;
  }
  return undefined;
}

/** Where to look for the next tile: a step to the right, left, down or up. */
export type Direction = readonly [-1 | 0 | 1, -1 | 0 | 1];

/** The nearest tile without content in a direction, measured between the middles. */
export function neighbour(tiles: readonly Tile[], from: Tile, [dx, dy]: Direction): Tile | undefined {
  const middle = ({ x0, y0, x1, y1 }: Tile): [number, number] => [(x0 + x1) / 2, (y0 + y1) / 2];
  const [x, y] = middle(from);
  let [best, least]: [Tile | undefined, number] = [undefined, Infinity];
  for (const tile of tiles) {
    if (tile === from || tile.open) continue;
    const [toX, toY] = middle(tile);
    const along = (toX - x) * dx + (toY - y) * dy;
    if (along <= 0) continue;
    const aside = Math.abs((toX - x) * dy) + Math.abs((toY - y) * dx);
    const distance = along + 2 * aside;
    if (distance < least) [best, least] = [tile, distance];
  }
  return best;
}
