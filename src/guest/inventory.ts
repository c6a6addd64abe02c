import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { requireBound } from '../bounds.js';
import { type Entry, parentOf } from '../rootfs.js';
import { pathBytes } from '../tar/pathbytes.js';
import { refusedAnswer } from './refused.js';

/** A row of probes/inventory.py: path, type, mode, uid, gid, size, mtime, group, target or device, xattrs. Entry has their units. */
const Row = z.tuple([
  z.string().startsWith('/'),
  z.enum(['f', 'd', 'l', 'c', 'b', 'p']),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.number(),
  z.string().nullable(),
  z.union([z.string(), z.tuple([z.number(), z.number()])]).nullable(),
  z.record(z.string(), z.string()).nullable(),
]);

const DEVICES: ReadonlySet<string> = new Set(['c', 'b']);
/** Values of attributes are written so. */
const HEX = /^([0-9a-f]{2})*$/;
/** Longest path in bytes that Linux accepts (PATH_MAX). */
const LONGEST_PATH = 4096;
/** Largest user id: (uid_t) -1 means none (credentials(7)). */
const LARGEST_ID = 2 ** 32 - 2;

/**
 * Reads an inventory: a JSON list of rows. The image's Python wrote it, so only what a Linux file system can have is believed.
 * @throws UserError for anything else, and for more than the limits `files` and `depth`
 */
export function parseInventory(text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [path, type, mode, uid, gid, size, mtime, group, extra, xattrs] of rowsOf(text)) {
    const entry: Entry = { path, type, mode, uid, gid, size, mtime };
    if (group !== null) entry.group = group;
    if (typeof extra === 'string') entry.target = extra;
    else if (extra !== null) entry.device = extra;
    if (xattrs !== null) entry.xattrs = xattrs;
    const why = impossible(entry, entries);
    if (why !== undefined) throw refusedAnswer(`its inventory has ${JSON.stringify(path.slice(0, LONGEST_PATH))} ${why}`);
    requireBound('depth', depthOf(path), `The path ${JSON.stringify(path)} of the image`);
    entries.set(path, entry);
  }
  requireTree(entries);
  return entries;
}

function rowsOf(text: string): z.infer<typeof Row>[] {
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (error) {
    throw refusedAnswer(`its inventory is no JSON (${(error as Error).message})`);
  }
  if (Array.isArray(rows)) requireBound('files', rows.length, 'The inventory of the image');
  const found = z.array(Row).safeParse(rows);
  if (found.success) return found.data;
  const issue = found.error.issues[0];
  throw refusedAnswer(`its inventory has a wrong row (${issue?.path.join('.')}: ${issue?.message})`);
}

/** Why a file system can't have an entry; undefined where it can. */
function impossible(
  { path, type, mode, uid, gid, size, mtime, target, device, group, xattrs }: Entry,
  before: ReadonlyMap<string, Entry>,
): string | undefined {
  if (
    path !== '/' &&
    path
      .slice(1)
      .split('/')
      .some((name) => name === '' || name === '.' || name === '..')
  )
    return 'with a part that no path has';
  if (path.includes('\0') || target?.includes('\0')) return 'with a NUL character';
  if (pathBytes(path).length > LONGEST_PATH || pathBytes(target ?? '').length > LONGEST_PATH) return `with more than ${LONGEST_PATH} bytes`;
  if (before.has(path)) return 'twice';
  if (!within(mode, 0o7777)) return `with the mode ${mode}`;
  if (![uid, gid].every((id) => within(id, LARGEST_ID))) return `with the owner ${uid}:${gid}`;
  if (!within(size, type === 'f' ? Number.MAX_SAFE_INTEGER : 0)) return `with the size ${size}`;
  if (!Number.isSafeInteger(mtime)) return `with the time ${mtime}`;
  if ((type === 'l') !== (target !== undefined)) return type === 'l' ? 'as a link without a target' : 'with a target, and it is no link';
  if (DEVICES.has(type) !== (device !== undefined)) return device ? 'with the numbers of a device' : 'as a device without numbers';
  if (type === 'd' && group !== undefined) return 'as a folder with two names';
  if (xattrs && !Object.values(xattrs).every((value) => HEX.test(value))) return 'with an attribute that is not in hex';
  if (device && !device.every((number) => within(number, LARGEST_ID))) return `with the device ${device.join(':')}`;
  return undefined;
}

function within(value: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= most;
}

function depthOf(path: string): number {
  return path.split('/').length - 1;
}

/** @throws UserError where entries contradict each other: one is below a file, or two names of one file differ */
function requireTree(entries: ReadonlyMap<string, Entry>): void {
  const files = new Map<string, Entry>();
  for (const entry of entries.values()) {
    const parent = entry.path === '/' ? undefined : entries.get(parentOf(entry.path));
    if (parent && parent.type !== 'd') throw refusedAnswer(`its inventory has ${JSON.stringify(entry.path)} below a file`);
    if (entry.group === undefined) continue;
    const first = files.get(entry.group);
    if (!first) files.set(entry.group, entry);
    // Not their times: the inventory has another one for a name that tracing itself has touched.
    else if (!isDeepStrictEqual({ ...first, path: '', mtime: 0 }, { ...entry, path: '', mtime: 0 }))
      throw refusedAnswer(
        `its inventory has ${JSON.stringify(entry.path)} as another name of ${JSON.stringify(first.path)}, which differs`,
      );
  }
}
