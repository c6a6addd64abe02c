import type { Spans } from './likeness.js';
import type { Quantity } from './numbers.js';

/** Words for a time that something took. They are whole words, or parts between `_` and `-`. */
const MEASURED =
  /(?:^|[_-])(?:elapsed|duration|latency|took|(?:process|response|request|wall|cpu|run|exec|execution|total)[_-]?time)(?=$|[_-])/;
/** Further names that are only believed where the value varies: many settings have them, too. */
const MAYBE = /(?:^|[_-])(?:time|timing|times|seconds|secs|ms|us|ns)(?=$|[_-])/;
/** What comes between a name and its value: `"elapsed": 0.1`, `took=0.1`, and labels of Prometheus. */
const JOINT = `(?:\\{[^}]*\\})?["']?\\s*[:=]?\\s*`;
const NAME = new RegExp(`([\\w-]+)${JOINT}$`);
/** Words that say that something took the time that follows: `done in 3 s`. */
const SAID =
  /\b(?:took|after running|(?:done|finished|completed|built|loaded|ready|ran|passed|processed|took|executed|compiled|started)\b[^.\n]*\bin)\s*$/i;

/** The name of a value, in the form `process_time`: what stands right before it. */
function nameOf(before: string): string {
  const name = NAME.exec(before.slice(-64))?.[1] ?? '';
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
}

/** Whether values that vary are times that something took, by their unit, or by the name before them and their size. */
export function areDurations(values: readonly Quantity[], spans: Spans): boolean {
  if (values.some(({ measures }) => measures !== '')) return values.every(({ measures }) => measures === 'seconds');
  const own = nameOf(spans.name ?? '');
  // They may be milliseconds.
  const longest = longestRun(spans) * 1000;
  return (MEASURED.test(own) || MAYBE.test(own)) && values.every(({ value }) => value <= longest);
}

/** The longest run, in seconds, and a little more. A duration that was measured in a run is not longer. */
export function longestRun({ originals: runs, shrunk: run }: Spans): number {
  return Math.max(run.end - run.start, ...runs.map(({ start, end }) => end - start)) / 1000 + 1;
}

/** Digits with which a duration is so coarse that two runs may have the same one by chance. */
const COARSE_DIGITS = 2;
/** Units of the last digit that a coarse duration may vary by without a unit of time: it may be a setting. */
const STEPS = 16;
/** Whole seconds that two runs of a busy computer may differ by. */
const WHOLE_SECONDS = 2;

/**
 * Whether a duration that all originals have alike may be another one in the shrunk image. Two runs only give the same one
 * by chance where it has few digits. A longer or a precise one is a setting, and so are most whole seconds.
 * @param fits whether the number would fit, if durations vary as they do
 */
export function equalByChance(originals: readonly Quantity[], shrunk: Quantity, spans: Spans, fits: () => boolean): boolean {
  const [first] = originals as [Quantity];
  const { name = '' } = spans;
  const longest = longestRun(spans);
  if (first.measures !== shrunk.measures || first.value > longest || shrunk.value > longest) return false;
  const difference = Math.abs(first.value - shrunk.value);
  if (!first.fraction && first.step >= 1)
    return first.measures === 'seconds' && SAID.test(name) && !shrunk.fraction && difference <= WHOLE_SECONDS;
  if (originals.length > 1 && first.digits > COARSE_DIGITS) return false;
  if (first.measures === 'seconds') return fits();
  return (
    first.measures === '' &&
    MEASURED.test(nameOf(name)) &&
    first.fraction &&
    shrunk.fraction &&
    shrunk.value > 0 &&
    difference <= STEPS * first.step
  );
}
