import type { Diff } from '../diffmodel.js';
import type { PageData, PagePaths, PageReason } from '../pagemodel.js';

/** The version of the packed form. The page and its data are always written by one pyshrink, so there is only one. */
const PACKED = 2;

/** {@link PageData} in a form that is short as JSON and quick to parse. */
interface Packed {
  packed: typeof PACKED;
  rest: Omit<PageData, 'paths' | 'reasons'>;
  paths: {
    /** How many UTF-16 code units of the path before are repeated (front coding), and what follows them. */
    shared: readonly number[];
    tails: readonly string[];
    reasons: readonly (readonly number[])[];
  } & Pick<PagePaths, 'file' | 'size' | 'stripped' | 'kind' | 'owner' | 'layer' | 'step'>;
  /** Each text and name of a reason once. */
  words: readonly string[];
  reasons: {
    kept: readonly (0 | 1)[];
    /** Indexes into `words`. */
    reason: readonly number[];
    text: readonly number[];
    parents: readonly (readonly number[])[];
    file: readonly (number | null)[];
    line: readonly (number | null)[];
    rank: readonly number[];
  };
}

/** All that a page holds: one image, or two and what differs between them. */
export interface PageContent {
  images: readonly PageData[];
  diff: Diff | null;
}

/** The content of a page as JSON. {@link unpackPage} gives it back. */
export function packPage(images: readonly PageData[], diff: Diff | null): string {
  return JSON.stringify({ images: images.map(pack), diff });
}

/** Throws a SyntaxError where the text is not JSON of this version. */
export function unpackPage(text: string): PageContent {
  const { images, diff } = JSON.parse(text) as { images: string[]; diff: Diff | null };
  return { images: images.map(unpack), diff };
}

/** Page data as JSON. {@link unpack} gives the same data back. */
export function pack({ paths, reasons, ...rest }: PageData): string {
  const words = new Map<string, number>();
  const wordOf = (text: string) => {
    const known = words.get(text);
    if (known !== undefined) return known;
    words.set(text, words.size);
    return words.size - 1;
  };
  const shared: number[] = [];
  const tails: string[] = [];
  let before = '';
  for (const path of paths.path) {
    let same = 0;
    while (same < path.length && same < before.length && path.charCodeAt(same) === before.charCodeAt(same)) same++;
    shared.push(same);
    tails.push(path.slice(same));
    before = path;
  }
  const { file, size, stripped, kind, owner, layer, step } = paths;
  const packed: Packed = {
    packed: PACKED,
    rest,
    paths: { shared, tails, file, size, stripped, kind, owner, layer, step, reasons: paths.reasons },
    reasons: {
      kept: reasons.map(({ kept }) => (kept ? 1 : 0)),
      reason: reasons.map(({ reason }) => wordOf(reason)),
      text: reasons.map(({ text }) => wordOf(text)),
      parents: reasons.map(({ parents }) => parents),
      file: reasons.map(({ file }) => file),
      line: reasons.map(({ line }) => line),
      rank: reasons.map(({ rank }) => rank),
    },
    words: [...words.keys()],
  };
  return JSON.stringify(packed);
}

/** The data that {@link pack} made JSON of. Throws a SyntaxError where the text is not JSON of this version. */
export function unpack(text: string): PageData {
  const { packed, rest, paths, words, reasons } = JSON.parse(text) as Packed;
  if (packed !== PACKED) throw new SyntaxError('data of another version');
  const { shared, tails, ...columns } = paths;
  let before = '';
  const path = tails.map((tail, index) => {
    before = before.slice(0, shared[index]) + tail;
    return before;
  });
  return {
    ...rest,
    paths: { path, ...columns },
    reasons: reasons.kept.map(
      (kept, index): PageReason => ({
        kept: kept === 1,
        reason: words[reasons.reason[index] ?? 0] ?? '',
        text: words[reasons.text[index] ?? 0] ?? '',
        parents: reasons.parents[index] ?? [],
        file: reasons.file[index] ?? null,
        line: reasons.line[index] ?? null,
        rank: reasons.rank[index] ?? 0,
      }),
    ),
  };
}
