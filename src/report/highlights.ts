import { megabytes } from '../ui/table.js';
import { budgetLines, linkText, titleOf } from './lines.js';
import type { LargeKept, Report } from './model.js';

/** Names in one line. */
const NAMED = 4;

/** The most useful lines of a report, at most ten: what `shrink` ends with. Where the image is too large, what takes most of it instead. */
export function highlights(report: Report): string[] {
  const { largest, cuts, nearly, coverage, comparison, layers, budget, programs } = report;
  if (budget?.exceeded) return budgetLines(budget, report);
  const things = largest.filter(({ thing }) => thing !== 'interpreter');
  const [first] = things;
  const [near] = nearly;
  const missed = coverage.own.filter(({ ran }) => !ran).map(({ path }) => path);
  const varied = (comparison?.varied ?? []).filter(({ what }) => what !== 'header date').length;
  return [
    line(
      'layers',
      layers.after.map(({ name, bytes }) => `${name} ${megabytes(bytes)}`),
    ),
    line(
      'largest',
      things.map((one) => `${titleOf(one)} ${megabytes(one.kept.bytes)}`),
    ),
    ...(first ? whyLine(first) : []),
    line(
      'cut',
      cuts.map((one) => `${titleOf(one)} ${megabytes(one.omitted.bytes)}`),
    ),
    line(
      `programs (${programs.length})`,
      programs.map(({ path, brings }) => `${path} ${megabytes(brings)}`),
    ),
    ...(near ? [`nearly kept: ${near.name} ${megabytes(near.omitted.bytes)} (${near.include})`] : []),
    `of the app's own code, ${coverage.modules.ran} of ${coverage.modules.all} modules ran${coverage.functions?.all ? ` and ${coverage.functions.ran} of ${coverage.functions.all} functions` : ''}${missed.length > 0 ? `; not ${missed.slice(0, NAMED).join(', ')}` : ''}`,
    ...(varied > 0
      ? [varied === 1 ? 'one place in the answers varies by itself' : `${varied} places in the answers vary by themselves`]
      : []),
    'more: pyshrink report, pyshrink why NAME',
  ].filter((text) => text !== '');
}

function line(title: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  return `${title}: ${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ' and more' : ''}`;
}

/** How it is reached from the app's own code, or from what ran: `/app/app.py:3 → pandas/__init__.py → numpy/__init__.py`, and its own reason. */
function whyLine({ name, chain }: LargeKept): string[] {
  const [link] = chain;
  if (!link) return [];
  if (chain.length === 1) return [`why ${name}: ${link.path}: ${linkText(link)}`];
  const steps = chain.map(({ path }, index) => {
    const shown = index === chain.length - 1 ? path : path.split('/').slice(-2).join('/');
    // The line that leads on is known to the link before.
    const next = chain[index - 1];
    return next?.file === path && next.line !== null ? `${shown}:${next.line}` : shown;
  });
  const shown = steps.length > NAMED + 1 ? [...steps.slice(0, 2), '...', ...steps.slice(2 - NAMED)] : steps;
  return [`why ${name}: ${shown.reverse().join(' → ')}: ${link.text}`];
}
