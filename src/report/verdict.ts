import type { Verdict } from '../smoke/verdict.js';

/** Characters of a text, and number of paths, that are shown. */
const SHOWN = { text: 300, paths: 20 };

/** A verdict as lines of text. Where everything is equal, it is one line with the counts. */
export function verdictLines(verdict: Verdict): string[] {
  const { problems, differences, missing, compared, checked } = verdict;
  const lines = [
    ...problems.map((problem) => `broken: ${problem}`),
    ...differences.flatMap(({ where, what, original, shrunk }) => [`differs: ${where}: ${what}`, ...difference(original, shrunk)]),
    ...missing.slice(0, SHOWN.paths).map((path) => `missed: ${path} was looked up and not found, but the original has it`),
    ...(missing.length > SHOWN.paths ? [`missed: and ${missing.length - SHOWN.paths} more`] : []),
  ];
  return [
    ...lines,
    `${compared} answers compared, ${differences.length} differ; ${checked} static checks, ${problems.length} broken; ${missing.length} look-ups missed`,
  ];
}

/** The part of two texts where they begin to differ, with some text around it. */
function difference(original: string, shrunk: string): string[] {
  let at = 0;
  while (at < original.length && original[at] === shrunk[at]) at++;
  const from = Math.max(0, at - 40);
  const show = (text: string) =>
    `${from > 0 ? '...' : ''}${text.slice(from, from + SHOWN.text)}${text.length > from + SHOWN.text ? '...' : ''}`;
  return [`  original: ${show(original)}`, `  shrunk:   ${show(shrunk)}`];
}
