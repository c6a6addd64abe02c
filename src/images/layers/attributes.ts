import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { UserError } from '../../errors.js';
import type { Entry } from '../../rootfs.js';
import { pathBytes } from '../../tar/pathbytes.js';

type WithAttributes = Pick<Entry, 'path' | 'type' | 'xattrs'>;

/** Sets attributes by setxattr(2), which Node.js does not have. Paths, names and values come in hexadecimal. */
const SCRIPT = `
import json, os, sys
for path, name, value in json.load(sys.stdin):
    try:
        os.setxattr(bytes.fromhex(path), bytes.fromhex(name), bytes.fromhex(value), follow_symlinks=False)
    except OSError as error:
        sys.exit(bytes.fromhex(name).decode(errors="replace") + ": " + error.strerror)
`;

/**
 * Sets the extended attributes of files below a folder: file capabilities, access control lists and others (xattr(7)).
 * @param shown the folder as the user named it
 * @throws UserError where they can't be set
 */
export async function setAttributes(folder: string, entries: Iterable<WithAttributes>, shown: string): Promise<void> {
  const hex = (text: string) => pathBytes(text).toString('hex');
  const rows = [...entries].flatMap(({ path, xattrs = {} }) =>
    Object.entries(xattrs).map(([name, value]) => [hex(`${folder}${path}`), hex(name), value]),
  );
  if (rows.length === 0) return;
  const { failed, code, stderr } = await execa('python3', ['-I', '-S', '-c', SCRIPT], { input: JSON.stringify(rows), reject: false });
  if (!failed) return;
  throw new UserError(
    `The extended attributes of the image's files can't be set in ${shown}: ${code === 'ENOENT' ? 'this needs python3' : stderr.trim()}.`,
    'Write to oci:DIR, oci-archive:FILE or docker-archive:FILE, which keep them, or try it as root on another file system.',
  );
}

/**
 * Checks that a folder beside a path can have the extended attributes of some files, before they are written.
 * @throws UserError as {@link setAttributes} does
 */
export async function requireAttributes(path: string, entries: Iterable<WithAttributes>): Promise<void> {
  // One file or folder for each attribute: default access control lists exist for folders only, and an inode has little space.
  const probes = new Map<string, WithAttributes>();
  for (const { type, xattrs = {} } of entries) {
    const kind = type === 'd' ? 'd' : 'f';
    for (const [name, value] of Object.entries(xattrs)) {
      const key = `${kind} ${name}`;
      if (!probes.has(key)) probes.set(key, { path: `/${probes.size}`, type: kind, xattrs: { [name]: value } });
    }
  }
  if (probes.size === 0) return;
  const folder = await mkdtemp(join(dirname(resolve(path)), '.pyshrink-'));
  try {
    for (const probe of probes.values()) await (probe.type === 'd' ? mkdir(folder + probe.path) : writeFile(folder + probe.path, ''));
    await setAttributes(folder, probes.values(), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
