import { below, type RootFs } from '../rootfs.js';

/** Directories that the operating system's packages fill. All others belong to the app. */
const SYSTEM = /^\/(usr|lib|lib32|lib64|libx32|bin|sbin|etc|var|dev|proc|sys|run|tmp|boot|root|media|mnt)(\/|$)/;
/** Directories inside those that images commonly use for the app. */
const ADDED = /^\/usr\/(src\/app|local\/(?!bin|lib|etc|share|include|sbin|man|games|libexec|ssl)|app)(\/|$)|^\/var\/(www|app|task)(\/|$)/;

/** Folder with the data of one package. */
const SHARED = /^\/usr\/(local\/)?share\/[^/]+/;

/** Documentation of the operating system's packages. Source: FHS 3.0, 4.11; Debian Policy, chapter 12; reportbug(1): /usr/share/bug. */
export const DOCUMENTATION = /^\/usr\/(local\/)?share\/(doc|doc-base|man|info|lintian|bug|help|gtk-doc)\//;

/** Whether a path is in a place for the app, not in one for the operating system's packages. */
export function isAdded(path: string): boolean {
  return !SYSTEM.test(path) || ADDED.test(path);
}

/** Files in the shared data folder that a link leads to. Debian puts data of Python packages there. @returns [] for other paths */
export function behindLink(fs: RootFs, path: string): string[] {
  const found = fs.lstat(path)?.type === 'l' ? fs.resolve(path) : undefined;
  return found?.entry.type === 'd' && SHARED.test(found.path) ? below(fs, found.path) : [];
}

/** Whether a file has the name of a shared library: `.so` with any ending, as `libx.so`, `libx.so.24.0git`. */
export function isLibraryName(path: string): boolean {
  return /\.so(\.[^/]*)?$/.test(path);
}
