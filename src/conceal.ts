/** What stands in place of a secret. */
const MASK = '***';
/** Shorter values are left alone: they are part of too many other words. */
const SHORTEST = 6;

/** A shorter secret of letters and digits only is replaced where it is a whole word: it may be part of others. */
const LONG = 12;

/** The forms of secrets that are replaced. Like the output itself, there is one such list a process. */
const forms = new Set<string>();
/** The secrets themselves. */
const secrets = new Set<string>();
/** Names that the user gave to images. */
const names = new Set<string>();
let pattern: RegExp | undefined;

/**
 * From now on, nothing that this process prints shows these values: {@link concealed} replaces them. A value of less than six
 * characters is ignored.
 */
export function conceal(values: Iterable<string>): void {
  for (const value of values) {
    if (value.trim().length < SHORTEST) continue;
    secrets.add(value);
    const known = forms.size;
    // As it is, in JSON, and in a URL (RFC 3986).
    for (const form of [value, JSON.stringify(value).slice(1, -1), inUrl(value)]) forms.add(form);
    if (forms.size > known) pattern = undefined;
  }
}

/** The values that {@link conceal} got and that are long enough. */
export function knownSecrets(): string[] {
  return [...secrets];
}

/** Names of images stay as they are, also where a secret is a part of one: programs read them. */
export function showName(name: string): void {
  names.add(name);
  pattern = undefined;
}

/** A text with three asterisks in place of each secret that {@link conceal} got. */
export function concealed(text: string): string {
  if (forms.size === 0) return text;
  // The longest first, as one secret may be the start of another one.
  pattern ??= new RegExp(
    [...forms]
      .filter((form) => ![...names].some((name) => name.includes(form)))
      .sort((a, b) => b.length - a.length)
      .map(whereItStands)
      .join('|') || '(?!)',
    'g',
  );
  return text.replace(pattern, MASK);
}

/** Characters in which secrets are looked for, where fewer are shown: no secret that is told from other words is as long. */
const LOOKED_AT = 64 << 10;

/**
 * The start of a text, to show it. Where it is longer, three dots follow, and secrets are replaced before it is cut: a part of one
 * would not be found any more. A short text stays as it is.
 * @param most characters
 */
export function concealedStart(text: string, most: number): string {
  if (text.length <= most) return text;
  const start = concealed(text.slice(0, most + LOOKED_AT));
  return start.length > most || text.length > most + LOOKED_AT ? `${start.slice(0, most)}...` : start;
}

/** A copy of plain data whose texts are {@link concealed}. Names of fields stay. */
export function concealedIn<T>(data: T): T {
  if (forms.size === 0) return data;
  if (typeof data === 'string') return concealed(data) as T;
  if (Array.isArray(data)) return data.map(concealedIn) as T;
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, concealedIn(value)])) as T;
}

/** Forgets all secrets. For tests, which share a process. */
export function forgetSecrets(): void {
  forms.clear();
  secrets.clear();
  names.clear();
  pattern = undefined;
}

/** The expression for a form: as a whole word where it is a short word itself. What precedes it may be an escape of a URL or of JSON. */
function whereItStands(form: string): string {
  const isWord = form.length < LONG && /^[A-Za-z0-9]+$/.test(form);
  return isWord ? `(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}|\\\\[bfnrt]))${form}(?![A-Za-z0-9])` : literally(form);
}

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function inUrl(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return text; // half of a character has no form in a URL
  }
}
