/** Directories that distributions of an operating system fill; whatever else there is is the app's. */
const SYSTEM = /^\/(usr|lib|lib32|lib64|libx32|bin|sbin|etc|var|dev|proc|sys|run|tmp|boot|root|media|mnt)(\/|$)/;
/** Directories below those where images put what they add. */
const ADDED = /^\/usr\/(src\/app|local\/(?!bin|lib|etc|share|include|sbin|man|games|libexec|ssl)|app)(\/|$)|^\/var\/(www|app|task)(\/|$)/;

/** Whether a path is where images put what is theirs, not where a distribution of an operating system does. */
export function isAdded(path: string): boolean {
  return !SYSTEM.test(path) || ADDED.test(path);
}
