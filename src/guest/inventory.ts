import { z } from 'zod';
import type { Entry } from '../rootfs.js';

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

/**
 * Reads an inventory: a JSON list of rows.
 * @throws ZodError or SyntaxError for anything else
 */
export function parseInventory(text: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const [path, type, mode, uid, gid, size, mtime, group, extra, xattrs] of z.array(Row).parse(JSON.parse(text))) {
    const entry: Entry = { path, type, mode, uid, gid, size, mtime };
    if (group !== null) entry.group = group;
    if (typeof extra === 'string') entry.target = extra;
    else if (extra !== null) entry.device = extra;
    if (xattrs !== null) entry.xattrs = xattrs;
    entries.set(path, entry);
  }
  return entries;
}
