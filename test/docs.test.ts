import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import fg from 'fast-glob';
import { expect, it } from 'vitest';

const CHECKOUT = fileURLToPath(new URL('../', import.meta.url));
const PAGES = fg.sync(['*.md', 'docs/*.md'], { cwd: CHECKOUT });
const textOf = (page: string) => readFileSync(join(CHECKOUT, page), 'utf8');

/** Names of a page's headings as GitHub makes them. */
function anchors(page: string): string[] {
  return [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

it.each(PAGES)('%s has no broken links', (page) => {
  const broken = [...textOf(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].filter(([, path = '', anchor]) => {
    const target = path === '' ? page : normalize(join(dirname(page), path));
    return !existsSync(join(CHECKOUT, target)) || (anchor !== undefined && target.endsWith('.md') && !anchors(target).includes(anchor));
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

it('keeps the README short', () => {
  expect(textOf('README.md').split(/\s+/).filter(Boolean).length).toBeLessThanOrEqual(900);
});
