import { editDistance, nearest } from '../nearest.js';
import { KNOWN_PREFIXES, KNOWN_VARIABLES, PREFIX_WORDS, WHOLE_ENVIRONMENT } from './data/variables.js';

/** What an app may have read names of environment variables from. */
export interface Readings {
  /** Names of the variables that the image sets. */
  image: readonly string[];
  /** The app's own code, scripts, configuration files and command lines. */
  texts: readonly string[];
  /** Names and strings in the code of libraries that ran. */
  words: Iterable<string>;
  /** Whether the app read something that is not in `texts`, for instance in a volume. */
  incomplete: boolean;
}

/** A variable that nothing looks up. */
export interface UnknownVariable {
  name: string;
  /** The name that is looked up and that was most likely meant. */
  meant?: string;
}

/** A look-up in Python or in a shell script: `environ["X"]`, `getenv('X')`, `env.str("X")`, `config("X")`, `$X`, `${X:-y}`. */
const LOOKUP = /(?:\b(?:environ(?:b|\.get|\.setdefault|\.pop)?|getenv|env(?:\.\w+)?|config)\s*[[(]\s*[bf]?["']|\$\{?)([A-Za-z_]\w*)/g;
/** Names in capital letters. */
const CAPITALS = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
/** Shorter names are near to many others. */
const SHORTEST = 4;
/** Fields of a settings class: pydantic looks up their names in any case, with the class's prefix before them. */
const SETTINGS = /\bBaseSettings\b/;
const FIELD = /^[ \t]+([A-Za-z]\w*)[ \t]*:/gm;
const PREFIX = /\benv_prefix["']?\s*[=:]\s*["'](\w*)["']/g;
/** A suffix with so many characters is a name of its own: a field of that name is likely the variable. */
const SPECIFIC = 8;

/**
 * The variables among `given` that nothing looks up, as far as the names are in what the app read. A name counts as looked up
 * where it is mentioned in any case, also without a prefix that is mentioned, for instance as a field of a settings class.
 * @param given names that the user set
 */
export function unknownVariables(given: readonly string[], readings: Readings): UnknownVariable[] {
  const suspects = given.filter((name) => !readings.image.includes(name) && !KNOWN_VARIABLES.has(name.toUpperCase()));
  if (suspects.length === 0) return [];
  const { image, texts, incomplete } = readings;
  const words = [...new Set(readings.words)];
  const mentioned = new Set<string>();
  for (const word of words) for (const part of tokens(word)) mentioned.add(part);
  for (const text of texts) for (const part of tokens(text)) mentioned.add(part);
  const lookedUp = new Set([...texts.flatMap(lookups), ...image]);
  // Most of these are constants and no variables, so only the nearest of them count.
  const inLibraries = new Set(words.filter((word) => word.includes('_') && CAPITALS.test(word)));
  const isFound = (name: string) => {
    const small = name.toLowerCase();
    if (mentioned.has(small) || isNested(small, mentioned) || lookedUp.has(name.toUpperCase())) return true;
    if (hasKnownPrefix(name)) return !isMisspelt(name, [...lookedUp, ...inLibraries]);
    return (hasPrefix(small, mentioned) || isMadeOf(small, mentioned)) && !isMisspelt(name, lookedUp);
  };
  const unknown = suspects.filter((name) => !isFound(name));
  if (unknown.length === 0) return [];
  const unsure = incomplete || texts.some((text) => WHOLE_ENVIRONMENT.some((pattern) => pattern.test(text)));
  return unknown.flatMap((name): UnknownVariable[] => {
    const meant = nearTo(name, lookedUp, given) ?? (isMisspelt(name, inLibraries) ? nearTo(name, inLibraries, given) : undefined);
    if (meant !== undefined) return [{ name, meant }];
    return unsure ? [] : [{ name }];
  });
}

/** The nearest name that the user has not set. */
function nearTo(name: string, names: Iterable<string>, given: readonly string[]): string | undefined {
  const others = [...names].filter((other) => other.length >= SHORTEST && !given.includes(other));
  return name.length < SHORTEST ? undefined : nearest(name, others);
}

/** Sentences about variables that nothing looks up: one for each that was misspelt, and one for all others. */
export function unknownVariableWarnings(unknown: readonly UnknownVariable[]): string[] {
  const others = unknown.flatMap(({ name, meant }) => (meant === undefined ? [name] : []));
  return [
    ...unknown.flatMap(({ name, meant }) =>
      meant === undefined ? [] : [`-e ${name}: nothing in the image looks up this variable; did you mean ${meant}?`],
    ),
    ...(others.length === 1 ? [`-e ${others[0]}: nothing in the image looks up this variable`] : []),
    ...(others.length > 1 ? [`-e ${others.join(', ')}: nothing in the image looks up these variables`] : []),
  ];
}

function hasKnownPrefix(name: string): boolean {
  return KNOWN_PREFIXES.some((prefix) => name.toUpperCase().startsWith(prefix));
}

/** Whether a prefix of a name stands for all names with it: `shop_`, or `shop` for a library that adds the `_`. */
function hasPrefix(name: string, mentioned: ReadonlySet<string>): boolean {
  const adds = PREFIX_WORDS.some((word) => mentioned.has(word));
  return splits(name).some(([prefix]) => mentioned.has(`${prefix}_`) || mentioned.has(`${prefix}__`) || (adds && mentioned.has(prefix)));
}

/** Whether both parts of a name are mentioned (`app` and `url`), or a second part that is a name of its own (`database_url`). */
function isMadeOf(name: string, mentioned: ReadonlySet<string>): boolean {
  return splits(name).some(
    ([prefix, rest]) =>
      (mentioned.has(rest) || isNested(rest, mentioned)) && (mentioned.has(prefix) || (rest.includes('_') && rest.length >= SPECIFIC)),
  );
}

/** A name before and after each `_`. */
function splits(name: string): [prefix: string, rest: string][] {
  return [...name.matchAll(/(?<=.)_+(?=[^_])/g)].map(({ index, 0: line }) => [name.slice(0, index), name.slice(index + line.length)]);
}

/** Whether a name is one letter away from a longer one that is looked up. A digit is no letter: `SHARD_1` and `SHARD_2`. */
function isMisspelt(name: string, lookedUp: Iterable<string>): boolean {
  const plain = (text: string) => text.toUpperCase().replace(/\d/g, '0');
  return name.length >= SPECIFIC && [...lookedUp].some((other) => editDistance(plain(other), plain(name)) === 1);
}

function isNested(name: string, mentioned: ReadonlySet<string>): boolean {
  const parts = name.split('__');
  return parts.length > 1 && parts.every((part) => part !== '' && mentioned.has(part));
}

/** The names in a text, in small letters. `-` counts as `_`: options and keys of configuration files are written so. */
function tokens(text: string): string[] {
  return (text.match(/[A-Za-z_][\w-]*/g) ?? []).map((token) => token.toLowerCase().replaceAll('-', '_'));
}

/** The variables that a text looks up. */
function lookups(text: string): string[] {
  // Small letters after a `$` are the script's own variables.
  const found = [...text.matchAll(LOOKUP)].flatMap(([all, name = '']) => (all.startsWith('$') && !CAPITALS.test(name) ? [] : [name]));
  if (!SETTINGS.test(text)) return found;
  const prefixes = ['', ...[...text.matchAll(PREFIX)].map(([, prefix]) => prefix as string)];
  const fields = [...text.matchAll(FIELD)].map(([, field]) => field as string);
  return [...found, ...prefixes.flatMap((prefix) => fields.map((field) => `${prefix}${field}`.toUpperCase()))];
}
