import { type Command, InvalidArgumentError, type OptionValues } from '@commander-js/extra-typings';
import { imageSize, SIZE_FORM } from '../sizes.js';

type BudgetFlags = {
  /** Bytes. */
  maxSize?: number;
  maxFiles?: number;
};

/** How large the shrunk image may be. */
export function withBudget<A extends unknown[], O extends OptionValues, G extends OptionValues>(
  command: Command<A, O, G>,
): Command<A, O & BudgetFlags, G> {
  command
    .option('--max-size <SIZE>', 'how large the shrunk image may be, for instance 120MB; exit code 5 if it is larger', parseMegabytes)
    .option('--max-files <N>', 'how many files it may have; exit code 5 if it has more', parseFiles);
  // The compiler can't follow the inferred types of so many options, so these have a written one.
  return command as unknown as Command<A, O & BudgetFlags, G>;
}

/** Bytes of a size of an image. */
function parseMegabytes(text: string): number {
  const bytes = imageSize(text);
  if (bytes === undefined) throw new InvalidArgumentError(SIZE_FORM);
  return bytes;
}

function parseFiles(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a number of files.');
  return Number(text);
}
