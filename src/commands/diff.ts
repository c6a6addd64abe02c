import type { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { diff, diffPage } from '../pipeline/look.js';
import { diffLines } from '../report/difflines.js';
import { diffMarkdown } from '../report/markdown.js';
import { savePage } from './page.js';
import { print } from './print.js';

/** `pyshrink diff A B` */
export function defineDiff(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  command
    .argument('<A>', 'an image that was made here, a trace, or a folder with results')
    .argument('<B>', 'what it is compared with')
    .option('--markdown', 'as a comment for a pull request')
    .option('--html <FILE>', 'write a page for a browser into this file, instead of the text')
    .action(async (a, b, { json, markdown, html }) => {
      const page = html === undefined ? undefined : await diffPage(a, b);
      const document = page?.diff ?? (await diff(a, b));
      const pageLines = html !== undefined && page ? await savePage(html, page.html) : undefined;
      print(json, document, pageLines ?? (markdown ? diffMarkdown(document) : diffLines(document)));
      finish(ExitCode.done);
    });
}
