import type { Changed, Diff } from '../../diffmodel.js';
import { h } from '../dom.js';
import { bytes, plural } from '../format.js';
import { chainList, type Page, pathLink, section, table } from '../parts.js';

/** What differs between the two small images of a comparison. */
export function changesView(page: Page, diff: Diff): HTMLElement {
  const { a, b, things, programs, answers } = diff;
  return h(
    'div',
    {},
    section(
      'What changed',
      `B compared with A. The switch at the top chooses which of them the other tabs show.${
        diff.basis === 'used' ? ' Not both of them were assembled, so this is about what the runs used. Sizes are not known.' : ''
      }`,
      table(
        'Both images',
        ['what', 'A', 'B', 'change'],
        [
          ['original', a.reference, b.reference, ''],
          ['small image', a.name ?? 'none', b.name ?? 'none', ''],
          ['level', a.level ?? 'none', b.level ?? 'none', ''],
          ['size', known(a.size), known(b.size), a.size === null || b.size === null ? '' : signed(b.size - a.size)],
          ['kept', known(a.kept.bytes), known(b.kept.bytes), signed(diff.bytes)],
          ['files', String(a.kept.files), String(b.kept.files), `${diff.files < 0 ? '−' : '+'}${Math.abs(diff.files)}`],
          ['answers', a.outcome ?? 'not compared', b.outcome ?? 'not compared', ''],
        ],
      ),
    ),
    section(
      'By distribution and package',
      things.length === 0 ? 'Nothing changed.' : 'The largest change first. Each shows what came and went, and why on both sides.',
      ...things.map((thing) => thingItem(page, thing)),
    ),
    section(
      'Programs',
      programs.came.length + programs.went.length === 0 ? 'The programs are the same.' : null,
      list(page, 'Came in with B', programs.came),
      list(page, 'Went with A', programs.went),
    ),
    section(
      'Answers',
      answers.length === 0
        ? 'No answer changed, but for what varies by itself.'
        : 'Answers that are another, and did not vary by themselves.',
      answers.length > 0 &&
        table(
          'Answers that changed',
          ['step', 'field', 'A', 'B'],
          answers.map((one) => [one.label, one.field, h('pre', {}, one.a), h('pre', {}, one.b)]),
          [1, 2, 3],
        ),
    ),
  );
}

function thingItem(page: Page, { name, a, b, bytes: by, came, went }: Changed): HTMLElement {
  const version = [...new Set([a, b].flatMap((side) => side?.version ?? []))].join(' → ');
  const kept = (side: Changed['a']) => (side ? amount(side.kept) : 'nothing');
  return h(
    'details',
    { class: 'thing' },
    h(
      'summary',
      {},
      h('span', { class: 'thing-name' }, `${name} ${version}`.trim()),
      h('span', { class: 'note' }, `${kept(a)} → ${kept(b)}`),
      h('span', { class: 'size change' }, signed(by)),
    ),
    a && a.chain.length > 0 && h('h3', {}, 'Why it is in A'),
    a && chainList(page, a.chain),
    b && b.chain.length > 0 && h('h3', {}, 'Why it is in B'),
    b && chainList(page, b.chain),
    list(page, 'Came in with B', came),
    list(page, 'Went with A', went),
  );
}

function list(page: Page, title: string, paths: readonly string[]): HTMLElement | null {
  if (paths.length === 0) return null;
  return h(
    'div',
    {},
    h('h3', {}, `${title}: ${paths.length}`),
    h(
      'ul',
      { class: 'paths' },
      paths.map((path) => h('li', {}, pathLink(page, path))),
    ),
  );
}

function known(size: number | null): string {
  return size === null ? 'not known' : bytes(size);
}

function amount({ files, bytes: size }: Diff['a']['kept']): string {
  return size === null ? plural(files, 'file') : bytes(size);
}

function signed(by: number | null): string {
  if (by === null) return '';
  return `${by < 0 ? '−' : '+'}${bytes(Math.abs(by))}`;
}
