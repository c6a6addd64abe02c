import { afterExpansions, beforeExpansion } from '../os/shellscript.js';
import { TOOL_VARIABLES } from './data/variables.js';

/** The beginning of the address of a file: `sqlite://` of `sqlite:////data/app.db`, `file://` of `file:///data`. */
const SCHEME = /^[\w+]+:\/\/(?=\/)/;
/** An option or a variable, and its value. */
const SETTING = /^-{0,2}([\w-]+)=/;
/** Where a pattern of file names begins. */
export const PATTERN = /[*?[{]/;

/**
 * The absolute paths in a word of a command line, or in the value of a variable: of `--config=/etc/a.yaml`, `/one:/two`,
 * `sqlite:////data/app.db`. Of a path that ends in an expansion or a pattern, the folder.
 */
export function pathsIn(word: string): string[] {
  const [setting = '', variable = ''] = SETTING.exec(word) ?? [];
  if (TOOL_VARIABLES.test(variable)) return [];
  if (variable === 'TZ') return zonesOf(word.slice(setting.length));
  const value = word.slice(setting.length);
  const isFile = SCHEME.test(value);
  const parts = value.replace(SCHEME, '').split(/[:;,\s]+/);
  return parts.flatMap((part) => {
    if (SETTING.test(part)) return pathsIn(part);
    const path = fixedPart(isFile ? part.replace(/^\/+/, '/') : part).replace(/(?<=.)\/+$/, '');
    return /^\/[\w.@+~-]/.test(path) ? [path] : [];
  });
}

/** Where the C library looks for a time zone (tzset(3)). */
export function zonesOf(zone: string): string[] {
  const name = zone.replace(/^:/, '');
  return /^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(name) ? [`/usr/share/zoneinfo/${name}`] : [];
}

function fixedPart(text: string): string {
  const before = beforeExpansion(text) ?? text;
  const at = before.search(PATTERN);
  const fixed = at < 0 ? before : before.slice(0, at);
  return fixed === text ? text : fixed.slice(0, fixed.lastIndexOf('/'));
}

/** The end of a word behind its expansions, where that is a path: `/tool` of `$HERE/tool`. A word without expansions is its own end. */
export function pathBehindExpansions(word: string): string | undefined {
  const after = afterExpansions(word);
  return after === word || after.startsWith('/') ? after : undefined;
}

/** Longer words, and words with more expansions, name no file: patterns with many stars take very long to match. */
const [LONGEST_PATTERN, MOST_STARS] = [300, 2];

/** A pattern for the files that a word with expansions may name: `/etc/tune-*` of `/etc/tune-$SIZE`, `*.sh` of `$HERE/$NAME.sh`. */
export function patternOf(word: string): string | undefined {
  const pattern = word.replace(/^\0\w*\0\//, '').replace(/(\0\w*\0)+/g, '*');
  if (pattern === word || pattern.length > LONGEST_PATTERN || pattern.split('*').length - 1 > MOST_STARS) return undefined;
  return /^\/?[\w.@+~*-]/.test(pattern) && /[\w.-]/.test(pattern) ? pattern : undefined;
}
