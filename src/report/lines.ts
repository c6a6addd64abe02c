import { formatTable, megabytes, plural } from '../ui/table.js';
import type { Budget, Kind, LargeKept, LeftOut, Link, Report, Thing } from './model.js';

/** Lines of a list that the text shows; --json has all. */
const SHOWN = { things: 20, programs: 20, nearly: 10, cuts: 10, missed: 10, list: 10, layers: 30 };

const KIND_NAMES: Readonly<Record<Kind, string>> = {
  system: 'operating system',
  python: 'interpreter and standard library',
  distribution: 'distributions',
  app: "the app's code",
  data: 'data',
};

/** A report as lines of text. */
export function reportLines(report: Report): string[] {
  const { shrunk, image, coverage, warnings, notes, repairs, unsound } = report;
  return [
    shrunk
      ? `${image.reference} (${image.platform}) and ${shrunk.name}${shrunk.named ? '' : ' (which got no name)'}, at the level ${shrunk.level}`
      : `${image.reference} (${image.platform}): traced, not assembled`,
    ...sizeLines(report),
    ...section('Largest things that are kept', report.largest.slice(0, SHOWN.things).flatMap(largeLines)),
    ...section(
      `Programs (${report.programs.length})`,
      shown(
        report.programs,
        SHOWN.programs,
        ({ path, brings, because, by, line }) =>
          `${megabytes(brings).padStart(9)}  ${path}: ${linkText({ text: because, file: by, line })}`,
      ),
    ),
    ...section('Left out only for their size', shown(report.nearly, SHOWN.nearly, leftOutLine)),
    ...section('Largest cuts', shown(report.cuts, SHOWN.cuts, leftOutLine)),
    ...section('Exercise', [
      ...report.timeline.map(stepLine),
      shrunk || coverage.own.length > 0
        ? `${coverage.modules.ran} of ${plural(coverage.modules.all, 'module')} of the app's own code ran; functions: ${
            coverage.functions ? `${coverage.functions.ran} of ${coverage.functions.all}` : 'not measured'
          }`
        : "what ran of the app's own code is known once an image was assembled",
      ...shown(
        coverage.own.filter(({ ran }) => !ran),
        SHOWN.missed,
        ({ path }) => `did not run: ${path}`,
      ),
      ...shown(
        coverage.own.flatMap(({ path, ran, functions }) => (ran && functions ? functions.missed.map((one) => ({ path, ...one })) : [])),
        SHOWN.missed,
        ({ path, name, line }) => `was not called: ${name} (${path}:${line})`,
      ),
    ]),
    ...section('Comparison', comparisonLines(report)),
    ...section(
      'Repairs',
      shown(repairs, SHOWN.list, ({ path, text }) => `${path}: ${text}`),
    ),
    ...section('Warnings', [
      ...warnings,
      ...notes,
      ...(unsound.own + unsound.libraries > 0
        ? [
            `places that compute what they import or execute: ${unsound.own} in the app's own code, ${unsound.libraries} in libraries (pyshrink why --unsound)`,
          ]
        : []),
    ]),
    ...(report.budget ? section('Budget', budgetLines(report.budget, report)) : []),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function sizeLines({ sizes, kinds, layers }: Report): string[] {
  const { before, after, ratio } = sizes;
  if (!after) return before.layers === null ? [] : [`size of the original: ${megabytes(before.layers)}`];
  const size = (bytes: number | null) => (bytes === null ? 'not known' : megabytes(bytes));
  return [
    '',
    ...formatTable([
      ['', 'before', 'after'],
      ['sum of layers', size(before.layers), size(after.layers)],
      ['merged', size(before.merged?.bytes ?? null), size(after.merged.bytes)],
      ['files', String(before.merged?.files ?? ''), String(after.merged.files)],
      ...(ratio === null ? [] : [['ratio', '', ratio.toFixed(1)]]),
      ...kinds.map(({ kind, before, after }) => [`  ${KIND_NAMES[kind]}`, megabytes(before.bytes), megabytes(after.bytes)]),
    ]).split('\n'),
    ...section(
      'Layers of the shrunk image',
      layers.after.map(({ name, files, bytes }) => `${megabytes(bytes).padStart(9)}  ${name} (${plural(files, 'file')})`),
    ),
    ...section(
      'Layers of the original',
      shown(
        layers.before ?? [],
        SHOWN.layers,
        ({ command, bytes }) => `${megabytes(bytes).padStart(9)}  ${cut(oneLine(command), 100) || '(no command is recorded)'}`,
      ),
    ),
  ];
}

function largeLines(large: LargeKept): string[] {
  const { kept, saves, exclude, neededBy, needs, chain } = large;
  const more = needs - neededBy.slice(0, 3).length;
  return [
    `${megabytes(kept.bytes).padStart(9)}  ${titleOf(large)}`,
    ...(exclude === null
      ? [`${INDENT}no image can do without it`]
      : [`${INDENT}leaving ${saves < kept.bytes ? 'the largest parts of it' : 'it'} out saves ${megabytes(saves)}: ${exclude}`]),
    ...(needs > 0 ? [`${INDENT}needed by ${neededBy.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`] : []),
    ...linkLines(chain).map((line) => `${INDENT}${line}`),
  ];
}

const INDENT = ' '.repeat(11);

/** A chain of reasons: each path, why it is kept, and where the code stands that names it. */
export function linkLines(chain: readonly Link[]): string[] {
  return chain.map((link, index) => `${'  '.repeat(index)}${link.path}: ${linkText(link)}`);
}

/** A reason, and the file and line that it comes from. */
export function linkText({ text, file, line }: Pick<Link, 'text' | 'file' | 'line'>): string {
  return file === null ? text : `${text} (${file}${line === null ? '' : `:${line}`})`;
}

/** `numpy 2.1.0`, `libpq5 15.3 (package)` */
export function titleOf({ thing, name, version }: Thing): string {
  const kind = { distribution: '', package: ' (package)', interpreter: ' (interpreter and standard library)', file: '' }[thing];
  return `${name}${version === null ? '' : ` ${version}`}${kind}`;
}

function leftOutLine(cutOut: LeftOut): string {
  return `${megabytes(cutOut.omitted.bytes).padStart(9)}  ${titleOf(cutOut)}: ${cutOut.text} [${cutOut.include}]`;
}

function stepLine({ label, outcome, brought }: Report['timeline'][number]): string {
  const came = brought === null ? '' : `; used for the first time: ${plural(brought.files, 'file')}, ${megabytes(brought.bytes)}`;
  return `${label}${outcome === '' ? '' : `: ${outcome}`}${came}`;
}

function comparisonLines({ comparison, shrunk }: Report): string[] {
  if (!shrunk) return [];
  if (!comparison) return ['not compared: run `pyshrink smoke`'];
  const { outcome, compared, checked, differences, problems, missing, uncompared, varied } = comparison;
  const words = { same: 'behaves like the original', different: 'BEHAVES DIFFERENTLY', unproven: 'not proven' };
  return [
    `${words[outcome]}: ${plural(compared, 'answer')} compared, ${plural(checked, 'static check')}`,
    ...shown(problems, SHOWN.list, (problem) => `broken: ${problem}`),
    ...shown(differences, SHOWN.list, ({ where, what }) => `differs: ${where}: ${what}`),
    ...shown(missing, SHOWN.list, (path) => `missed: ${path}`),
    ...shown(varied, SHOWN.list, ({ where, what, place }) => `varied: ${where}: ${what}${place === '' ? '' : ` at ${place}`}`),
    ...shown(uncompared, SHOWN.list, (what) => `not compared: ${what}`),
  ];
}

/** Whether a budget is kept, and what takes most of it where it is not. */
export function budgetLines({ maxSize, maxFiles, exceeded, culprits }: Budget, { sizes }: Pick<Report, 'sizes'>): string[] {
  const bytes = sizes.after?.layers ?? sizes.after?.merged.bytes ?? 0;
  const files = sizes.after?.merged.files ?? 0;
  return [
    ...(maxSize === null ? [] : [`${bytes > maxSize ? 'EXCEEDED' : 'kept'}: ${megabytes(bytes)} of ${megabytes(maxSize)}`]),
    ...(maxFiles === null ? [] : [`${files > maxFiles ? 'EXCEEDED' : 'kept'}: ${plural(files, 'file')} of ${maxFiles}`]),
    ...(exceeded ? culpritLines({ culprits }) : []),
  ];
}

/** What takes most of an image that is too large. */
export function culpritLines({ culprits }: Pick<Budget, 'culprits'>): string[] {
  return [
    'What takes most of it:',
    ...culprits.map((one) => `${megabytes(one.kept.bytes).padStart(9)}  ${titleOf(one)} (${plural(one.kept.files, 'file')})`),
  ];
}

function shown<T>(all: readonly T[], most: number, line: (one: T) => string): string[] {
  return [...all.slice(0, most).map(line), ...(all.length > most ? [`and ${all.length - most} more (--json lists them)`] : [])];
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 3)}...` : text;
}
