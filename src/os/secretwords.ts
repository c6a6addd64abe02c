import { TOKENS } from './secretformats.js';

/**
 * Names of what is secret: of variables, fields, headers, options. The words are those of the keyword rules of detect-secrets
 * (Yelp) and of the scrubbing lists of Sentry's and Rails' filters.
 */
const NAMES =
  /pass(word|wd|phrase|code)|^pass$|[-_]pass$|pwd|secret|token$|token[-_]|(api|auth|service|account|db|database|priv|private|client|access|encryption|signing|master|secret)[-_]?key|auth(?!or(?!i))|credential|cookie|session(?!s)|^sid$|csrf|xsrf|signature|jwt|bearer|^otp$|dsn$|connection[-_]?string/i;

/** Endings of names that say something about a secret, such as where it is, and do not hold it. */
const ABOUT = /[-_](type|host|port|url|uri|file|dir|path|backend|name|enabled|mode|method|timeout|ttl|age|domain|hint)$/i;

/** Whether what has this name is most likely a secret. */
export function isSecretName(name: string): boolean {
  return NAMES.test(name) && !ABOUT.test(name);
}

/** Letters and digits without meaning, as in keys and tokens. */
const RANDOM = /(?<![\w/.-])[A-Za-z0-9+_-]{16,512}={0,2}(?![\w/.-])/g;
/** `name=value`, `name: value`, `"name": "value"`, in whatever language; not `name:value`, as in `module:application`. */
const PAIR =
  /([A-Za-z][\w.-]{1,63})(?:["']?\s{0,3}=\s{0,3}|["']\s{0,3}:\s{0,3}|\s{0,3}:\s{1,3})(?:"((?:[^"\\\n]|\\.){1,8192})"|'([^'\n]{1,8192})'|([^\s"'&;,<>]{1,512}))/g;
/** The password in an address (RFC 3986, userinfo). */
const USERINFO = /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:/@]{0,128}:([^\s/@]{1,256})@/gi;
/** `--password VALUE` */
const OPTION = /(?:^|\s)--?([A-Za-z][\w-]{1,63})\s+(?:"([^"\n]{1,8192})"|'([^'\n]{1,8192})'|([^\s"'-][^\s"']{0,511}))/g;

/** A private key with its header and footer (RFC 7468); without footer where the text ends before. */
const PEM = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----([\s\S]{1,16384}?)(?:-----END|$)/g;
/** Characters of a line of a key that is a secret on its own. */
const SHORTEST_LINE = 16;

/**
 * The secrets in a text, as far as they can be told from other words: values with a telling name, known formats of tokens, lines of
 * private keys, passwords in addresses, and words that look random.
 */
export function secretsIn(text: string): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(USERINFO)) found.add(match[1] as string);
  for (const pattern of [PAIR, OPTION])
    for (const [, name = '', ...values] of text.matchAll(pattern)) {
      const value = values.find((one) => one !== undefined);
      if (value !== undefined && isSecretName(name)) found.add(value);
    }
  // Each line, as what prints a key may indent it, or print a part. JSON writes the ends of lines as `\r` and `\n`.
  for (const [, lines = ''] of text.matchAll(PEM))
    for (const line of lines.split(/\s|\\[rn]/)) if (line.length >= SHORTEST_LINE) found.add(line);
  for (const { pattern, marker } of TOKENS) if (!marker) for (const [token] of text.matchAll(new RegExp(pattern, 'g'))) found.add(token);
  for (const [word] of text.matchAll(RANDOM)) if (looksRandom(word)) found.add(word);
  return [...found].flatMap((value) => [value, ...decoded(value)]);
}

/**
 * Whether a word looks like a key: a part of it mixes letters and digits, and has as many different ones as chance gives. So
 * `x86_64-linux-gnu` and a date are none.
 */
export function looksRandom(word: string): boolean {
  const [longest = ''] = word.split(/[-_+]/).sort((a, b) => b.length - a.length);
  const changes = longest.match(/\d(?=[A-Za-z])|[A-Za-z](?=\d)/g)?.length ?? 0;
  return longest.length >= 12 && changes >= 3 && entropy(longest) >= 3;
}

/** Shannon's entropy of a word in bits a character. */
function entropy(word: string): number {
  const counts = new Map<string, number>();
  for (const one of word) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / word.length) * Math.log2(count / word.length), 0);
}

/** The same value without the escapes of a URL (RFC 3986). */
function decoded(value: string): string[] {
  try {
    const plain = decodeURIComponent(value.replaceAll('+', ' '));
    return plain === value ? [] : [plain];
  } catch {
    return [];
  }
}
