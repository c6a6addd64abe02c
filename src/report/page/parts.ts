import type { Link, Thing } from '../model.js';
import { h } from './dom.js';
import { bytes } from './format.js';
import type { Side } from './side.js';
import type { TreeNode } from './tree.js';

/** The views, which are the tabs of the page. */
export const VIEWS = ['map', 'contents', 'kept', 'cuts', 'programs', 'exercise', 'answers', 'notes', 'files', 'changes'] as const;
export type ViewName = (typeof VIEWS)[number];

/** What the views ask the page to do. */
export interface Page {
  readonly side: Side;
  /** Shows why a path is kept or left out. */
  open(path: number): void;
  openFolder(node: TreeNode): void;
  openOwner(owner: number): void;
  /** Lists the paths for which the test is true: what is behind a number. */
  list(title: string, test: (index: number) => boolean): void;
  show(view: ViewName): void;
}

/** A button that looks like a link. */
export function link(text: string, act: () => void, attributes: Record<string, string> = {}): HTMLButtonElement {
  return h('button', { type: 'button', class: 'link', ...attributes, click: act }, text);
}

/** A path, with a line where one is given: a button where the page knows it. */
export function pathLink(page: Page, path: string, line: number | null = null): HTMLElement {
  const index = page.side.find(path);
  const text = line === null ? path : `${path}:${line}`;
  return index === undefined ? h('code', {}, text) : link(text, () => page.open(index), { class: 'link path' });
}

/** A distribution, package or file: a button where the page knows it. */
export function thingLink(page: Page, { thing, name, version }: Thing): HTMLElement {
  if (thing === 'file') return pathLink(page, name);
  const owner = page.side.data.owners.findIndex((one) => one.thing === thing && one.name === name);
  const text = version === null ? name : `${name} ${version}`;
  return owner < 0 ? h('span', {}, text) : link(text, () => page.openOwner(owner));
}

/** A number of bytes or files that opens the list behind it. */
export function number(page: Page, text: string, title: string, test: (index: number) => boolean): HTMLElement {
  return link(text, () => page.list(title, test), { class: 'link number', 'aria-label': `${text}: list ${title}` });
}

/** Options of the command line, with a button that copies them. */
export function command(text: string): HTMLElement {
  const button = h(
    'button',
    {
      type: 'button',
      class: 'copy',
      'aria-label': `Copy ${text}`,
      click: () => {
        // A page from a file may not write to the clipboard; then the text is selected.
        const done = () => {
          button.textContent = 'Copied';
        };
        navigator.clipboard?.writeText(text).then(done, () => getSelection()?.selectAllChildren(code));
      },
    },
    'Copy',
  );
  const code = h('code', {}, text);
  return h('span', { class: 'command' }, code, button);
}

/** A table with a caption for screen readers. Columns after the first are numbers, but for those that are named in `texts`. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (Node | string | null)[])[],
  texts: readonly number[] = [],
): HTMLElement {
  const kind = (column: number) => (column === 0 || texts.includes(column) ? undefined : 'num');
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    // On a narrow screen a row is a block. Then only the roles say that this is a table.
    h(
      'table',
      { role: 'table' },
      h('caption', { class: 'unseen' }, caption),
      h(
        'thead',
        { role: 'rowgroup' },
        h(
          'tr',
          { role: 'row' },
          ...heads.map((head, column) => h('th', { role: 'columnheader', scope: 'col', class: kind(column) }, head)),
        ),
      ),
      h(
        'tbody',
        { role: 'rowgroup' },
        rows.map((row) =>
          h(
            'tr',
            { role: 'row' },
            row.map((cell, column) =>
              column === 0
                ? h('th', { role: 'rowheader', scope: 'row' }, cell)
                : h('td', { role: 'cell', class: kind(column), 'data-head': heads[column] }, cell),
            ),
          ),
        ),
      ),
    ),
  );
}

/** A bar that shows how much of something is kept. The numbers are beside it as text. */
export function bar(kept: number, all: number, of = all): HTMLElement {
  const outer = h('span', { class: 'bar', 'aria-hidden': 'true' });
  const inner = h('span', { class: 'bar-kept' });
  outer.style.width = `${of > 0 ? Math.max((100 * all) / of, 0.5) : 0}%`;
  inner.style.width = `${all > 0 ? (100 * kept) / all : 0}%`;
  outer.append(inner);
  return h('span', { class: 'bar-room' }, outer);
}

/** A section with a heading, and a note below it. */
export function section(title: string, note: string | null, ...content: (Node | null | false)[]): HTMLElement {
  return h('section', {}, h('h2', {}, title), note !== null && h('p', { class: 'note' }, note), content);
}

/** A chain of reasons from the report as a list. */
export function chainList(page: Page, chain: readonly Link[]): HTMLElement {
  return h(
    'ol',
    { class: 'chain' },
    chain.map(({ path, text, file, line, reason }) =>
      h(
        'li',
        {},
        pathLink(page, path),
        h('span', { class: 'why' }, `${text} `, h('span', { class: 'rule' }, reason)),
        file !== null && place(page, file, line),
      ),
    ),
  );
}

/** File and line of the code that names a path. */
export function place(page: Page, file: string, line: number | null): HTMLElement {
  return h('span', { class: 'place' }, h('span', {}, 'at'), pathLink(page, file, line));
}

/** Paths as buttons, with sizes; so many at once, and a button for more. */
export function pathList(page: Page, paths: readonly number[], shown = 200): HTMLElement {
  const list = h('ul', { class: 'paths' });
  let at = 0;
  const more = h('button', { type: 'button', class: 'more', click: () => add() }, '');
  const add = () => {
    for (const index of paths.slice(at, at + shown)) list.append(pathItem(page, index));
    at += shown;
    more.textContent = `Show more (${Math.max(paths.length - at, 0)} left)`;
    more.hidden = at >= paths.length;
  };
  add();
  return h('div', {}, list, more);
}

/** A path in a list: its state in words, and its size. */
export function pathItem(page: Page, index: number): HTMLElement {
  const kept = page.side.isKept(index);
  return h(
    'li',
    {},
    h('span', { class: kept ? 'state kept' : 'state left' }, kept ? 'kept' : 'left out'),
    link(page.side.path(index), () => page.open(index), { class: 'link path' }),
    h('span', { class: 'size' }, bytes(page.side.size(index))),
  );
}
