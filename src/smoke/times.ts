import type { Span } from './likeness.js';

/** A time in a text. Its precision may be a day, so it is a range of ms since the epoch: `from` to `to`. */
export interface Time {
  /** Two times with the same format look the same but for their digits and names. */
  format: string;
  from: number;
  to: number;
  /** `zone`: it names its time zone. `local`: it does not, and is read as UTC. `day`: it has no date, and is a time of 1970-01-01. */
  scope: 'zone' | 'local' | 'day';
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/**
 * A time may be this much before or after its run: the app starts a moment before pyshrink takes the time, and a busy
 * computer is late.
 */
const SLACK = 10 * SECOND;
/** The clock of a remote daemon's computer may differ by this much. */
const SKEW = MINUTE;
/** Time zones differ from UTC by whole quarters of an hour, at most 14 hours (the tz database). */
const ZONE_STEP = 15 * MINUTE;
const ZONE_MOST = 14 * HOUR;
/** A number is only taken for an epoch time where it is at most this far from its run: long enough for the expiry of a cookie. */
const EPOCH_RANGE = 400 * DAY;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAY = '(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?';
const MONTH =
  '(?<monthName>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\\.?';
const CLOCK = '(?<hour>\\d\\d?):(?<minute>\\d\\d)(?::(?<second>\\d\\d)(?<fraction>[.,]\\d{1,9})?)?(?<half> ?[AaPp]\\.?[Mm]\\b\\.?)?';
const FULL_CLOCK = '(?<hour>\\d\\d?):(?<minute>\\d\\d):(?<second>\\d\\d)(?<fraction>[.,]\\d{1,9})?(?<half> ?[AaPp]\\.?[Mm]\\b\\.?)?';
const ZONE = '(?<zone> ?(?:Z|UTC|GMT|[+-]\\d\\d:?\\d\\d))?';

/** Formats of times, those with more parts first. */
const FORMATS: readonly [name: string, pattern: string][] = [
  // ISO 8601 and RFC 3339; Python's datetime.__str__ and logging.
  ['ISO 8601', `(?<year>\\d{4})-(?<month>\\d\\d)-(?<day>\\d\\d)(?<joint>[T_ ]|, )${CLOCK}${ZONE}`],
  [
    'ISO 8601 basic',
    '(?<year>\\d{4})(?<month>\\d\\d)(?<day>\\d\\d)(?<joint>[T_-])(?<hour>\\d\\d)(?<minute>\\d\\d)(?<second>\\d\\d)(?<zone>Z)?',
  ],
  // RFC 9110 (HTTP-date), RFC 5322 (mail), and the dates of old cookies.
  ['HTTP-date', `${WEEKDAY}(?<joint>,? )(?<day>\\d\\d?)(?<mark>[ -])${MONTH}\\k<mark>(?<year>\\d{4}|\\d\\d) ${FULL_CLOCK}${ZONE}`],
  // The Common Log Format of web servers.
  ['CLF', `(?<day>\\d\\d?)\\/${MONTH}\\/(?<year>\\d{4})(?<joint>[: ])${FULL_CLOCK}${ZONE}`],
  // asctime(3), `date`.
  ['asctime', `(?:${WEEKDAY} )?${MONTH} +(?<day>\\d\\d?) ${FULL_CLOCK}${ZONE} (?<year>\\d{4})`],
  // Text for readers, as of Django's templates.
  ['month first', `(?:${WEEKDAY}, )?${MONTH} (?<day>\\d\\d?), (?<year>\\d{4})(?:(?<joint>,? (?:at )?)${CLOCK})?${ZONE}`],
  ['day first', `(?:${WEEKDAY},? )?(?<day>\\d\\d?)(?<mark>[ /-])${MONTH}\\k<mark>(?<year>\\d{4})(?:(?<joint>,? (?:at )?)${CLOCK})?${ZONE}`],
  // RFC 3164.
  ['syslog', `${MONTH} +(?<day>\\d\\d?) ${FULL_CLOCK}`],
  // strftime's %x and %D in the C locale.
  ['American', `(?<month>\\d\\d?)\\/(?<day>\\d\\d?)\\/(?<year>\\d{4}|\\d\\d)(?:(?<joint>,? )${CLOCK})?`],
  ['ISO 8601 date', '(?<year>\\d{4})-(?<month>\\d\\d)-(?<day>\\d\\d)'],
  ['time of day', `${FULL_CLOCK}${ZONE}`],
];
const PATTERNS = FORMATS.map(([name, pattern]) => [name, new RegExp(`${pattern}(?![\\w:]|[.-]\\d)`, 'y')] as const);

const NAMES = new Set([...MONTHS, 'mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

/** A quick look whether a time may start at an index, as there are many words and few times. */
function mayStart(text: string, index: number): boolean {
  let end = index;
  while (end - index < 9 && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
  const next = text[end] ?? '';
  switch (end - index) {
    case 0:
      return NAMES.has(text.slice(index, index + 3).toLowerCase());
    case 1:
    case 2:
      return ':/ -'.includes(next) && next !== '';
    case 4:
      return next === '-';
    case 8:
      return 'T_-'.includes(next) && next !== '';
    default:
      return false;
  }
}

/** Reads the time that starts at an index of a text. @returns the time and the index after it */
export function timeAt(text: string, index: number): { time: Time; end: number } | undefined {
  if (!mayStart(text, index)) return undefined;
  for (const [name, pattern] of PATTERNS) {
    pattern.lastIndex = index;
    const match = pattern.exec(text);
    const time = match && timeOf(name, match[0], match.groups ?? {});
    if (time) return { time, end: index + match[0].length };
  }
  return undefined;
}

function timeOf(name: string, text: string, groups: Record<string, string | undefined>): Time | undefined {
  const { zone, fraction, half, hour, minute, second, joint = '', mark = '' } = groups;
  const number = (value: string | undefined, otherwise: number) => (value === undefined ? otherwise : Number(value));
  const month = groups.monthName === undefined ? number(groups.month, 1) : MONTHS.indexOf(groups.monthName.slice(0, 3).toLowerCase()) + 1;
  const short = groups.year?.length === 2 ? 2000 : 0;
  const [year, day] = [short + number(groups.year, 1970), number(groups.day, 1)];
  const hours = half === undefined ? number(hour, 0) : (number(hour, 0) % 12) + (/p/i.test(half) ? 12 : 0);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hours > 24 || number(minute, 0) > 59 || number(second, 0) > 60) return undefined;
  const offset = /([+-])(\d\d):?(\d\d)/.exec(zone ?? '');
  const shift = offset ? (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * HOUR + Number(offset[3]) * MINUTE) : 0;
  const digits = fraction?.slice(1) ?? '';
  const from = Date.UTC(year, month - 1, day, hours, number(minute, 0), number(second, 0)) + Number(`0.${digits || 0}`) * SECOND - shift;
  const precision = hour === undefined ? DAY : second === undefined ? MINUTE : SECOND / 10 ** digits.length;
  // datetime.isoformat() leaves out a fraction of zero, so the fraction is no part of the format.
  const parts = [
    name,
    joint,
    mark,
    zone ?? '',
    second === undefined ? '' : 'seconds',
    hour === undefined ? '' : 'clock',
    half === undefined ? '' : 'half',
  ];
  const dated = groups.day !== undefined;
  // syslog has no year: like a time of day, it says too little.
  const full = dated && groups.year !== undefined;
  // The lengths of the names of weekday and month: `Nov` and `November` are two formats, but `May` can be both.
  const names = /[A-Z][a-z]{4,}/.test(text) ? 'long' : '';
  return {
    format: [...parts, names].join('|'),
    from: full ? from : from - Date.UTC(1970, month - 1, day) + shift,
    to: (full ? from : from - Date.UTC(1970, month - 1, day) + shift) + precision,
    scope: !full ? 'day' : zone === undefined ? 'local' : 'zone',
  };
}

const EPOCH_UNITS: readonly [name: string, milliseconds: number][] = [
  ['s', SECOND],
  ['ms', 1],
  ['µs', 1e-3],
  ['ns', 1e-6],
];

/** Reads a number as an epoch time, where it is near enough to its run to be one. */
export function epochTime(text: string, run: Span): Time | undefined {
  const match = /^\d{10,19}(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) return undefined;
  const value = Number(text);
  for (const [name, unit] of EPOCH_UNITS) {
    const from = value * unit;
    if (Math.abs(from - run.start) <= EPOCH_RANGE)
      return { format: `epoch ${name}`, from, to: from + unit / 10 ** (match[1]?.length ?? 0), scope: 'zone' };
  }
  return undefined;
}

/** A range of distances between a time and its run, in ms. */
type Distance = readonly [low: number, high: number];

/** How far a time may be from the moment in its run when it was taken: from the end of the run, and from its start. */
function distanceOf({ from, to }: Time, { start, end }: Span): Distance {
  return [from - end - SLACK, to - start + SLACK];
}

/**
 * The distance that all times have from their own runs, if there is one: 0 for the current time, two weeks for the
 * expiry of a session, an hour for the current time in a time zone. So a shrunk image without its time zones is seen.
 */
function sharedDistance(times: readonly Time[], runs: readonly Span[]): Distance | undefined {
  const distances = times.map((time, index) => distanceOf(time, runs[index] as Span));
  const [first] = distances as [Distance];
  let [low, high] = first;
  for (const [index, [a, b]] of distances.entries()) {
    // Times of day repeat each day.
    const shift = times[index]?.scope === 'day' ? Math.round((first[0] + first[1] - a - b) / 2 / DAY) * DAY : 0;
    low = Math.max(low, a + shift);
    high = Math.min(high, b + shift);
  }
  return low <= high ? [low, high] : undefined;
}

/**
 * Whether all times are the current time of their own runs. A time without a zone may be in any time zone, but in the
 * same one in all runs.
 */
export function areNow(times: readonly Time[], runs: readonly Span[]): boolean {
  const shared = sharedDistance(times, runs);
  if (!shared) return false;
  const [low, high] = [shared[0] - SKEW, shared[1] + SKEW];
  const [{ scope }] = times as [Time];
  if (scope === 'zone') return low <= 0 && high >= 0;
  const near = Math.ceil(low / ZONE_STEP) * ZONE_STEP;
  return near <= high && (scope === 'day' || Math.abs(near) <= ZONE_MOST);
}

/**
 * Whether a time fits times that vary: all have the same distance from their runs. Where the originals' have not, as with
 * random dates, it must be between them or near.
 */
export function timeFits(originals: readonly Time[], shrunk: Time, runs: readonly Span[], run: Span): boolean {
  if (!originals.every(({ format }) => format === shrunk.format)) return false;
  if (sharedDistance(originals, runs)) return sharedDistance([...originals, shrunk], [...runs, run]) !== undefined;
  const froms = originals.map(({ from }) => from);
  const [low, high] = [Math.min(...froms), Math.max(...froms)];
  const spread = 3 * (high - low);
  return shrunk.from >= low - spread && shrunk.from <= high + spread;
}
