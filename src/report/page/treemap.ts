import { type Colouring, inkOn } from './colours.js';
import { announce, byId, h } from './dom.js';
import { bytes, percent, plural, visible } from './format.js';
import { type Direction, innermost, layOut, neighbour, type Tile, tileAt } from './layout.js';
import type { Side } from './side.js';
import { pathOf, type TreeNode } from './tree.js';

const ARROWS: Readonly<Record<string, Direction>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

/** What the map asks the page to do. */
export interface MapActions {
  /** Show a file or folder. */
  open(node: TreeNode): void;
  /** Make a folder the whole map. */
  zoom(node: TreeNode): void;
}

interface Fill {
  colour: string;
  /** From 0 to 1. */
  share: number;
}

/** The map: a canvas, since it has thousands of rectangles. The page has all of its content as text, too. */
export class Treemap {
  private tiles: Tile[] = [];
  private readonly fills = new Map<Tile, Fill | undefined>();
  private current: Tile | undefined;
  private selected: TreeNode | undefined;
  private side: Side | undefined;
  private root: TreeNode | undefined;
  private colours: Colouring | undefined;
  private readonly canvas = byId<HTMLCanvasElement>('canvas');
  private readonly tip = byId('tip');

  constructor(private readonly actions: MapActions) {
    const { canvas } = this;
    // A screen reader passes the arrow keys on.
    canvas.setAttribute('role', 'application');
    canvas.addEventListener('click', (event) => this.click(event));
    canvas.addEventListener('mousemove', (event) => this.hover(event));
    canvas.addEventListener('mouseleave', () => this.point(undefined));
    canvas.addEventListener('keydown', (event) => this.key(event));
    canvas.addEventListener('blur', () => this.point(undefined));
    new ResizeObserver(() => this.layOut()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
  }

  /** Shows a folder of an image. */
  show(side: Side, root: TreeNode, colours: Colouring): void {
    this.fills.clear();
    const moved = this.root !== root || this.side !== side;
    [this.side, this.root, this.colours] = [side, root, colours];
    if (moved) this.layOut();
    else this.draw();
  }

  /** Marks a file or folder. */
  select(node: TreeNode | undefined): void {
    this.selected = node;
    this.draw();
  }

  private layOut(): void {
    const { clientWidth, clientHeight } = this.canvas;
    if (!this.root || clientWidth === 0) return;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(clientWidth * ratio);
    this.canvas.height = Math.round(clientHeight * ratio);
    this.fills.clear();
    this.tiles = layOut(this.root, clientWidth, clientHeight);
    this.current = undefined;
    this.canvas.setAttribute(
      'aria-label',
      `Map of ${visible(pathOf(this.root))}, ${bytes(this.root.bytes)}, of which ${percent(this.root.kept, this.root.bytes)} is kept. Arrow keys move, Enter opens, Backspace goes up.`,
    );
    this.draw();
  }

  draw(): void {
    const context = this.canvas.getContext('2d');
    if (!context || !this.side) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const [left, frame, ink, muted, ground] = ['--left-out', '--frame', '--ink', '--muted', '--ground'].map(colour) as [
      string,
      string,
      string,
      string,
      string,
    ];
    const ratio = devicePixelRatio || 1;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = ground;
    context.fillRect(0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
    context.textBaseline = 'middle';
    for (const tile of this.tiles) {
      const { x0, y0, x1, y1 } = tile;
      const [width, height] = [x1 - x0, y1 - y0];
      if (width <= 0 || height <= 0) continue;
      if (tile.open) {
        context.fillStyle = frame;
        context.fillRect(x0, y0, width, height);
        if (tile.header > 0) {
          context.fillStyle = ink;
          context.font = '600 11px system-ui, sans-serif';
          write(context, `${tile.label}  ${bytes(tile.node.bytes)}`, x0 + 5, y0 + tile.header / 2 + 0.5, width - 9);
        }
        continue;
      }
      const fill = this.fillOf(tile);
      context.fillStyle = left;
      context.fillRect(x0, y0, width, height);
      if (fill) {
        context.fillStyle = fill.colour;
        context.fillRect(x0, y0, Math.max(fill.share * width, 1), height);
      }
      if (width > 34 && height > 15) {
        context.fillStyle = fill && fill.share > 0.5 ? inkOn(fill.colour) : muted;
        context.font = '11px system-ui, sans-serif';
        write(context, tile.label, x0 + 4, y0 + Math.min(height / 2, 10), width - 7);
        if (height > 32) write(context, bytes(tile.node.bytes), x0 + 4, y0 + 23, width - 7);
      }
    }
    this.outline(context, ink);
  }

  /** Marks what is selected, or the rectangle that has it, and what the pointer or the keyboard is at. */
  private outline(context: CanvasRenderingContext2D, ink: string): void {
    const { selected } = this;
    const marked = selected && innermost(this.tiles, ({ node, rest }) => rest === 0 && (node === selected || isIn(selected, node)));
    context.strokeStyle = ink;
    for (const [tile, width] of [
      [marked, 3],
      [this.current, 2],
    ] as const) {
      if (!tile) continue;
      context.lineWidth = width;
      context.strokeRect(tile.x0 + 1, tile.y0 + 1, tile.x1 - tile.x0 - 2, tile.y1 - tile.y0 - 2);
    }
  }

  /** The colour of a rectangle, and how much of it has this colour. undefined where nothing of it is kept. */
  private fillOf(tile: Tile): Fill | undefined {
    if (!this.fills.has(tile)) this.fills.set(tile, this.computeFill(tile));
    return this.fills.get(tile);
  }

  private computeFill({ node, rest }: Tile): Fill | undefined {
    const { colours, side } = this;
    if (!colours || !side || node.kept === 0 || node.bytes === 0) return undefined;
    const share = node.kept / node.bytes;
    const sums = new Map<number, number>();
    // A rectangle of small files has the colour of its folder.
    for (let at = node.start; at < node.end; at++) {
      const index = side.tree.order[at] ?? 0;
      const category = colours.of(index);
      if (category >= 0) sums.set(category, (sums.get(category) ?? 0) + side.size(index));
    }
    let [most, largest] = [-1, -1];
    for (const [category, sum] of sums) if (sum > largest) [most, largest] = [category, sum];
    const colour = colours.categories[most]?.colour;
    return colour === undefined ? undefined : { colour, share: rest > 0 || node.leaf < 0 ? share : 1 };
  }

  private click(event: MouseEvent): void {
    const tile = tileAt(this.tiles, event.offsetX, event.offsetY);
    if (tile) this.act(tile);
  }

  private act(tile: Tile): void {
    if (tile.node.children && tile.node !== this.root) this.actions.zoom(tile.node);
    else this.actions.open(tile.node);
  }

  private hover(event: MouseEvent): void {
    const tile = tileAt(this.tiles, event.offsetX, event.offsetY);
    this.point(tile);
    if (!tile) return;
    const right = event.offsetX > this.canvas.clientWidth / 2;
    this.tip.style.left = right ? '' : `${event.offsetX + 14}px`;
    this.tip.style.right = right ? `${this.canvas.clientWidth - event.offsetX + 14}px` : '';
    this.tip.style.top = `${Math.min(event.offsetY + 14, this.canvas.clientHeight - 60)}px`;
  }

  private point(tile: Tile | undefined): void {
    if (tile === this.current) return;
    this.current = tile;
    this.tip.hidden = tile === undefined;
    if (tile) this.tip.replaceChildren(h('strong', {}, pathOf(tile.node)), h('span', {}, this.describe(tile)));
    this.draw();
  }

  private describe({ node, rest }: Tile): string {
    if (rest > 0) return `${plural(rest, 'small entry', 'small entries')}`;
    if (node.leaf < 0) return `${bytes(node.bytes)} in ${plural(node.end - node.start, 'file')}, ${percent(node.kept, node.bytes)} is kept`;
    return `${bytes(node.bytes)}, ${this.side?.isKept(node.leaf) ? 'kept' : 'left out'}`;
  }

  private key(event: KeyboardEvent): void {
    const direction = ARROWS[event.key];
    if (direction) {
      const next = this.current ? neighbour(this.tiles, this.current, direction) : this.tiles.find(({ open }) => !open);
      if (next) {
        this.point(next);
        this.tip.hidden = true;
        announce(`${pathOf(next.node)}: ${this.describe(next)}`);
      }
    } else if (event.key === 'Enter' && this.current) this.act(this.current);
    else if (event.key === 'Backspace' && this.root?.parent) this.actions.zoom(this.root.parent);
    else return;
    event.preventDefault();
  }
}

function isIn(node: TreeNode, folder: TreeNode): boolean {
  return folder.children !== null && node.start >= folder.start && node.end <= folder.end;
}

/** Writes one line of text, cut to a width. */
function write(context: CanvasRenderingContext2D, text: string, x: number, y: number, width: number): void {
  let shown = visible(text);
  if (context.measureText(shown).width > width) {
    let [low, high] = [0, shown.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (context.measureText(`${shown.slice(0, middle)}…`).width <= width) low = middle;
      else high = middle - 1;
    }
    if (low < 2) return;
    shown = `${shown.slice(0, low)}…`;
  }
  context.fillText(shown, x, y);
}
