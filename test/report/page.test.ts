import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { describe, expect } from 'vitest';
import { diffOf } from '../../src/report/diff.js';
import { layOut } from '../../src/report/page/layout.js';
import { Side } from '../../src/report/page/side.js';
import { pathOf } from '../../src/report/page/tree.js';
import { pageData } from '../../src/report/pagedata.js';
import { LAYOUT } from '../support/analyst.js';
import { closeBrowserAfterwards, htmlOf, openHtml, screenshot } from '../support/browser.js';
import { smallImage } from '../support/inside.js';
import { makeTrace } from '../support/keep.js';
import { needing } from '../support/needs.js';
import { madeUpDiff, madeUpPage } from '../support/pagedata.js';

const test = needing('program chromium');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { width: 390, height: 844 };
const LIBPQ = '/usr/lib/x86_64-linux-gnu/libpq.so.5.15';
const VIEWS = ['map', 'contents', 'kept', 'cuts', 'programs', 'exercise', 'answers', 'notes'];
const data = madeUpPage(3000);
const text = (page: Page, selector: string) => page.innerText(selector);
const live = (page: Page) => page.evaluate(() => document.getElementById('live')?.textContent ?? '');

closeBrowserAfterwards();

/** Opens every view, with all that can be opened in it. */
async function eachView(page: Page, act: (view: string) => Promise<void>): Promise<void> {
  for (const view of VIEWS) {
    await page.click(`#tab-${view}`);
    await page.evaluate(() => {
      for (const one of document.querySelectorAll('details')) one.open = true;
    });
    await act(view);
  }
}

/** What axe finds against WCAG 2.1 AA: `rule: selector`. */
async function axe(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const tool = (
      globalThis as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> } }
    ).axe;
    const { violations } = await tool.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] });
    return violations.flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ target }) => `${id}: ${target.join(' ')}`));
  });
}

