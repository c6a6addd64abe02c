import { own } from '../records.js';
import type { StepAnswer } from './answers.js';
import { expectedPattern } from './expect.js';
import type { CaptureRule } from './steps.js';
import { textOf } from './unmet.js';

type HttpAnswer = Extract<StepAnswer, { kind: 'http' }>;

/** The value that a rule finds in an answer. Undefined where there is none. */
export function captured({ from, what }: CaptureRule, answer: HttpAnswer): string | undefined {
  const text = textOf(answer) ?? '';
  switch (from) {
    case 'header':
      return own(answer.headers, what.toLowerCase());
    case 'cookie':
      return cookiesIn(own(answer.headers, 'set-cookie')).find(([name]) => name === what)?.[1];
    case 'json':
      return inJson(text, what);
    case 'form':
      return inForm(text, what);
    case 'regex': {
      const match = expectedPattern(what).exec(text);
      return match?.[1] ?? match?.[0];
    }
  }
}

/**
 * Names and values of cookies that an answer sets; undefined for one that it takes back. Paths and domains are left aside: all
 * requests go to one app.
 * @param header lines of Set-Cookie (RFC 6265, section 4.1)
 */
export function cookiesIn(header: string | undefined): [name: string, value: string | undefined][] {
  return (header ?? '').split('\n').flatMap((line): [string, string | undefined][] => {
    const [pair = '', ...attributes] = line.split(';');
    const at = pair.indexOf('=');
    if (at <= 0) return [];
    const attribute = (name: RegExp) => attributes.map((text) => name.exec(text)?.[1]).find((value) => value !== undefined);
    const age = attribute(/^\s*max-age\s*=\s*(-?\d+)/i);
    const expires = attribute(/^\s*expires\s*=\s*(.+)$/i);
    const isOver = age !== undefined ? Number(age) <= 0 : expires !== undefined && Date.parse(expires) <= Date.now();
    return [[pair.slice(0, at).trim(), isOver ? undefined : pair.slice(at + 1).trim()]];
  });
}

/** A value in JSON. @param path names and numbers: `items[0].id`, `items.0.id`, also after `$.` */
function inJson(text: string, path: string): string | undefined {
  let at: unknown;
  try {
    at = JSON.parse(text);
  } catch {
    return undefined;
  }
  for (const name of path
    .replace(/^\$\.?/, '')
    .split(/[.[\]]+/)
    .filter((part) => part !== '')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  if (at === null || at === undefined) return undefined;
  return typeof at === 'object' ? JSON.stringify(at) : String(at);
}

/** The value of a field in a form of HTML, or of a `meta` element (HTML standard, "The input element"). */
function inForm(text: string, field: string): string | undefined {
  for (const [, tag = ''] of text.matchAll(/<(?:input|button|meta)\b((?:[^>"']|"[^"]*"|'[^']*')*)>/gi)) {
    const attributes = new Map<string, string>();
    for (const [, name = '', ...values] of tag.matchAll(/([^\s"'=/]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/g))
      attributes.set(name.toLowerCase(), unescaped(values.find((value) => value !== undefined) ?? ''));
    if (attributes.get('name') === field) return attributes.get('value') ?? attributes.get('content');
  }
  return undefined;
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** A text without the character references of HTML that frameworks write. */
function unescaped(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return own(NAMED, name.toLowerCase()) ?? whole;
      const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex ?? '', 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
