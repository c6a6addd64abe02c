import { h } from '../dom.js';
import { bytes, plural } from '../format.js';
import { type Page, pathList, section } from '../parts.js';

/** The list behind a number: the paths for which the test is true, the largest first. */
export function filesView(page: Page, title: string, test: (index: number) => boolean): HTMLElement {
  const { side } = page;
  const found = side.where(test).sort((a, b) => side.size(b) - side.size(a));
  const files = found.filter(side.isFile);
  const sum = files.reduce((total, index) => total + side.size(index), 0);
  const others = found.length - files.length;
  const note = `${plural(files.length, 'file')}${others > 0 ? ` and ${plural(others, 'link')}` : ''}, ${bytes(sum)}, the largest first.`;
  return h('div', {}, section(`List: ${title}`, note, pathList(page, found)));
}
