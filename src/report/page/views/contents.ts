import type { Report, Thing } from '../../model.js';
import { KIND_NAMES } from '../colours.js';
import { h } from '../dom.js';
import { bytes, percent } from '../format.js';
import { bar, number, type Page, section, table, thingLink } from '../parts.js';

type Change = Pick<Report['kinds'][number], 'before' | 'after'>;

/** What the image holds: by kind, distribution, package and layer, before and after. */
export function contentsView(page: Page): HTMLElement {
  const { side } = page;
  const { report, paths, kinds, layers } = side.data;
  const most = (rows: readonly Change[]) => Math.max(1, ...rows.map(({ before }) => before.bytes));
  const inOwner = (thing: Thing) => {
    const owner = side.data.owners.findIndex((one) => one.thing === thing.thing && one.name === thing.name);
    return (index: number) => paths.owner[index] === owner;
  };
  const rows = (list: readonly (Change & { title: string; head: Node | string; test: (index: number) => boolean })[]) => {
    const top = most(list);
    return list.map(({ title, head, before, after, test }) => [
      h('span', {}, head),
      number(page, bytes(before.bytes), title, test),
      number(page, bytes(after.bytes), `what is kept of ${title}`, (index) => side.isKept(index) && test(index)),
      percent(after.bytes, before.bytes),
      bar(after.bytes, before.bytes, top),
    ]);
  };
  const heads = ['', 'before', 'after', 'kept', ''];
  const named = (first: string) => [first, ...heads.slice(1, 4), 'share'];
  const things = (list: readonly (Thing & Change)[]) =>
    rows(list.map((one) => ({ ...one, title: one.name, head: thingLink(page, one), test: inOwner(one) })));
  return h(
    'div',
    {},
    section(
      'By kind',
      'Every number opens the list of the files behind it.',
      table(
        'Sizes by kind of file',
        named('kind'),
        rows(
          report.kinds.map((one) => {
            const kind = kinds.indexOf(one.kind);
            const title = KIND_NAMES[one.kind] ?? one.kind;
            return { ...one, title, head: title, test: (index: number) => paths.kind[index] === kind };
          }),
        ),
      ),
    ),
    report.distributions.length > 0 &&
      section('By distribution', null, table('Sizes by Python distribution', named('distribution'), things(report.distributions))),
    report.packages.length > 0 &&
      section(
        'By package of the operating system',
        null,
        table('Sizes by package of the operating system', named('package'), things(report.packages)),
      ),
    section(
      'By layer of the small image',
      null,
      table(
        'Layers of the small image',
        ['layer', 'files', 'size'],
        report.layers.after.map((layer) => {
          const own = layers.indexOf(layer.name);
          const test = (index: number) => paths.layer[index] === own;
          const title = `the layer ${layer.name}`;
          return [layer.name, number(page, String(layer.files), title, test), number(page, bytes(layer.bytes), title, test)];
        }),
      ),
    ),
    report.layers.before !== null &&
      section(
        'By layer of the original',
        'Bottom first.',
        table(
          'Layers of the original',
          ['made by', 'size'],
          report.layers.before.map(({ command, bytes: size }) => [
            command === '' ? '(no command is recorded)' : h('code', {}, command),
            bytes(size),
          ]),
        ),
      ),
  );
}
