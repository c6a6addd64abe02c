import { megabytes, plural } from '../ui/table.js';
import type { Changed, Diff } from './diffmodel.js';
import { linkText, titleOf } from './lines.js';

/** Things, paths and answers that the text shows; --json has all. */
const SHOWN = { things: 30, paths: 5, answers: 20 };

/** A diff as lines of text. */
export function diffLines(diff: Diff): string[] {
  const { a, b, things, programs, answers } = diff;
  const rest = things.length - SHOWN.things;
  return [
    `A: ${sideText(a)}`,
    `B: ${sideText(b)}`,
    ...basisText(diff),
    totalText(diff),
    ...(things.length > 0 ? [''] : []),
    ...things.slice(0, SHOWN.things).flatMap(thingLines),
    ...(rest > 0 ? [`and ${rest} more (--json lists them)`] : []),
    ...programs.came.map((path) => `program came: ${path}`),
    ...programs.went.map((path) => `program went: ${path}`),
    ...verdictText(diff),
    ...answers
      .slice(0, SHOWN.answers)
      .map(({ label, field, a, b }) => `answer changed: ${label}: ${field}: ${JSON.stringify(a)} in A, ${JSON.stringify(b)} in B`),
  ];
}

/** `myapp:1-shrunk of myapp:1, level reachable, 83.1 MB, 3111 files, behaves like the original`, or `myapp:1, traced: its runs used 412 files` */
function sideText({ name, reference, level, size, kept, outcome }: Diff['a']): string {
  if (kept.bytes === null) return `${reference}, traced: its runs used ${plural(kept.files, 'file')}`;
  const words = { same: 'behaves like the original', different: 'behaves differently', unproven: 'not proven' };
  return `${name} of ${reference}, level ${level}, ${megabytes(size ?? kept.bytes)}, ${kept.files} files, ${outcome === null ? 'not compared' : words[outcome]}`;
}

/** What is compared, where it is not what both shrunk images keep. */
export function basisText({ basis, a, b }: Diff): string[] {
  if (basis === 'kept') return [];
  const bare = a.name === null && b.name === null ? 'the traces' : `the trace of ${a.name === null ? 'A' : 'B'}`;
  return [`Nothing was assembled from ${bare} yet, so this compares what the runs used. Sizes are not known.`];
}

/** How much B has more than A, in one line. */
export function totalText({ basis, bytes, files, things, a }: Diff): string {
  if (!bytes && files === 0 && things.length === 0) return basis === 'kept' ? 'Both keep the same.' : 'The runs of both used the same.';
  if (bytes === null || a.kept.bytes === null)
    return files === 0 ? 'B used as many files as A.' : `B used ${plural(Math.abs(files), 'file')} ${files > 0 ? 'more' : 'fewer'} than A.`;
  const percent = a.kept.bytes === 0 ? '' : ` (${signed((bytes / a.kept.bytes) * 100, 1)} %)`;
  return `From A to B: ${signedMegabytes(bytes)}${percent}, ${signed(files, 0)} files.`;
}

/** Verdicts where they are not the same. */
export function verdictText({ a, b }: Diff): string[] {
  return a.outcome === b.outcome ? [] : [`verdict changed: ${a.outcome ?? 'not compared'} in A, ${b.outcome ?? 'not compared'} in B`];
}

/** What happened to a thing: `came`, `went`, or its versions where they differ. */
export function changeText({ a, b }: Changed): string {
  if (!a) return 'came';
  if (!b) return 'went';
  return a.version === b.version ? 'changed' : `${a.version ?? '?'} → ${b.version ?? '?'}`;
}

/** `+1.2 MB` */
export function signedMegabytes(bytes: number | null): string {
  return bytes === null ? '' : `${bytes < 0 ? '' : '+'}${megabytes(bytes)}`;
}

/** The reasons on one side, or on both where they are not the same. */
export function reasonTexts({ a, b }: Changed): string[] {
  const text = (side: Changed['a']) => (side?.chain[0] ? `${side.chain[0].path}: ${linkText(side.chain[0])}` : undefined);
  const [one, other] = [text(a), text(b)];
  if (one === other) return one === undefined ? [] : [one];
  return [...(one === undefined ? [] : [`A: ${one}`]), ...(other === undefined ? [] : [`B: ${other}`])];
}

function thingLines(changed: Changed): string[] {
  const { thing, name, bytes, came, went } = changed;
  const paths = (sign: string, all: readonly string[]) =>
    all.length === 0 ? [] : [`${INDENT}${sign} ${all.slice(0, SHOWN.paths).join(', ')}${all.length > SHOWN.paths ? ', ...' : ''}`];
  return [
    `${bytes === null ? '' : `${signedMegabytes(bytes).padStart(10)}  `}${titleOf({ thing, name, version: null })}: ${changeText(changed)}`,
    ...(thing === 'file' ? [] : [...paths('+', came), ...paths('-', went)]),
    ...reasonTexts(changed).map((text) => `${INDENT}${text}`),
  ];
}

const INDENT = ' '.repeat(12);

function signed(number: number, digits: number): string {
  const text = Math.abs(number).toFixed(digits);
  return `${number < 0 && Number(text) !== 0 ? '-' : '+'}${text}`;
}
