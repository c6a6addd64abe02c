import type { Command } from '@commander-js/extra-typings';
import { ExitCode } from '../errors.js';
import { report } from '../index.js';
import { reportLines } from '../report/lines.js';
import { reportMarkdown } from '../report/markdown.js';
import { withBudget } from './flags.js';
import { print } from './print.js';

/** `pyshrink report [IMAGE|TRACE|FOLDER]` */
export function defineReport(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  withBudget(command)
    .argument('[IMAGE|TRACE|FOLDER]', 'what to look at (default: the newest)')
    .option('--markdown', 'as a comment for a pull request')
    .action(async (subject, { json, markdown, maxSize, maxFiles }) => {
      const document = await report({ subject, maxSize, maxFiles });
      print(json, document, markdown ? reportMarkdown(document) : reportLines(document));
      finish(document.budget?.exceeded ? ExitCode.overBudget : ExitCode.done);
    });
}
