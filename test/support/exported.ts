import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { extract, type Header } from 'tar-stream';
import { docker } from './engine.js';

/** An entry of `docker export`. `mode` has only the permission bits; `pax` has only the extended attributes. */
export type Exported = Pick<Header, 'type' | 'mode' | 'uid' | 'gid' | 'linkname'> & {
  mtime: number;
  pax: Record<string, string>;
  digest: string;
  /** Bytes of content; 0 for links, and for further names of a file. */
  size: number;
};

/** Reads every entry of an image's root file system with `docker export`. Keys are absolute paths. */
export async function exported(image: string): Promise<Map<string, Exported>> {
  const id = (await docker('create', '--entrypoint', 'x', image)).trim();
  const entries = new Map<string, Exported>();
  const archive = extract();
  archive.on('entry', (header, stream, next) => {
    const hash = createHash('sha256');
    stream.on('data', (data) => hash.update(data as Buffer));
    stream.on('end', () => {
      const { type, uid, gid, linkname, mtime } = header;
      const mode = (header.mode ?? 0) & 0o7777; // the daemon also writes the bits of the file type
      const pax = (header as { pax?: Record<string, string> }).pax ?? {};
      const xattrs = Object.fromEntries(Object.entries(pax).filter(([key]) => key.startsWith('SCHILY.xattr')));
      entries.set(`/${header.name.replace(/\/$/, '')}`, {
        type,
        mode,
        uid,
        gid,
        linkname,
        mtime: Number(mtime),
        pax: xattrs,
        digest: hash.digest('hex'),
        size: type === 'file' ? (header.size ?? 0) : 0,
      });
      next();
    });
  });
  const run = execa('docker', ['export', id], { stdout: 'pipe', encoding: 'buffer', buffer: false });
  run.stdout.pipe(archive);
  await new Promise<void>((resolve, reject) => archive.on('finish', () => resolve()).on('error', reject));
  await docker('rm', id);
  return entries;
}

/** Paths that the daemon itself adds to a container. */
export const OF_THE_DAEMON = /^\/(\.dockerenv|dev(\/.*)?|proc|sys|etc\/(hosts|hostname|resolv\.conf|mtab))?$/;
