import type { Side } from './side.js';

/** What the colours of the map stand for. */
export const MODES = ['owner', 'kind', 'layer', 'reason'] as const;
export type Mode = (typeof MODES)[number];

export const MODE_NAMES: Record<Mode, string> = {
  owner: 'distribution or package',
  kind: 'kind of file',
  layer: 'layer of the small image',
  reason: 'kind of reason',
};

/** Names of KINDS for readers. */
export const KIND_NAMES: Readonly<Record<string, string>> = {
  system: 'operating system',
  python: 'Python and its standard library',
  distribution: 'installed distributions',
  app: "the app's own code",
  data: "the app's data",
};

/** Fills of the map. They can be told apart from each other on both backgrounds; the last is for all others. */
const PALETTE = ['#5b8def', '#f0a52e', '#e8614f', '#3fb8a3', '#56a944', '#ef7fb0', '#9d6ff0', '#8fc1f2', '#b07a52', '#b9b43c'] as const;
const OTHERS = '#7a8ea8';

export interface Category {
  label: string;
  colour: string;
  /** Kept bytes. */
  bytes: number;
}

export interface Colouring {
  /** The largest first; the last one may be for all others. */
  categories: readonly Category[];
  /** Index of the category of a path. */
  of(index: number): number;
}

/** Groups the kept paths, and gives the largest groups a colour each. */
export function colouring(side: Side, mode: Mode): Colouring {
  const { paths, kinds, layers, owners, reasons } = side.data;
  const groupOf = (index: number): string => {
    if (mode === 'owner') return owners[paths.owner[index] ?? -1]?.name ?? `(${nameOfKind(kinds[paths.kind[index] ?? 0])})`;
    if (mode === 'kind') return nameOfKind(kinds[paths.kind[index] ?? 0]);
    if (mode === 'layer') return layers[paths.layer[index] ?? -1] ?? 'none';
    return reasons[paths.reasons[index]?.[0] ?? -1]?.reason.split('/', 1)[0] ?? 'none';
  };
  const sums = new Map<string, number>();
  const groups: (string | undefined)[] = paths.path.map((_, index) => {
    if (!side.isKept(index)) return undefined;
    const group = groupOf(index);
    sums.set(group, (sums.get(group) ?? 0) + side.size(index));
    return group;
  });
  const sorted = [...sums].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1));
  const own = sorted.length > PALETTE.length + 1 ? sorted.slice(0, PALETTE.length) : sorted;
  const categories: Category[] = own.map(([label, bytes], index) => ({ label, bytes, colour: PALETTE[index] ?? OTHERS }));
  const rest = sorted.slice(own.length);
  if (rest.length > 0)
    categories.push({ label: `${rest.length} others`, bytes: rest.reduce((sum, [, bytes]) => sum + bytes, 0), colour: OTHERS });
  const numbers = new Map(own.map(([label], index) => [label, index]));
  const byPath = Int32Array.from(groups, (group) => (group === undefined ? -1 : (numbers.get(group) ?? own.length)));
  return { categories, of: (index) => byPath[index] ?? -1 };
}

function nameOfKind(kind: string | undefined): string {
  return KIND_NAMES[kind ?? ''] ?? kind ?? 'none';
}

/** Black or white, whichever can be read better on a colour (`#rrggbb`), by the contrast of WCAG 2. */
export function inkOn(colour: string): '#000000' | '#ffffff' {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) ? '#000000' : '#ffffff';
}
