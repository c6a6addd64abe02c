import { printable } from '../printable.js';
import { megabytes } from '../ui/table.js';
import { basisText, changeText, reasonTexts, signedMegabytes, totalText, verdictText } from './difflines.js';
import type { Diff } from './diffmodel.js';
import { budgetLines, linkText, titleOf } from './lines.js';
import type { Report } from './model.js';

/**
 * The first line of a comment. Whoever posts it to a pull request finds the older comment of the same image by it, and updates
 * that one instead of writing another.
 */
function marker(kind: 'report' | 'diff', image: string): string {
  // A comment of HTML ends at `-->`, and has no `--` in XML.
  return `<!-- pyshrink ${kind} of ${printable(image).replace(/-{2,}|[<>]/g, '_')} -->`;
}

/** Rows of a table. A comment is for reading at a glance. */
const SHOWN = { largest: 10, cuts: 5, programs: 20, things: 20, answers: 10, warnings: 20 };
/** Characters that GitHub takes in one comment. */
const LONGEST = 65_536;
const TOO_LONG = '_The rest is too long for a comment. `pyshrink` shows it without `--markdown`._';

/** A report as GitHub Flavored Markdown, for the comment of a pull request. */
export function reportMarkdown(report: Report): string[] {
  const { image, shrunk, sizes, largest, cuts, programs, comparison, warnings, budget } = report;
  const size = (bytes: number | null | undefined) => (bytes == null ? '' : megabytes(bytes));
  const { before, after } = sizes;
  const head = [
    marker('report', image.reference),
    `### pyshrink: ${code(shrunk?.name ?? image.reference)}`,
    '',
    ...table(
      ['', 'before', 'after'],
      [
        ['sum of layers', size(before.layers), size(after?.layers)],
        ['merged', size(before.merged?.bytes), size(after?.merged.bytes)],
        ['files', String(before.merged?.files ?? ''), String(after?.merged.files ?? '')],
      ],
    ),
    ...(budget ? ['', ...budgetLines(budget, report).map((line) => `- ${code(line.trim())}`)] : []),
    '',
    comparison
      ? { same: '✅ It behaves like the original.', different: '❌ It behaves differently.', unproven: '⚠️ It is not proven.' }[
          comparison.outcome
        ]
      : '⚠️ It was not compared with the original.',
  ];
  return fitting(head, [
    details(
      'Largest things that are kept',
      table(
        ['size', 'what', 'why'],
        largest
          .slice(0, SHOWN.largest)
          .map((one) => [megabytes(one.kept.bytes), code(titleOf(one)), one.chain[0] ? code(linkText(one.chain[0])) : '']),
      ),
    ),
    details(
      'Largest cuts',
      table(
        ['size', 'what'],
        cuts.slice(0, SHOWN.cuts).map((one) => [megabytes(one.omitted.bytes), code(titleOf(one))]),
      ),
    ),
    details(
      `Programs (${programs.length})`,
      table(
        ['brings', 'program', 'why'],
        programs.slice(0, SHOWN.programs).map(({ brings, path, because }) => [megabytes(brings), code(path), code(because)]),
      ).concat(more(programs, SHOWN.programs)),
    ),
    details(
      `Warnings (${warnings.length})`,
      list(warnings, SHOWN.warnings, (warning) => `- ${code(warning)}`),
    ),
  ]);
}

/** A diff as GitHub Flavored Markdown, for the comment of a pull request. */
export function diffMarkdown(diff: Diff): string[] {
  const { a, b, things, programs, answers } = diff;
  const size = (side: Diff['a']) => side.size ?? side.kept.bytes;
  const [before, after] = [size(a), size(b)];
  const head = [
    marker('diff', b.reference),
    `### pyshrink: ${code(a.name ?? a.reference)} → ${code(b.name ?? b.reference)}`,
    '',
    ...basisText(diff).flatMap((text) => [text, '']),
    `${totalText(diff)}${diff.basis === 'kept' && before !== null && after !== null ? ` ${megabytes(before)} → ${megabytes(after)}` : ''}`,
    ...verdictText(diff).flatMap((text) => ['', `**${text}**`]),
  ];
  return fitting(head, [
    details(`What changed (${things.length})`, [
      ...table(
        ['size', 'what', 'change', 'why'],
        things
          .slice(0, SHOWN.things)
          .map((one) => [
            signedMegabytes(one.bytes),
            code(titleOf({ thing: one.thing, name: one.name, version: null })),
            code(changeText(one)),
            reasonTexts(one).map(code).join('<br>'),
          ]),
      ),
      ...more(things, SHOWN.things),
    ]),
    details('Programs', [
      ...list(programs.came, SHOWN.programs, (path) => `- came: ${code(path)}`),
      ...list(programs.went, SHOWN.programs, (path) => `- went: ${code(path)}`),
    ]),
    details('Answers that changed', [
      ...table(
        ['step', 'field', 'A', 'B'],
        answers.slice(0, SHOWN.answers).map(({ label, field, a, b }) => [code(label), code(field), code(a), code(b)]),
      ),
      ...more(answers, SHOWN.answers),
    ]),
  ]);
}

/** As many parts as fit into one comment. Names of an image may be long. */
function fitting(head: readonly string[], parts: readonly (readonly string[])[]): string[] {
  const lines = [...head];
  const lengthOf = (all: readonly string[]) => all.reduce((sum, line) => sum + line.length + 1, 0);
  let left = LONGEST - lengthOf(lines) - TOO_LONG.length - 2;
  for (const part of parts) {
    left -= lengthOf(part);
    if (left < 0) return [...lines, '', TOO_LONG];
    lines.push(...part);
  }
  return lines;
}

function list<T>(all: readonly T[], most: number, line: (one: T) => string): string[] {
  return [...all.slice(0, most).map(line), ...more(all, most)];
}

function more({ length }: readonly unknown[], most: number): string[] {
  return length > most ? ['', `and ${length - most} more`] : [];
}

function details(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `<details><summary>${title}</summary>`, '', ...lines, '', '</details>'];
}

/** @returns nothing where there are no rows */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  // A pipe ends a cell, also in a code span.
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/**
 * A text as a code span that holds, whatever is in the text: names come from an image. A code span mentions
 * nobody, links to nothing and is no HTML (GitHub Flavored Markdown, "Code spans").
 */
export function code(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ').trim();
  if (plain === '') return '';
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = /^`|`$/.test(plain) ? ' ' : '';
  return `${fence}${space}${plain}${space}${fence}`;
}
