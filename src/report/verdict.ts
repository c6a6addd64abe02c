import { concealedIn } from '../conceal.js';
import type { Variation } from '../smoke/compare.js';
import { conclusionOf, type Verdict } from '../smoke/verdict.js';
import { plural } from '../ui/table.js';

/** Characters of a text, and numbers of paths and of places that vary, that are shown. */
const SHOWN = { text: 300, paths: 20, varied: 10, word: 60 };

/** A verdict as lines of text: what is wrong, what varies by itself, what was not compared, and the counts. */
export function verdictLines(whole: Verdict): string[] {
  // Before a text is cut: a part of a secret would not be found.
  const verdict = concealedIn(whole);
  const { problems, differences, missing, excluded, further, varied, uncompared } = verdict;
  const gotFurther = new Set(further);
  return [
    ...problems.map((problem) => `broken: ${problem}`),
    ...differences.flatMap(({ run, where, what, original, shrunk }) => [
      `differs: ${whose(run)}${where}: ${what}`,
      ...difference(original, shrunk),
    ]),
    ...shown(missing, SHOWN.paths, (path) =>
      gotFurther.has(path)
        ? `missed: the shrunk image looked for ${path}, which no traced run looked for; the original has it`
        : `missed: the shrunk image looked for ${path} and did not find it; the original has it`,
    ),
    ...(differences.length > 0
      ? shown(excluded, SHOWN.paths, (path) => `excluded: the shrunk image looked for ${path}, which --exclude leaves out`)
      : []),
    // Each answer has another date, which says nothing. --json lists it too.
    ...shown(
      varied.filter(({ what }) => what !== 'header date'),
      SHOWN.varied,
      variation,
    ),
    ...uncompared.map((what) => `not compared: ${what}`),
    ...(conclusionOf(verdict) === 'unproven' ? ['Nothing was compared, so nothing is proven.'] : []),
    counts(verdict),
  ];
}

/** What is found in the log of a server. It is no answer, so it does not count as one. */
const IN_LOG = ['exception', 'error line'];

/** The numbers of answers and of static checks, in one line. */
function counts({ compared, differences, checked, problems, missing }: Verdict): string {
  const inLog = differences.filter(({ what }) => IN_LOG.includes(what)).length;
  const differing = new Set(differences.flatMap(({ run, where, what }) => (IN_LOG.includes(what) ? [] : [`${whose(run)}${where}`]))).size;
  return [
    differing === 0
      ? `${plural(compared, 'answer')} equal`
      : `${differing} of ${plural(Math.max(compared, differing), 'answer')} different`,
    ...(inLog > 0 ? [`${plural(inLog, 'new error')} in the log`] : []),
    problems.length === 0 ? `${plural(checked, 'static check')} passed` : `${problems.length} of ${plural(checked, 'static check')} failed`,
    ...(missing.length > 0 ? [`${plural(missing.length, 'path')} missing`] : []),
  ].join(', ');
}

function shown<T>(all: readonly T[], most: number, line: (one: T) => string): string[] {
  return [...all.slice(0, most).map(line), ...(all.length > most ? [`and ${all.length - most} more (--json lists them)`] : [])];
}

function variation({ run, where, what, place, originals, shrunk }: Variation): string {
  const from = shownFrom([...originals, shrunk], SHOWN.word, 20);
  const quoted = (text: string) => JSON.stringify(excerpt(text, from, SHOWN.word));
  const values = [...new Set(originals)].map(quoted).join(' or ');
  return `varies: ${whose(run)}${where}: ${what}${place === '' ? '' : ` at ${place}`}: ${values} in the original, ${quoted(shrunk)} in the shrunk image`;
}

/** The run of something, where the runs have names. */
function whose(run: string | undefined): string {
  return run === undefined ? '' : `${run}: `;
}

/** The part of two texts where they begin to differ, with some text around it. */
function difference(original: string, shrunk: string): string[] {
  const from = shownFrom([original, shrunk], 0, 40);
  return [`  original: ${excerpt(original, from, SHOWN.text)}`, `  shrunk:   ${excerpt(shrunk, from, SHOWN.text)}`];
}

/**
 * Where the part of texts begins that is shown: some characters before they begin to differ.
 * @param whole texts of this length are shown from their beginning
 */
function shownFrom(texts: readonly string[], whole: number, before: number): number {
  const [first = '', ...others] = texts;
  // They are equal where only a secret differs.
  if (others.every((text) => text === first) || texts.every(({ length }) => length <= whole)) return 0;
  let at = 0;
  while (at < first.length && others.every((text) => text[at] === first[at])) at++;
  return Math.max(0, at - before);
}

function excerpt(text: string, from: number, length: number): string {
  return `${from > 0 ? '...' : ''}${text.slice(from, from + length)}${text.length > from + length ? '...' : ''}`;
}
