import { announce, byId, h } from './dom.js';
import { bytes, percent, plural } from './format.js';
import { link, type Page, pathItem } from './parts.js';
import { search } from './search.js';

/** So many results are in the list. */
const SHOWN = 100;
const OWNERS_SHOWN = 8;

/** Connects the search field: results come as one types, as text, and the arrow keys move between them. */
export function searchBox(page: Page): { close(): void } {
  const field = byId<HTMLInputElement>('search');
  const results = byId('results');
  const close = () => {
    results.hidden = true;
    results.replaceChildren();
  };
  const update = () => {
    const query = field.value.trim();
    if (query === '') return close();
    const { side } = page;
    const start = performance.now();
    const { best, count } = search(side.index, query, SHOWN, side.data.paths.size, side.isKept);
    const owners = ownersNamed(page, query);
    const said = `${plural(count, 'path')}${owners.length > 0 ? `, ${plural(owners.length, 'package')}` : ''}`;
    results.replaceChildren(
      h('p', { class: 'note' }, count > SHOWN ? `${said}; the first ${SHOWN} are shown` : said),
      h(
        'ul',
        { class: 'paths' },
        owners.slice(0, OWNERS_SHOWN).map((owner) => ownerItem(page, owner)),
        best.map((index) => pathItem(page, index)),
      ),
    );
    results.hidden = false;
    // For the benchmark: how long it took until the results are in the page.
    results.dataset.took = String(performance.now() - start);
    announce(said);
  };
  field.addEventListener('input', update);
  field.addEventListener('focus', () => {
    if (results.hidden) update();
  });
  const buttons = () => [...results.querySelectorAll<HTMLButtonElement>('button')];
  field.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      field.value = '';
      close();
    } else if (event.key === 'ArrowDown') buttons()[0]?.focus();
    else if (event.key === 'Enter') buttons()[0]?.click();
    else return;
    event.preventDefault();
  });
  results.addEventListener('keydown', (event) => {
    const all = buttons();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'ArrowDown') all[Math.min(at + 1, all.length - 1)]?.focus();
    else if (event.key === 'ArrowUp') (at <= 0 ? field : all[at - 1])?.focus();
    else if (event.key === 'Escape') {
      close();
      field.focus();
      close();
    } else return;
    event.preventDefault();
  });
  document.addEventListener('click', (event) => {
    if (event.target instanceof Node && !results.contains(event.target) && event.target !== field) close();
  });
  return { close };
}

/** Distributions and packages that have the query in their names: first those that begin with it, of these what is kept, then the largest. */
function ownersNamed(page: Page, query: string): number[] {
  const needle = query.toLowerCase();
  const { side } = page;
  const begins = (owner: number) => side.data.owners[owner]?.name.toLowerCase().startsWith(needle) === true;
  const isKept = (owner: number) => (side.owners[owner]?.keptBytes ?? 0) > 0;
  return side.data.owners
    .map((_, owner) => owner)
    .filter((owner) => side.data.owners[owner]?.name.toLowerCase().includes(needle))
    .sort(
      (a, b) =>
        Number(begins(b)) - Number(begins(a)) ||
        Number(isKept(b)) - Number(isKept(a)) ||
        (side.owners[b]?.bytes ?? 0) - (side.owners[a]?.bytes ?? 0),
    );
}

function ownerItem(page: Page, owner: number): HTMLElement {
  const thing = page.side.data.owners[owner];
  const totals = page.side.owners[owner];
  if (!thing || !totals) return h('li', {});
  return h(
    'li',
    {},
    h('span', { class: 'state' }, `${percent(totals.keptBytes, totals.bytes)} kept`),
    link(thing.version === null ? thing.name : `${thing.name} ${thing.version}`, () => page.openOwner(owner)),
    h('span', { class: 'size' }, `${thing.thing}, ${bytes(totals.bytes)}`),
  );
}