describe('the page of a report, in a browser', () => {
  test('opens without an error, and says what came out', async () => {
    const { page, problems } = await openHtml(await htmlOf(data));
    expect(await page.title()).toBe('shop/api:1.8 – pyshrink report');
    const cards = await text(page, '#cards');
    expect(cards).toContain('answers\nsame');
    expect(cards).toContain(`${((data.report.sizes.after?.layers ?? 0) / 1e6).toFixed(1)} MB`);
    expect(problems).toEqual([]);
  });

  test('answers "why is libpq in my image" in two actions, with the chain to the app, its file and its line', async () => {
    const { page, problems } = await openHtml(await htmlOf(data));
    await page.fill('#search', 'libpq');
    await page.click(`#results button:text("${LIBPQ}")`);
    const links = await page.locator('#chain > li').allInnerTexts();
    expect(links).toHaveLength(3);
    expect(links[0]).toContain(`${LIBPQ}\na library that a kept file needs (DT_NEEDED)`);
    expect(links[1]).toContain('/psycopg2/_psycopg.cpython-313-x86_64-linux-gnu.so');
    expect(links[1]).toMatch(/at\s+\/app\/app\.py:12$/);
    expect(links[2]).toContain("/app/app.py\nthe app's own code");
    expect(problems).toEqual([]);
  });

  test('answers "what was my largest cut" without an action, and says how to keep it after one', async () => {
    const { page } = await openHtml(await htmlOf(data));
    const cut = data.report.cuts[0] as (typeof data.report.cuts)[number];
    expect(await text(page, '[data-card="largest cut"]')).toContain(cut.name);
    await page.click('[data-card="largest cut"]');
    const row = await text(page, '#view tbody tr:first-child');
    expect(row).toContain(cut.text);
    expect(row).toContain(cut.include);
  });

  test('answers "which programs are in it" in one action', async () => {
    const { page } = await openHtml(await htmlOf(data));
    await page.click('[data-card=programs]');
    for (const { path, because } of data.report.programs) {
      expect(await text(page, '#view')).toContain(path);
      expect(await text(page, '#view')).toContain(because);
    }
  });

  test('finds paths, modules and packages as one types, as text', async () => {
    const { page } = await openHtml(await htmlOf(data));
    await page.locator('#search').pressSequentially('nump');
    expect(await text(page, '#results li:first-child')).toMatch(/numpy \d/);
    const module = data.paths.path.find((path) => /\/numpy\/\w+\/\w+\.py$/.test(path)) as string;
    await page.fill('#search', module.slice(module.indexOf('numpy')).replace('.py', '').replaceAll('/', '.'));
    expect(await text(page, '#results')).toContain(module);
    await page.fill('#search', 'no such thing');
    expect(await text(page, '#results')).toContain('0 paths');
  });

  test('zooms into a folder of the map and back', async () => {
    const { page, problems } = await openHtml(await htmlOf(data));
    const box = await page.locator('#canvas').boundingBox();
    const { tree } = new Side(data);
    const tiles = layOut(tree.root, box?.width ?? 0, box?.height ?? 0);
    const folder = tiles.find(({ node, header }) => header > 0 && pathOf(node).endsWith('site-packages/numpy'));
    await page.click('#canvas', { position: { x: (folder?.x0 ?? 0) + 12, y: (folder?.y0 ?? 0) + 8 } });
    expect(await text(page, '#crumbs [aria-current]')).toBe('numpy');
    expect(await text(page, '#details h2')).toBe('/usr/local/lib/python3.13/site-packages/numpy');
    const file = layOut((folder as { node: (typeof tree)['root'] }).node, box?.width ?? 0, box?.height ?? 0).find(
      ({ node }) => node.leaf >= 0,
    );
    const middle = { x: ((file?.x0 ?? 0) + (file?.x1 ?? 0)) / 2, y: ((file?.y0 ?? 0) + (file?.y1 ?? 0)) / 2 };
    await page.click('#canvas', { position: middle });
    expect(await text(page, '#details h2')).toBe(data.paths.path[file?.node.leaf ?? -1]);
    await page.click('#crumbs button:text-is("usr")');
    expect(await text(page, '#crumbs [aria-current]')).toBe('usr');
    expect(problems).toEqual([]);
  });

  test('goes back and forward with the buttons of the browser', async () => {
    const { page } = await openHtml(await htmlOf(data));
    await page.click('[data-card=programs]');
    await page.click('#view button.path:has-text("/usr/bin/curl")');
    await page.click('#details dd button:text-is("/usr/bin")');
    expect(await text(page, '#crumbs [aria-current]')).toBe('bin');
    await page.goBack();
    expect(await text(page, '#view h2')).toContain('Programs in the small image');
    expect(await text(page, '#details h2')).toBe('/usr/bin/curl');
    await page.goBack();
    await page.goBack();
    expect(await page.getAttribute('#tab-map', 'aria-selected')).toBe('true');
    await page.goForward();
    expect(await text(page, '#view h2')).toContain('Programs in the small image');
  });

  test('colours the map by what one chooses', async () => {
    const { page } = await openHtml(await htmlOf(data));
    const before = await page.locator('#canvas').screenshot();
    expect(await text(page, '#legend')).toContain('numpy');
    await page.selectOption('#mode', 'kind');
    expect(await text(page, '#legend')).toContain('installed distributions');
    expect((await page.locator('#canvas').screenshot()).equals(before)).toBe(false);
    const legends = new Set<string>();
    const modes = await page.locator('#mode option').evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
    for (const mode of modes) {
      await page.selectOption('#mode', mode);
      legends.add(await text(page, '#legend'));
    }
    expect([modes, legends.size]).toEqual([['owner', 'kind', 'layer', 'reason'], 4]);
  });

  test('opens the list behind a number, and the list has just that many files', async () => {
    const { page } = await openHtml(await htmlOf(data));
    await page.click('#tab-contents');
    await page.locator('#view tr', { hasText: "the app's own code" }).locator('button').first().click();
    const own = data.paths.path.filter((_, index) => data.kinds[data.paths.kind[index] ?? 0] === 'app');
    expect((await page.locator('#view .paths .path').allInnerTexts()).sort()).toEqual(own);
    await page.click('[data-card=after]');
    const files = String(data.report.sizes.after?.merged.files).replace(/(\d)(\d{3})$/, '$1 $2');
    expect(await text(page, '#view .note')).toContain(`${files} files and 1 link, `);
  });

  test('shows the timeline, the coverage, and the answers of both images with what varied', async () => {
    const { page } = await openHtml(await htmlOf(data));
    await page.click('#tab-exercise');
    expect(await page.locator('.timeline > li').count()).toBe(data.report.timeline.length);
    expect(await text(page, '#view')).toContain('export_csv (line 88)');
    await page.click('#tab-answers');
    await page.click('summary:has-text("POST /items")');
    const field = await text(page, 'tr:has-text("body") >> visible=true');
    expect(field).toContain('"id": "3f2a"');
    expect(field).toContain('"id": "c01d"');
    await page.click('summary:has-text("the app itself")');
    expect(await page.locator('.field pre:visible').allInnerTexts()).toEqual([
      'INFO started\nWARNING slow\n',
      'INFO started\n',
      'INFO started\nWARNING slow\n',
    ]);
    expect(await text(page, '#view')).toContain('accepted as varying: id: a token');
  });

  test('can be used with the keyboard alone', async () => {
    const { page } = await openHtml(await htmlOf(data));
    await page.keyboard.press('/');
    await page.keyboard.type('libpq.so');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(LIBPQ);
    await page.keyboard.press('Escape');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('tab-map');
    await page.keyboard.press('ArrowRight');
    expect(await page.getAttribute('#tab-contents', 'aria-selected')).toBe('true');
    await page.keyboard.press('ArrowLeft');
    await page.focus('#canvas');
    await page.keyboard.press('ArrowRight');
    const first = await live(page);
    expect(first).toMatch(/^\/.*: .*(kept|left out)/);
    await page.keyboard.press('ArrowDown');
    expect(await live(page)).not.toBe(first);
    await page.keyboard.press('Enter');
    expect(await text(page, '#details h2')).toBe((await live(page)).replace(/: .*/, ''));
  });

  test('is accessible by the rules of axe in light and dark, wide and on a phone', async () => {
    const html = await htmlOf(data);
    const found: string[] = [];
    for (const look of [{}, { dark: true }, { ...PHONE }]) {
      const { page } = await openHtml(html, { ...look, bypassCSP: true });
      await eachView(page, async (view) => {
        for (const one of await axe(page)) found.push(`${JSON.stringify(look)} ${view}: ${one}`);
      });
      await page.click('#tab-contents');
      await page.locator('#view tr', { hasText: "the app's own code" }).locator('button').first().click();
      expect(await text(page, '#view h2')).toMatch(/^List: /);
      for (const one of await axe(page)) found.push(`${JSON.stringify(look)} list of files: ${one}`);
      await page.fill('#search', 'libpq');
      for (const one of await axe(page)) found.push(`${JSON.stringify(look)} search: ${one}`);
      await page.keyboard.press('Enter');
      for (const one of await axe(page)) found.push(`${JSON.stringify(look)} details: ${one}`);
      await page.close();
    }
    expect(found).toEqual([]);
  });

  test('fits on a phone, and shows details over the view until they are closed', async () => {
    const { page } = await openHtml(await htmlOf(data), PHONE);
    await eachView(page, async (view) =>
      expect(await page.evaluate(() => document.documentElement.scrollWidth), view).toBeLessThanOrEqual(PHONE.width),
    );
    await page.fill('#search', 'libpq');
    await page.click(`#results button:text("${LIBPQ}")`);
    const box = await page.locator('#details').boundingBox();
    expect(box?.y).toBeLessThan(PHONE.height / 2);
    await page.click('#details dd button.path');
    expect(await text(page, '#crumbs [aria-current]')).toBe('x86_64-linux-gnu');
    expect(await page.evaluate(() => document.getElementById('details')?.classList.contains('shown'))).toBe(false);
    await page.goBack();
    await page.click('#close');
    expect(await page.evaluate(() => document.getElementById('details')?.classList.contains('shown'))).toBe(false);
  });

  test('is light, dark, or what the button says', async () => {
    const html = await htmlOf(data);
    const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const shots = new Set<string>();
    const colours: string[] = [];
    // The light one is docs/page.png.
    const wide = { width: 1280, height: 800 };
    for (const [name, look] of Object.entries({ light: wide, dark: { ...wide, dark: true }, phone: PHONE })) {
      const { page } = await openHtml(html, look);
      colours.push(await ground(page));
      if (name !== 'phone') {
        await page.fill('#search', 'libpq');
        await page.click(`#results button:text("${LIBPQ}")`);
        await page.mouse.move(0, 0);
      }
      shots.add((await screenshot(page, name)).toString('base64'));
      await page.click('#theme');
      colours.push(await ground(page));
      await page.close();
    }
    const [light, dark] = colours;
    expect(light).not.toBe(dark);
    expect(colours).toEqual([light, dark, dark, light, light, dark]);
    expect(shots.size).toBe(3);
  });

  test('shows scripts in names, log lines and answers as text, and runs none of them', async () => {
    const planted = `<img src=x onerror="window.planted=1"></script><script>window.planted=1</script><svg onload=window.planted=1>'"\u202e`;
    const { page, problems } = await openHtml(await htmlOf(madeUpPage(600, 2, (own) => own + planted)));
    await eachView(page, async (view) => {
      const shown = await text(page, view === 'map' ? '#details' : '#view');
      expect(shown, view).toContain(view === 'map' ? 'In this folder' : '<script>window.planted=1</script>');
      expect(shown, view).not.toContain('\u202e');
    });
    await page.fill('#search', 'script');
    await page.click('#results .paths button.path');
    expect(await text(page, '#details')).toContain('onerror="window.planted=1"');
    expect(await page.evaluate(() => 'planted' in window)).toBe(false);
    expect(await page.locator('#page img, #page script, #page svg').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test('its own policy stops scripts, styles, requests and HTML from text', async () => {
    const { page, problems } = await openHtml(await htmlOf(data));
    const stopped = await page.evaluate(async () => {
      const script = document.createElement('script');
      let refused = false;
      try {
        document.body.innerHTML += '<b>x</b>';
      } catch {
        refused = true;
      }
      try {
        script.text = 'window.planted = 1';
        document.body.append(script);
      } catch {
        // Trusted types refuse it before the policy of scripts does.
      }
      const asked = await fetch('https://example.invalid/').catch(() => 'refused');
      return [refused, 'planted' in window, asked];
    });
    expect(stopped).toEqual([true, false, 'refused']);
    expect(problems.join('\n')).toContain('connect-src');
  });

  test('compares two images', async () => {
    const image = madeUpPage(3000, 7);
    image.report.image.reference = 'shop/api:1.9';
    const diff = madeUpDiff(data.report, image.report);
    const { page, problems } = await openHtml(await htmlOf(data, { image, diff }));
    expect(await text(page, '#view')).toContain('What changed');
    await page.click('summary:has-text("pandas")');
    expect(await text(page, 'details[open]')).toMatch(/Why it is in A[\s\S]*Why it is in B[\s\S]*Came in with B: 1/);
    expect(await text(page, '#view')).toContain('Hello, moon');
    expect(await text(page, '#subject')).toBe('shop/api:1.9');
    await page.check('#sides label:first-of-type input');
    expect(await text(page, '#subject')).toBe('shop/api:1.8');
    expect(problems).toEqual([]);
    const found: string[] = [];
    for (const look of [{}, { dark: true }, { ...PHONE }]) {
      const { page: checked } = await openHtml(await htmlOf(data, { image, diff }), { ...look, bypassCSP: true });
      await checked.evaluate(() => {
        for (const one of document.querySelectorAll('details')) one.open = true;
      });
      for (const one of await axe(checked)) found.push(`${JSON.stringify(look)}: ${one}`);
      expect(await checked.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(checked.viewportSize()?.width ?? 0);
      await checked.close();
    }
    expect(found).toEqual([]);
  });

  test('compares two traces from which nothing was assembled', async () => {
    const traced = (path: string) => ({
      ...smallImage(),
      trace: makeTrace(['exec /usr/bin/python3', `open ${path}`], { python: LAYOUT }),
      made: undefined,
      check: undefined,
    });
    const [a, b] = [traced('/app/old.py'), traced('/app/new.py')];
    const html = await htmlOf(pageData(a), { image: pageData(b), diff: diffOf(a, b) });
    const { page, problems } = await openHtml(html, { bypassCSP: true });
    const shown = await text(page, '#view');
    expect(shown).toContain('this is about what the runs used');
    expect(shown).toMatch(/\/app\/new\.py\s+nothing → 1 file/);
    await page.click('summary:has-text("/app/new.py")');
    expect(await text(page, 'details[open]')).toContain('opened by python3');
    await eachView(page, async () => expect(await axe(page)).toEqual([]));
    expect(problems).toEqual([]);
  });

  test('holds an image of 100,000 paths in less than 3 MB, and finds a path in it', async () => {
    const html = await htmlOf(madeUpPage(100_000));
    expect(Buffer.byteLength(html)).toBeLessThan(3e6);
    const { page, problems } = await openHtml(html);
    expect(await text(page, '[data-card=before]')).toMatch(/99 99\d files/);
    await page.fill('#search', 'libpq');
    await page.click(`#results button:text("${LIBPQ}")`);
    expect(await text(page, '#details h2')).toBe(LIBPQ);
    expect(problems).toEqual([]);
  });

  test('says that a damaged report is damaged', async () => {
    const html = await htmlOf(data);
    const { page } = await openHtml(html.replace(/(id="data">.{200}).{40}/, '$1'));
    expect(await text(page, '#loading')).toMatch(/^This report is damaged .*Make it again with pyshrink report --html\.$/);
  });
});
