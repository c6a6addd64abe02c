import { chainFrom } from './chain.js';
import { KIND_NAMES } from './colours.js';
import { h } from './dom.js';
import { bytes, percent, plural } from './format.js';
import { bar, chainList, command, link, number, type Page, pathItem, pathLink, place, thingLink } from './parts.js';
import { pathOf, type TreeNode } from './tree.js';

/** So many entries of a folder or package are shown; the rest is a list of its own. */
const SHOWN = 12;

/** Why a path is kept or left out. */
export function pathDetails(page: Page, index: number): HTMLElement {
  const { side } = page;
  const { data } = side;
  const kept = side.isKept(index);
  const [first, ...others] = side.reasons(index);
  const owner = data.paths.owner[index] ?? -1;
  const thing = data.owners[owner];
  const step = data.report.timeline[data.paths.step[index] ?? -1];
  const chain = kept ? chainFrom({ of: data.paths.reasons, reasons: data.reasons }, index) : [];
  const folder = side.tree.leaves[index]?.parent;
  return h(
    'div',
    {},
    h('h2', { class: 'path', tabindex: -1 }, side.path(index)),
    h('p', {}, h('span', { class: kept ? 'state kept' : 'state left' }, kept ? 'kept' : 'left out'), ` ${bytes(side.size(index))}`),
    side.stripped(index) > 0 &&
      h('p', {}, `Left out of it: ${bytes(side.stripped(index))} of debug information, which only debuggers read.`),
    h('h3', {}, kept ? 'Why it is in the image' : 'Why it is left out'),
    kept
      ? h(
          'ol',
          { class: 'chain', id: 'chain' },
          chain.map(({ path, reason }) =>
            h(
              'li',
              {},
              path === index ? h('code', { class: 'path' }, side.path(path)) : pathLink(page, side.path(path)),
              h('span', { class: 'why' }, `${reason.text} `, h('span', { class: 'rule' }, reason.reason)),
              reason.file !== null && place(page, side.path(reason.file), reason.line),
            ),
          ),
        )
      : h('p', {}, first ? `It is ${first.text}.`.replace(/^It is (named|not) /, 'It is $1 ') : 'No reason is recorded.'),
    kept && first && others.length > 0 && h('h3', {}, `All reasons, the strongest first (${others.length + 1})`),
    kept &&
      first &&
      others.length > 0 &&
      h(
        'ol',
        { class: 'reasons' },
        [first, ...others].map((reason) =>
          h(
            'li',
            {},
            h('span', { class: 'why' }, `${reason.text} `, h('span', { class: 'rule' }, reason.reason)),
            reason.file !== null && place(page, side.path(reason.file), reason.line),
            reason.parents.length > 0 &&
              h(
                'span',
                { class: 'place' },
                h('span', {}, 'for'),
                pathLink(page, side.path(reason.parents[0] ?? -1)),
                reason.parents.length > 1 && h('span', {}, `and ${reason.parents.length - 1} more`),
              ),
          ),
        ),
      ),
    h('h3', {}, 'What it is'),
    h(
      'dl',
      {},
      fact('Kind', KIND_NAMES[data.kinds[data.paths.kind[index] ?? 0] ?? ''] ?? ''),
      thing && fact(thing.thing === 'package' ? 'Package' : 'Distribution', thingLink(page, thing)),
      kept && fact('Layer', data.layers[data.paths.layer[index] ?? -1] ?? 'none'),
      step && fact('First used', step.label),
      folder &&
        fact(
          'Folder',
          link(pathOf(folder), () => page.openFolder(folder), { class: 'link path' }),
        ),
    ),
    !kept && h('h3', {}, 'To keep it'),
    !kept && command(`--include ${quoted(side.path(index))}`),
    kept && h('h3', {}, 'To leave it out'),
    kept && command(`--exclude ${quoted(side.path(index))}`),
  );
}

