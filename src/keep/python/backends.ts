import type { Distribution } from '../../python/distributions.js';

/** A module at the top, with a name that says that it is for the modules beside it. */
const PRIVATE = /^_[^.]+$/;

/**
 * Whether a module is the compiled part of a distribution, beside its packages: `_cffi_backend` of cffi. The packages import it, and
 * not it the packages; other distributions may do with it alone, as cryptography does.
 * @param file that of the module
 */
export function isBackend(module: string, file: string, { root, files }: Distribution): boolean {
  if (!file.endsWith('.so') || !PRIVATE.test(module)) return false;
  return files.some((path) => path.startsWith(`${root}/`) && /^[^/]+(\/__init__)?\.py$/.test(path.slice(root.length + 1)));
}
