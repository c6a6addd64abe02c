import { inflateSync } from 'node:zlib';

/** How a library signs what it gives to a client: `[.]PAYLOAD SEPARATOR TIME SEPARATOR SIGNATURE`. A dot says that the payload is compressed. */
interface Scheme {
  form: RegExp;
  /** Seconds since 1970. */
  time: (text: string) => number;
}

const SCHEMES: readonly Scheme[] = [
  // itsdangerous 1.1 and newer (timed.py, url_safe.py): Flask's sessions. The time is a number in base64url.
  { form: /^(\.?)([\w-]+)\.([\w-]{5,8})\.([\w-]{27,86})$/, time: (text) => Number(`0x${Buffer.from(text, 'base64url').toString('hex')}`) },
  // Django (core/signing.py, TimestampSigner): sessions and messages in cookies. The time is a number in base62.
  { form: /^(\.?)([\w-]+):([A-Za-z0-9]{5,8}):([\w-]{27,86})$/, time: (text) => [...text].reduce(base62, 0) },
];

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function base62(sum: number, digit: string): number {
  return sum * DIGITS.length + DIGITS.indexOf(digit);
}

/** Bytes of a payload: a cookie has 4 KiB, which may be compressed. */
const MOST = 1 << 20;

/** What a signed value says. */
interface Signed {
  json: string;
  /** Seconds since 1970. */
  time: number;
  signature: string;
}

/** Reads a signed value. @returns undefined for a value of another form */
function partsOf(value: string): Signed | undefined {
  for (const { form, time } of SCHEMES) {
    const [, compressed, payload = '', at = '', signature = ''] = form.exec(value) ?? [];
    if (compressed === undefined) continue;
    const json = jsonOf(Buffer.from(payload, 'base64url'), compressed !== '');
    if (json !== undefined) return { json, time: time(at), signature };
  }
  return undefined;
}

/**
 * What a signed value says: its JSON, its time in seconds since 1970, and its signature. Compressed or in base64, a small part that
 * varies changes most of what follows. A value of another form is returned as it is.
 */
export function readableSigned(value: string): string {
  const parts = partsOf(value);
  return parts ? `${parts.json} ${parts.time} ${parts.signature}` : value;
}

/** The signature of a signed value. With what {@link readableSigned} shows beside it, it makes the whole value. */
export function signatureOf(value: string): string | undefined {
  return partsOf(value)?.signature;
}

function jsonOf(bytes: Buffer, compressed: boolean): string | undefined {
  try {
    const text = (compressed ? inflateSync(bytes, { maxOutputLength: MOST }) : bytes).toString('utf8');
    JSON.parse(text);
    return text;
  } catch {
    return undefined; // it is something else, and compared as a text
  }
}
