/**
 * The page of a report for an image of 100,000 made-up paths: how large it is, how long it takes until it can be used, and
 * how long a search takes until its results are in the page, in headless Chromium. The browser is started anew for each run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { pageOf } from '../src/report/html.js';
import { bundlePage } from '../src/report/page/bundle.mjs';
import { madeUpPage } from '../test/support/pagedata.js';
import { median } from './median.js';

const RUNS = 5;
const QUERIES = ['e', 'libpq', 'numpy core', '.py', 'pandas.core.model', 'x86_64-linux-gnu'];

const { html: template } = await bundlePage();
const html = pageOf(template, [madeUpPage(100_000)]);
console.log(`file: ${(html.length / 1e6).toFixed(2)} MB, compressed once more: ${(gzipSync(html).length / 1e6).toFixed(2)} MB`);
const folder = mkdtempSync(join(tmpdir(), 'pyshrink-bench-'));
try {
  const file = join(folder, 'report.html');
  writeFileSync(file, html);
  const opened: number[] = [];
  const searched = new Map<string, number[]>(QUERIES.map((query) => [query, []]));
  for (let run = 0; run < RUNS; run++) {
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('html[data-ready]', { state: 'attached' });
    // Milliseconds since the page was asked for.
    opened.push(Number(await page.getAttribute('html', 'data-ready')));
    for (const query of QUERIES) {
      await page.fill('#search', query);
      searched.get(query)?.push(Number(await page.getAttribute('#results', 'data-took')));
    }
    await browser.close();
  }
  console.log(`open: ${median(opened).toFixed(0)} ms (${opened.map((ms) => ms.toFixed(0)).join(', ')})`);
  for (const [query, took] of searched) console.log(`search ${JSON.stringify(query)}: ${median(took).toFixed(0)} ms`);
} finally {
  rmSync(folder, { recursive: true });
}
