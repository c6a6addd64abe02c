import { h } from '../dom.js';
import { type Page, pathLink, section, table } from '../parts.js';

/** Warnings, repairs, places that reading can't follow, and what the image is. */
export function notesView(page: Page): HTMLElement {
  const { report } = page.side.data;
  const { unsound, image, python, shrunk, pyshrink, budget } = report;
  const list = (texts: readonly string[]) =>
    h(
      'ul',
      {},
      texts.map((text) => h('li', {}, text)),
    );
  return h(
    'div',
    {},
    section('Warnings', report.warnings.length === 0 ? 'There are none.' : null, list(report.warnings)),
    report.notes.length > 0 && section('Notes', null, list(report.notes)),
    section(
      'Repairs',
      report.repairs.length === 0 ? 'None was needed.' : 'A comparison showed that these were missing.',
      table(
        'Repairs',
        ['path', 'why'],
        report.repairs.map(({ path, text }) => [pathLink(page, path), text]),
        [1],
      ),
    ),
    budget !== null &&
      section(
        budget.exceeded ? 'The budget is exceeded' : 'The budget is kept',
        `At most ${budget.maxSize ?? 'any number of'} bytes and ${budget.maxFiles ?? 'any number of'} files.`,
      ),
    section(
      'Places that reading can’t follow',
      `${unsound.own} in the app's own code, ${unsound.libraries} in libraries. pyshrink why --unsound lists them.`,
    ),
    section(
      'About',
      null,
      table(
        'About this report',
        ['what', 'value'],
        [
          ['original', `${image.reference} (${image.id})`],
          ['small image', shrunk === null ? 'none' : `${shrunk.name} (${shrunk.id})`],
          ['level', shrunk?.level ?? 'none'],
          ['platform', image.platform],
          ['Python', `${python.version}, ${python.executable}`],
          ['made by', `pyshrink ${pyshrink}`],
        ],
        [1],
      ),
    ),
  );
}
