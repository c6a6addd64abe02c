import { below, type RootFs } from '../rootfs.js';

/** Directories that distributions of an operating system fill; whatever else there is is the app's. */
const SYSTEM = /^\/(usr|lib|lib32|lib64|libx32|bin|sbin|etc|var|dev|proc|sys|run|tmp|boot|root|media|mnt)(\/|$)/;
/** Directories below those where images put what they add. */
const ADDED = /^\/usr\/(src\/app|local\/(?!bin|lib|etc|share|include|sbin|man|games|libexec|ssl)|app)(\/|$)|^\/var\/(www|app|task)(\/|$)/;

/** Folders of one package's data. */
const SHARED = /^\/usr\/(local\/)?share\/[^/]+/;

/** Whether a path is where images put what is theirs, not where a distribution of an operating system does. */
export function isAdded(path: string): boolean {
  return !SYSTEM.test(path) || ADDED.test(path);
}

/** What is in a folder of shared data that a link leads to: Debian puts the data of Python packages there. */
export function behindLink(fs: RootFs, path: string): string[] {
  const found = fs.lstat(path)?.type === 'l' ? fs.resolve(path) : undefined;
  return found?.entry.type === 'd' && SHARED.test(found.path) ? below(fs, found.path) : [];
}
