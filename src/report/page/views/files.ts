import { h } from '../dom.js';
import { bytes, plural } from '../format.js';
import { type Page, pathList, section } from '../parts.js';

/** The list behind a number: the paths for which the test is true, the largest first. */
export function filesView(page: Page, title: string, test: (index: number) => boolean): HTMLElement {
  const { side } = page;
  const found = side.where(test).sort((a, b) => side.size(b) - side.size(a));
  const sum = found.reduce((total, index) => total + side.size(index), 0);
  return h(
    'div',
    {},
    section(`List: ${title}`, `${plural(found.length, 'path')}, ${bytes(sum)}, the largest first.`, pathList(page, found)),
  );
}