/** What is in a folder. */
export function folderDetails(page: Page, node: TreeNode): HTMLElement {
  const { side } = page;
  const content = [...(node.children?.values() ?? [])].sort((a, b) => b.bytes - a.bytes);
  const inside = new Set(side.tree.order.subarray(node.start, node.end));
  const path = pathOf(node);
  return h(
    'div',
    {},
    h('h2', { class: 'path', tabindex: -1 }, path),
    h('p', {}, `${bytes(node.kept)} of ${bytes(node.bytes)} kept (${percent(node.kept, node.bytes)})`),
    bar(node.kept, node.bytes),
    h(
      'p',
      {},
      number(page, plural([...inside].filter(side.isFile).length, 'file'), `all files below ${path}`, (index) => inside.has(index)),
    ),
    h('h3', {}, 'In this folder'),
    h(
      'ul',
      { class: 'paths' },
      content.slice(0, 2 * SHOWN).map((child) =>
        child.leaf >= 0
          ? pathItem(page, child.leaf)
          : h(
              'li',
              {},
              h('span', { class: 'state' }, percent(child.kept, child.bytes)),
              link(`${child.name}/`, () => page.openFolder(child), { class: 'link path' }),
              h('span', { class: 'size' }, bytes(child.bytes)),
            ),
      ),
    ),
    content.length > 2 * SHOWN && h('p', { class: 'note' }, `and ${content.length - 2 * SHOWN} smaller ones`),
  );
}

/** A distribution or a package of the operating system. */
export function ownerDetails(page: Page, owner: number): HTMLElement {
  const { side } = page;
  const { data } = side;
  const thing = data.owners[owner];
  const totals = side.owners[owner];
  if (!thing || !totals) return h('div', {});
  const { report, paths } = data;
  const name = thing.version === null ? thing.name : `${thing.name} ${thing.version}`;
  const same = (one: { thing: string; name: string }) => one.thing === thing.thing && one.name === thing.name;
  const large = report.largest.find(same);
  const cut = report.cuts.find(same) ?? report.nearly.find(same);
  const files = side.where((index) => paths.owner[index] === owner).sort((a, b) => side.size(b) - side.size(a));
  const best = files.find(side.isKept);
  return h(
    'div',
    {},
    h('h2', { tabindex: -1 }, name),
    h('p', {}, `${bytes(totals.keptBytes)} of ${bytes(totals.bytes)} kept (${percent(totals.keptBytes, totals.bytes)})`),
    bar(totals.keptBytes, totals.bytes),
    h(
      'p',
      {},
      number(page, plural(totals.files, 'file'), `all files of ${name}`, (index) => paths.owner[index] === owner),
    ),
    (large || best !== undefined) && h('h3', {}, 'Why it is in the image'),
    large
      ? chainList(page, large.chain)
      : best !== undefined &&
          h(
            'ol',
            { class: 'chain', id: 'chain' },
            chainFrom({ of: paths.reasons, reasons: data.reasons }, best).map(({ path, reason }) =>
              h(
                'li',
                {},
                pathLink(page, side.path(path)),
                h('span', { class: 'why' }, `${reason.text} `, h('span', { class: 'rule' }, reason.reason)),
                reason.file !== null && place(page, side.path(reason.file), reason.line),
              ),
            ),
          ),
    large && large.neededBy.length > 0 && h('h3', {}, `Who needs it (${large.needs})`),
    large &&
      h(
        'ul',
        { class: 'paths' },
        large.neededBy.map((path) => h('li', {}, pathLink(page, path))),
      ),
    large?.exclude && h('h3', {}, `To leave it out, which saves ${bytes(large.saves)}`),
    large?.exclude && command(large.exclude),
    cut && h('h3', {}, 'Why it is left out, or a part of it'),
    cut && h('p', {}, cut.text),
    cut && command(cut.include),
    h('h3', {}, 'Its largest files'),
    h(
      'ul',
      { class: 'paths' },
      files.slice(0, SHOWN).map((index) => pathItem(page, index)),
    ),
  );
}

function fact(term: string, value: Node | string): Node[] {
  return [h('dt', {}, term), h('dd', {}, value)];
}

/** A word of a shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
