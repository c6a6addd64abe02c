import type { Command } from '@commander-js/extra-typings';
import { ExitCode, usageError } from '../errors.js';
import { goneWith, programs, unsound, why } from '../pipeline/look.js';
import { linkText } from '../report/lines.js';
import type { Program } from '../report/programs.js';
import { unsoundLines } from '../report/why.js';
import { goneLines } from '../report/whytree.js';
import { megabytes } from '../ui/table.js';
import { print, say } from './print.js';

/** `pyshrink why PATH|MODULE|PACKAGE` */
export function defineWhy(command: Command<[], { json?: true }>, finish: (code: number) => void): void {
  command
    .argument('[PATH|MODULE|PACKAGE]')
    .option('--unsound', 'list the places in the code that compute what they import or execute')
    .option('--tree', 'list what would go with it: all that is kept only because of it')
    .option('--programs', 'list every program that is kept: bytes with what only it needs, and who names it')
    .action(async (subject, flags) => {
      if (flags.unsound) {
        const { image, spots } = await unsound();
        print(flags.json, spots, unsoundLines(spots, image));
      } else if (flags.programs) {
        const list = await programs();
        print(flags.json, list, list.map(programLine));
      } else {
        if (subject === undefined) throw usageError('why needs a path, a module or a distribution', 'For instance `pyshrink why sqlite3`.');
        if (flags.tree) {
          const tree = await goneWith(subject);
          print(flags.json, tree, goneLines(tree));
        } else {
          const answer = await why(subject);
          say(answer.level ? `in the small image of ${answer.image}, level ${answer.level}:` : `in the trace of ${answer.image}:`);
          print(flags.json, answer, answer.lines);
        }
      }
      finish(ExitCode.done);
    });
}

function programLine({ path, brings, because, by, line }: Program): string {
  return `${megabytes(brings).padStart(9)}  ${path}: ${linkText({ text: because, file: by ?? null, line: line ?? null })}`;
}
