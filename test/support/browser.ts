import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll } from 'vitest';
import type { Diff } from '../../src/report/diffmodel.js';
import { pageOf } from '../../src/report/html.js';
import { bundlePage } from '../../src/report/page/bundle.mjs';
import type { PageData } from '../../src/report/pagemodel.js';

/** How a page is opened. */
export interface Look {
  width?: number;
  height?: number;
  dark?: boolean;
  /** Lets scripts of the test into the page, against its own policy. */
  bypassCSP?: boolean;
}

export interface Opened {
  page: Page;
  /** Messages on the console, errors, requests to a network, and what the page's policy has stopped. */
  problems: string[];
}

let started: Promise<Browser> | undefined;
let template: Promise<string> | undefined;

/** Closes the browser after the tests of this file. */
export function closeBrowserAfterwards(): void {
  afterAll(async () => {
    await (await started)?.close();
    started = undefined;
  });
}

/** The page of a report as HTML, from the sources of today. */
export async function htmlOf(image: PageData, other?: { image: PageData; diff: Diff }): Promise<string> {
  template ??= bundlePage().then(({ html }) => html);
  return pageOf(await template, other ? [image, other.image] : [image], other?.diff);
}

/** Opens HTML from a file in Chromium, as a user would. */
export async function openHtml(html: string, { width = 1440, height = 900, dark = false, bypassCSP = false }: Look = {}): Promise<Opened> {
  // The sandbox needs rights that containers of CI don't give. The page is our own.
  started ??= chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const browser = await started;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? 'dark' : 'light', bypassCSP });
  const problems: string[] = [];
  page.on('console', (message) => problems.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) problems.push(`request: ${request.url()}`);
  });
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) => console.log(`policy: ${event.violatedDirective} ${event.sample}`)),
  );
  const file = join(mkdtempSync(join(tmpdir(), 'pyshrink-page-')), 'report.html');
  writeFileSync(file, html);
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector('html[data-ready], #loading:not(:empty)');
  await page.waitForFunction(() => document.documentElement.dataset.ready !== undefined || !/^Reading/.test(document.body.innerText));
  return { page, problems };
}

/** Writes a screenshot into the folder that PYSHRINK_SCREENSHOTS names, or into a temporary one. Returns its bytes. */
export async function screenshot(page: Page, name: string): Promise<Buffer> {
  const folder = process.env.PYSHRINK_SCREENSHOTS ?? mkdtempSync(join(tmpdir(), 'pyshrink-shots-'));
  mkdirSync(folder, { recursive: true });
  return page.screenshot({ path: join(folder, `${name}.png`) });
}
