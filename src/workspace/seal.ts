import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { debug } from '../debug.js';

// A run record says what is done on this computer when a comparison is repeated. It lies in a folder that may come from
// somebody else, so it carries a seal: an HMAC (RFC 2104) over the trace and the record, by a key of this user. The key is
// never in a folder with results.

const BYTES = 32;
/** Start of a sealed record. */
const SEAL = /^\{"seal":"([0-9a-f]{64})",/;

/** Where the user's key is: `pyshrink/key` in the folder for state (XDG Base Directory Specification). */
export function keyPath(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'pyshrink', 'key');
}

/**
 * Adds a seal to a run record.
 * @param record JSON of an object that is not empty
 * @param trace the bytes of the trace that it belongs to
 * @returns the record as it is where this user can have no key
 */
export async function sealed(record: string, trace: string): Promise<string> {
  const key = (await readKey()) ?? (await makeKey());
  return key ? `{"seal":"${sealOf(key, record, trace)}",${record.slice(1)}` : record;
}

/**
 * Takes the seal off.
 * @returns the record, and whether this user sealed it together with the trace
 */
export async function unsealed(text: string, trace: string): Promise<{ record: string; trusted: boolean }> {
  const seal = SEAL.exec(text)?.[1];
  if (seal === undefined) return { record: text, trusted: false };
  const record = `{${text.replace(SEAL, '')}`;
  const key = await readKey();
  const trusted = key !== undefined && timingSafeEqual(Buffer.from(sealOf(key, record, trace)), Buffer.from(seal));
  return { record, trusted };
}

function sealOf(key: Buffer, record: string, trace: string): string {
  // The length comes first, so that nothing can be moved from one text to the other.
  return createHmac('sha256', key)
    .update(`${Buffer.byteLength(trace)}\n`)
    .update(trace)
    .update(record)
    .digest('hex');
}

/** @returns undefined where there is none, or one that others could have read or written */
async function readKey(): Promise<Buffer | undefined> {
  const file = await open(keyPath(), constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => undefined);
  if (!file) return undefined;
  try {
    const { uid, mode, size } = await file.stat();
    const safe = size === BYTES && uid === process.getuid?.() && (mode & 0o077) === 0;
    if (!safe) debug.smoke('%s is not used: it is not a key that only this user can read', keyPath());
    return safe ? await file.readFile() : undefined;
  } finally {
    await file.close();
  }
}

async function makeKey(): Promise<Buffer | undefined> {
  const path = keyPath();
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(draft, randomBytes(BYTES), { flag: 'wx', mode: 0o600, flush: true });
    // Of two runs that make it at once, both use the first one's key.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } catch (error) {
    debug.smoke('run records are not sealed: %s', (error as Error).message);
  } finally {
    await rm(draft, { force: true }).catch(() => {});
  }
  return readKey();
}
