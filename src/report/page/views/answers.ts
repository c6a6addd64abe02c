import type { PageAnswer, PageField } from '../../pagemodel.js';
import { h } from '../dom.js';
import { plural } from '../format.js';
import { type Page, section, table } from '../parts.js';

/** Longest text in UTF-16 code units that is shown in a cell of a table. */
const SHORT = 80;

const OUTCOMES = { same: 'The answers are the same.', different: 'The answers differ.', unproven: 'Nothing is proven.' } as const;

/** The answers of both images side by side, and what was accepted as varying. */
export function answersView(page: Page): HTMLElement {
  const { answers, report } = page.side.data;
  const { comparison } = report;
  return h(
    'div',
    {},
    comparison === null
      ? section('Comparison', 'The small image was not compared with the original.')
      : section(
          OUTCOMES[comparison.outcome],
          `${plural(comparison.compared, 'answer')} compared, ${plural(comparison.checked, 'static check')}, ${plural(comparison.varied.length, 'place')} accepted as varying.`,
          lines('Problems', comparison.problems),
          comparison.differences.length > 0 &&
            table(
              'Differences',
              ['where', 'what', 'original', 'small image'],
              comparison.differences.map(({ where, what, original, shrunk }) => [
                where,
                what,
                h('pre', {}, original),
                h('pre', {}, shrunk),
              ]),
              [1, 2, 3],
            ),
          lines('Looked for and missing in the small image', comparison.missing),
          lines('Not compared', comparison.uncompared),
        ),
    answers.length > 0 && section('Answers of both images', null, ...answers.map(answerItem)),
    comparison !== null &&
      comparison.varied.length > 0 &&
      section(
        'Accepted as varying',
        'These places vary by themselves: the runs of the original differ there, or it is known of their kind.',
        table(
          'Accepted as varying',
          ['where', 'what', 'place', 'original', 'small image'],
          comparison.varied.map(({ where, what, place, originals, shrunk }) => [
            where,
            what,
            place,
            h('pre', {}, originals.join('\n')),
            h('pre', {}, shrunk),
          ]),
          [1, 2, 3, 4],
        ),
      ),
  );
}

function lines(title: string, list: readonly string[]): HTMLElement | null {
  if (list.length === 0) return null;
  return h(
    'div',
    {},
    h('h3', {}, title),
    h(
      'ul',
      {},
      list.map((line) => h('li', {}, line)),
    ),
  );
}

/** `equal`, `varies`, `differs`, `not compared` */
function stateOf({ differs, varied, shrunk }: PageField): string {
  if (shrunk === null) return 'not compared';
  if (differs) return 'differs';
  return varied.length > 0 ? 'varies' : 'equal';
}

const STATE_CLASS: Readonly<Record<string, string>> = { equal: 'kept', varies: 'varies', differs: 'differs', 'not compared': 'left' };

function answerItem({ label, run, fields }: PageAnswer): HTMLElement {
  const states = fields.map(stateOf);
  const state = ['differs', 'varies', 'not compared'].find((one) => states.includes(one)) ?? 'equal';
  return h(
    'details',
    { class: 'thing', open: state === 'differs' },
    h(
      'summary',
      {},
      h('span', { class: 'thing-name' }, label === 'app' ? 'the app itself' : label),
      h('span', { class: 'note' }, `run ${run + 1}`),
      h('span', { class: `state ${STATE_CLASS[state]}` }, state),
    ),
    shortFields(label, run, fields.filter(isShort)),
    ...fields.filter((field) => !isShort(field)).map((field) => longField(field, `${field.name} of ${label}, run ${run + 1}`)),
  );
}

/** Whether all texts of a field fit into a cell of a table. */
function isShort({ originals, shrunk }: PageField): boolean {
  return [...originals, shrunk ?? ''].every((text) => text.length <= SHORT && !text.includes('\n'));
}

function badge(field: PageField): HTMLElement {
  const state = stateOf(field);
  return h('span', { class: `state ${STATE_CLASS[state]}` }, state);
}

function shortFields(label: string, run: number, fields: readonly PageField[]): HTMLElement | null {
  if (fields.length === 0) return null;
  return table(
    `Fields of ${label}, run ${run + 1}`,
    ['field', 'original', 'small image', 'result'],
    fields.map((field) => [
      field.name,
      h('pre', {}, [...new Set(field.originals)].join('\n')),
      h('pre', {}, field.shrunk ?? ''),
      h('span', {}, badge(field), field.varied.length > 0 && ` accepted as varying: ${field.varied.join('; ')}`),
    ]),
    [1, 2, 3],
  );
}

function longField(field: PageField, of: string): HTMLElement {
  return h(
    'div',
    { class: 'field' },
    h('h3', {}, `${field.name} `, badge(field)),
    h(
      'div',
      { class: 'both' },
      // Runs with the same text are one.
      [...new Set(field.originals)].map((text, index, all) =>
        answer(all.length === 1 ? 'original' : `original, ${index + 1} of ${all.length} answers`, text, of),
      ),
      field.shrunk !== null && answer('small image', field.shrunk, of),
    ),
    field.varied.length > 0 && h('p', { class: 'note' }, `Accepted as varying: ${field.varied.join('; ')}`),
  );
}

/** `of`: what it is an answer to, for a screen reader. */
function answer(title: string, text: string, of: string): HTMLElement {
  return h('figure', {}, h('figcaption', {}, title), h('pre', { tabindex: 0, role: 'region', 'aria-label': `${title}, ${of}` }, text));
}
