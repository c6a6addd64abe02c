import { h } from '../dom.js';
import { bytes, plural } from '../format.js';
import { chainList, command, type Page, pathLink, section, table, thingLink } from '../parts.js';

/** The largest things that are kept, each with why, and what leaving it out would save. */
export function keptView(page: Page): HTMLElement {
  const { largest } = page.side.data.report;
  return h(
    'div',
    {},
    section(
      'The largest things in the small image',
      largest.length === 0 ? 'Nothing is known about them: there is no small image yet.' : 'Why each is there, and how to leave it out.',
      ...largest.map((one) =>
        h(
          'details',
          { class: 'thing' },
          h(
            'summary',
            {},
            h('span', { class: 'thing-name' }, one.version === null ? one.name : `${one.name} ${one.version}`),
            h('span', { class: 'size' }, bytes(one.kept.bytes)),
          ),
          h('p', {}, thingLink(page, one), `: ${page.side.amount(one.kept)}. Without it, ${bytes(one.saves)} less.`),
          h('h3', {}, 'Why it is in the image'),
          chainList(page, one.chain),
          one.neededBy.length > 0 && h('h3', {}, `Who needs it (${one.needs})`),
          h(
            'ul',
            { class: 'paths' },
            one.neededBy.map((path) => h('li', {}, pathLink(page, path))),
          ),
          one.exclude !== null && h('h3', {}, 'To leave it out'),
          one.exclude !== null && command(one.exclude),
        ),
      ),
    ),
  );
}

/** What is left out: the largest cuts, and what nearly came in. */
export function cutsView(page: Page): HTMLElement {
  const { cuts, nearly } = page.side.data.report;
  const rows = (list: typeof cuts) =>
    list.map((one) => [thingLink(page, one), bytes(one.omitted.bytes), String(one.omitted.files), one.text, command(one.include)]);
  const heads = ['what', 'size', 'files', 'why', 'to keep it'];
  return h(
    'div',
    {},
    section(
      'The largest cuts',
      'What the small image does not have, the largest first.',
      table('The largest cuts', heads, rows(cuts), [3, 4]),
    ),
    nearly.length > 0 &&
      section(
        'What nearly came in',
        'Code names these, but no run used them, and they are expensive.',
        table('What nearly came in', heads, rows(nearly), [3, 4]),
      ),
  );
}

/** Every program of the small image, and who names it. */
export function programsView(page: Page): HTMLElement {
  const { programs } = page.side.data.report;
  return h(
    'div',
    {},
    section(
      `Programs in the small image: ${programs.length}`,
      'Each program that can be run, who names it, and what would go with it.',
      table(
        plural(programs.length, 'program'),
        ['program', 'size', 'brings', 'why', 'named by'],
        programs.map(({ path, size, brings, because, by, line }) => [
          pathLink(page, path),
          bytes(size),
          bytes(brings),
          because,
          by === null ? 'nothing' : pathLink(page, by, line),
        ]),
        [3, 4],
      ),
    ),
  );
}
