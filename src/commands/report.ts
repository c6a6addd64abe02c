import type { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { report, reportPage } from '../pipeline/look.js';
import { reportLines } from '../report/lines.js';
import { reportMarkdown } from '../report/markdown.js';
import { withBudget } from './budgetflags.js';
import { savePage } from './page.js';
import { print } from './print.js';

/** `pyshrink report [IMAGE|TRACE|FOLDER]` */
export function defineReport(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  withBudget(command)
    .argument('[IMAGE|TRACE|FOLDER]', 'what to look at (default: the newest)')
    .option('--markdown', 'as a comment for a pull request')
    .option('--html <FILE>', 'write a page for a browser into this file, instead of the text')
    .action(async (subject, { json, markdown, html, maxSize, maxFiles }) => {
      const options = { subject, maxSize, maxFiles };
      const page = html === undefined ? undefined : await reportPage(options);
      const document = page?.report ?? (await report(options));
      const pageLines = html !== undefined && page ? await savePage(html, page.html) : undefined;
      print(json, document, pageLines ?? (markdown ? reportMarkdown(document) : reportLines(document)));
      finish(document.budget?.exceeded ? ExitCode.overBudget : ExitCode.done);
    });
}
