import type { SmokeResult } from '../smoke/smoke.js';

/** Characters of a text, and missed paths, that are shown. */
const SHOWN = { text: 300, paths: 20 };

/** What the checks and the comparison of a shrunk image found. */
export interface Findings extends Pick<SmokeResult, 'differences' | 'missing' | 'compared'> {
  /** What would not start. */
  problems: readonly string[];
  /** Number of static checks. */
  checked: number;
}

/** A verdict as lines of text. Where everything is equal, it is one line with the counts. */
export function verdictLines({ problems, differences, missing, compared, checked }: Findings): string[] {
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

/** The part of two texts where they begin to differ, with some text before and after it. */
function difference(original: string, shrunk: string): string[] {
  let at = 0;
  while (at < original.length && original[at] === shrunk[at]) at++;
  const from = Math.max(0, at - 40);
  const show = (text: string) =>
    `${from > 0 ? '...' : ''}${text.slice(from, from + SHOWN.text)}${text.length > from + SHOWN.text ? '...' : ''}`;
  return [`  original: ${show(original)}`, `  shrunk:   ${show(shrunk)}`];
}
