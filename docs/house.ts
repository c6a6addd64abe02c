/**
 * Draws the folders of src/ and the imports between them: `npm run docs:house` writes docs/house.svg.
 * It ends with an error when an import points upwards against the order of {@link LAYERS}. test/house.test.ts runs the same check.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import fg from 'fast-glob';
import ts from 'typescript';

/** The folders and single files of src/, top to bottom. A box imports only from rows below its own. */
export const LAYERS: readonly (readonly string[])[] = [
  ['cli'],
  ['commands'],
  ['index'],
  ['pipeline'],
  ['project'],
  ['report'],
  ['smoke'],
  ['workspace'],
  ['watching', 'assemble'],
  ['keep', 'exercise'],
  ['guest'],
  ['engines'],
  ['images', 'trace'],
  ['tar', 'elf', 'python'],
  ['os', 'compose'],
  ['rootfs', 'ui', 'cache', 'debug', 'package', 'bounds'],
  ['errors', 'arch', 'nearest', 'records', 'printable', 'sizes', 'sharing'],
  ['conceal', 'paths'],
];

/** One file of src/ that imports another; paths below src/. */
export interface Import {
  from: string;
  to: string;
}

/** An arrow of the picture: the first box imports from the second. */
type Arrow = readonly [string, string];

/** All imports between files of a source folder: `import`, `import type`, `export from` and `import()`. */
export function importsBelow(src: string): Import[] {
  return fg
    .sync('**/*.ts', { cwd: src })
    .sort()
    .flatMap((from) =>
      ts
        .preProcessFile(readFileSync(join(src, from), 'utf8'))
        .importedFiles.filter(({ fileName }) => fileName.startsWith('.'))
        .map(({ fileName }) => ({ from, to: normalize(join(dirname(from), fileName)).replace(/\.js$/, '.ts') }))
        // Outside src/, only package.json is imported.
        .filter(({ to }) => !to.startsWith('..')),
    );
}

/** The box of a file: its top folder, or its own name where it lies directly in src/. */
export function boxOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : file.replace(/\.ts$/, '');
}

/** Imports that do not point downwards, as `from -> to` lines, and boxes that no layer names. */
export function violations(imports: readonly Import[]): string[] {
  const found = new Set<string>();
  for (const { from, to } of imports) {
    const [a, b] = [boxOf(from), boxOf(to)];
    for (const box of [a, b]) if (rowOf(box) < 0) found.add(`${box} is in no layer of docs/house.ts`);
    if (a !== b && rowOf(a) >= rowOf(b)) found.add(`${from} -> ${to}`);
  }
  return [...found].sort();
}

function rowOf(box: string): number {
  return LAYERS.findIndex((row) => row.includes(box));
}

/** The arrows that point downwards, without those that follow from others: a → c where a → b and b → c are drawn. */
export function arrowsOf(imports: readonly Import[]): Arrow[] {
  const targets = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    const [a, b] = [boxOf(from), boxOf(to)];
    if (rowOf(a) >= 0 && rowOf(a) < rowOf(b)) targets.set(a, (targets.get(a) ?? new Set()).add(b));
  }
  const reaches = (a: string, b: string): boolean => [...(targets.get(a) ?? [])].some((next) => next === b || reaches(next, b));
  return [...targets]
    .flatMap(([a, all]) => [...all].filter((b) => ![...all].some((other) => other !== b && reaches(other, b))).map((b): Arrow => [a, b]))
    .sort(([a, b], [c, d]) => rowOf(a) - rowOf(c) || rowOf(b) - rowOf(d) || `${a} ${b}`.localeCompare(`${c} ${d}`));
}

const ROW = { height: 66, box: 30, top: 20, left: 30 };
const GAP = 26;

/** A box, or a point where an arrow passes through a row. */
interface Place {
  row: number;
  label?: string;
  width: number;
  x: number;
  above: Place[];
  below: Place[];
}

