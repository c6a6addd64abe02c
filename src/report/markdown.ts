import { printable } from '../printable.js';
import { megabytes } from '../ui/table.js';
import { changeText, reasonTexts, signedMegabytes, totalText, verdictText } from './difflines.js';
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
const SHOWN = { largest: 10, cuts: 5, programs: 20, things: 20, answers: 10 };

/** A report as GitHub Flavored Markdown, for the comment of a pull request. */
export function reportMarkdown(report: Report): string[] {
  const { image, shrunk, sizes, largest, cuts, programs, comparison, warnings, budget } = report;
  const size = (bytes: number | null | undefined) => (bytes == null ? '' : megabytes(bytes));
  const { before, after } = sizes;
  return [
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
    ...details(
      'Largest things that are kept',
      table(
        ['size', 'what', 'why'],
        largest
          .slice(0, SHOWN.largest)
          .map((one) => [megabytes(one.kept.bytes), code(titleOf(one)), one.chain[0] ? code(linkText(one.chain[0])) : '']),
      ),
    ),
    ...details(
      'Largest cuts',
      table(
        ['size', 'what'],
        cuts.slice(0, SHOWN.cuts).map((one) => [megabytes(one.omitted.bytes), code(titleOf(one))]),
      ),
    ),
    ...details(
      `Programs (${programs.length})`,
      table(
        ['brings', 'program', 'why'],
        programs.slice(0, SHOWN.programs).map(({ brings, path, because }) => [megabytes(brings), code(path), code(because)]),
      ),
    ),
    ...details(
      `Warnings (${warnings.length})`,
      warnings.map((warning) => `- ${code(warning)}`),
    ),
  ];
}

/** A diff as GitHub Flavored Markdown, for the comment of a pull request. */
export function diffMarkdown(diff: Diff): string[] {
  const { a, b, things, programs, answers } = diff;
  const rest = things.length - SHOWN.things;
  return [
    marker('diff', b.reference),
    `### pyshrink: ${code(a.name)} → ${code(b.name)}`,
    '',
    `${totalText(diff)} ${megabytes(a.size ?? a.kept.bytes)} → ${megabytes(b.size ?? b.kept.bytes)}`,
    ...verdictText(diff).flatMap((text) => ['', `**${text}**`]),
    ...details(
      `What changed (${things.length})`,
      [
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
        ...(rest > 0 ? ['', `and ${rest} more`] : []),
      ],
      things.length,
    ),
    ...details('Programs', [
      ...programs.came.map((path) => `- came: ${code(path)}`),
      ...programs.went.map((path) => `- went: ${code(path)}`),
    ]),
    ...details(
      'Answers that changed',
      table(
        ['step', 'field', 'A', 'B'],
        answers.slice(0, SHOWN.answers).map(({ label, field, a, b }) => [code(label), code(field), code(a), code(b)]),
      ),
    ),
  ];
}

function details(title: string, lines: readonly string[], rows = lines.length): string[] {
  return rows === 0 ? [] : ['', `<details><summary>${title}</summary>`, '', ...lines, '', '</details>'];
}

/** @returns nothing where there are no rows */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

/**
 * A text as a code span that holds in a table cell, whatever is in the text: names come from an image. A code span mentions
 * nobody, links to nothing and is no HTML (GitHub Flavored Markdown, "Code spans"; "Tables" for the pipe).
 */
export function code(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, ' ').trim();
  if (plain === '') return '';
  const longest = Math.max(0, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = /^`|`$/.test(plain) ? ' ' : '';
  return `${fence}${space}${plain.replaceAll('|', '\\|')}${space}${fence}`;
}
