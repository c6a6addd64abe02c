import { h } from './dom.js';
import { bytes, grouped, plural } from './format.js';
import type { Page } from './parts.js';

const VERDICTS = { same: 'same', different: 'differ', unproven: 'not proven' } as const;

/** The numbers at the top. Each is a button to the list behind it. */
export function cards(page: Page): HTMLElement[] {
  const { report } = page.side.data;
  const { before, after, ratio } = report.sizes;
  const cut = report.cuts[0];
  const comparison = report.comparison;
  const beforeSize = before.layers ?? before.merged?.bytes ?? page.side.tree.root.bytes;
  const beforeFiles = before.merged?.files ?? page.side.data.paths.path.length;
  return [
    card('before', bytes(beforeSize), plural(beforeFiles, 'file'), () => page.list('all files of the original', () => true)),
    after &&
      card('after', bytes(after.layers ?? after.merged.bytes), plural(after.merged.files, 'file'), () =>
        page.list('what is kept', page.side.isKept),
      ),
    ratio !== null && card('smaller', `${ratio.toFixed(1)} times`, 'by kind and package', () => page.show('contents')),
    comparison &&
      card(
        'answers',
        VERDICTS[comparison.outcome],
        `${plural(comparison.compared, 'answer')}, ${grouped(comparison.varied.length)} varied`,
        () => page.show('answers'),
        comparison.outcome === 'same' ? 'good' : 'bad',
      ),
    cut &&
      card('largest cut', cut.thing === 'file' ? (cut.name.split('/').at(-1) ?? cut.name) : cut.name, bytes(cut.omitted.bytes), () =>
        page.show('cuts'),
      ),
    card('programs', grouped(report.programs.length), 'can be run in it', () => page.show('programs')),
  ].filter((one) => one instanceof HTMLElement);
}

function card(name: string, value: string, note: string, act: () => void, mood = ''): HTMLElement {
  return h(
    'button',
    { type: 'button', class: `card ${mood}`, 'data-card': name, click: act },
    h('span', { class: 'card-name' }, name),
    h('span', { class: 'card-value' }, value),
    h('span', { class: 'card-note' }, note),
  );
}
