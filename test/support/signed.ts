import { createHmac } from 'node:crypto';
import { deflateSync } from 'node:zlib';

/** A value as itsdangerous signs it: with a time in base64url. */
export function signed(payload: string, seconds: number, compressed: boolean): string {
  const body = compressed ? `.${deflateSync(payload).toString('base64url')}` : Buffer.from(payload).toString('base64url');
  const time = Buffer.from(seconds.toString(16).padStart(8, '0'), 'hex').toString('base64url');
  return `${body}.${time}.${createHmac('sha1', 'key').update(`${body}.${time}`).digest('base64url')}`;
}

/** A token that follows from a seed, as of Flask-WTF. */
export function token(seed: string): string {
  return createHmac('sha1', 'token').update(seed).digest('hex');
}

/** What a session of Flask holds: messages, a token and a name. @param more further fields */
export function session(seed: string, more = {}): string {
  return JSON.stringify({
    _flashes: [{ ' t': ['message', 'Welcome!'] }, { ' t': ['message', 'It hangs.'] }],
    csrf_token: token(seed),
    name: 'ada',
    ...more,
  });
}