/** The picture as SVG. The same imports give the same bytes. */
export function draw(imports: readonly Import[]): string {
  const arrows = arrowsOf(imports);
  const { rows, paths } = layOut(arrows, new Set(imports.flatMap(({ from, to }) => [boxOf(from), boxOf(to)])));
  const width = Math.max(...rows.flat().map(({ x, width }) => x + width / 2)) + ROW.left;
  const y = (row: number) => ROW.top + row * ROW.height;
  const lines = paths.map((places) => {
    const [first, ...rest] = places as [Place, ...Place[]];
    let [x, at] = [first.x, y(first.row) + ROW.box];
    let path = `M${x} ${at}`;
    for (const place of rest) {
      const end = place.label === undefined ? y(place.row) : y(place.row) - 7;
      const middle = (at + end) / 2;
      path += ` C${x} ${middle} ${place.x} ${middle} ${place.x} ${end}`;
      [x, at] = [place.x, end];
      if (place.label === undefined) {
        at += ROW.box;
        path += ` V${at}`;
      }
    }
    return [
      `<path d="${path}" fill="none" stroke="#8795a8" stroke-width="1.3"/>`,
      `<path d="M${x - 4} ${at} h8 l-4 7 z" fill="#8795a8"/>`,
    ].join('\n');
  });
  const boxes = rows
    .flat()
    .flatMap(({ label, row, x, width }) =>
      label === undefined
        ? []
        : [
            `<rect x="${x - width / 2}" y="${y(row)}" width="${width}" height="${ROW.box}" rx="5" fill="#eaf1fb" stroke="#34557f"/>`,
            `<text x="${x}" y="${y(row) + 20}" text-anchor="middle">${label}</text>`,
          ],
    );
  const height = y(rows.length - 1) + ROW.box + ROW.top;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="14" fill="#1c2b3f">`,
    '<title>The folders of src/ in layers; every arrow is an import and points down</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...lines,
    ...boxes,
    '</svg>',
    '',
  ].join('\n');
}

/** Layered drawing as of Sugiyama: long arrows get a point in every row that they cross; rows are sorted by their neighbours. */
function layOut(arrows: readonly Arrow[], present: ReadonlySet<string>): { rows: Place[][]; paths: Place[][] } {
  const place = (row: number, label?: string): Place => ({
    row,
    ...(label !== undefined && { label }),
    width: label === undefined ? 4 : label.length * 8 + 28,
    x: 0,
    above: [],
    below: [],
  });
  const rows = LAYERS.map((row, index) => row.filter((box) => present.has(box)).map((box) => place(index, box)));
  const boxes = new Map(rows.flat().map((box) => [box.label, box]));
  const paths = arrows.map(([a, b]) => {
    const [from, to] = [boxes.get(a) as Place, boxes.get(b) as Place];
    const between = Array.from({ length: to.row - from.row - 1 }, (_, index) => place(from.row + 1 + index));
    for (const point of between) rows[point.row]?.push(point);
    const path = [from, ...between, to];
    path.slice(1).forEach((lower, index) => {
      const upper = path[index] as Place;
      upper.below.push(lower);
      lower.above.push(upper);
    });
    return path;
  });
  const mean = (places: readonly Place[], own: number) =>
    places.length === 0 ? own : places.reduce((sum, { x }) => sum + x, 0) / places.length;
  for (const row of rows) spread(row);
  for (let round = 0; round < 24; round++) {
    const down = round % 2 === 0;
    for (const row of down ? rows : [...rows].reverse()) {
      for (const one of row) one.x = mean(down ? one.above : one.below, one.x);
      row.sort((a, b) => a.x - b.x);
      spread(row);
    }
  }
  for (let round = 0; round < 12; round++)
    for (const row of rows) {
      for (const one of row) one.x = mean([...one.above, ...one.below], one.x);
      spread(row);
    }
  const left = Math.min(...rows.flat().map(({ x, width }) => x - width / 2));
  for (const one of rows.flat()) one.x = Math.round(one.x - left + ROW.left);
  return { rows, paths };
}

/** Moves the places of a row apart where they overlap, around their common middle; their order stays. */
function spread(row: Place[]): void {
  const middle = (places: readonly Place[]) => places.reduce((sum, { x }) => sum + x, 0) / Math.max(places.length, 1);
  const wanted = middle(row);
  row.forEach((one, index) => {
    const before = row[index - 1];
    if (before) one.x = Math.max(one.x, before.x + (before.width + one.width) / 2 + GAP);
  });
  const moved = middle(row) - wanted;
  for (const one of row) one.x -= moved;
}

/** src/ of this checkout. */
export const SOURCES = fileURLToPath(new URL('../src/', import.meta.url));
/** The committed picture. */
export const PICTURE = fileURLToPath(new URL('house.svg', import.meta.url));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const imports = importsBelow(process.argv[2] ?? SOURCES);
  const found = violations(imports);
  for (const line of found) console.error(`imports upwards: ${line}`);
  writeFileSync(PICTURE, draw(imports));
  process.exitCode = found.length > 0 ? 1 : 0;
}
