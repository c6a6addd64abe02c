import type { KeepSet } from '../keep/keepset.js';
import type { RootFs } from '../rootfs.js';
import { megabytes } from '../ui/table.js';

/** Bytes. Less is not worth a line. */
const WORTH_SAYING = 1e6;

/** Compiled module → the kept Python module that replaces it. */
export function replacedModules(keep: KeepSet): Map<string, string> {
  const replaced = new Map<string, string>();
  for (const [path, reasons] of keep.reasons) {
    for (const { insteadOf } of reasons) if (insteadOf !== undefined && !keep.has(insteadOf)) replaced.set(insteadOf, path);
  }
  return replaced;
}

/** Which compiled modules were left out since their Python modules do the same: a line for the user, or none. */
export function replacedLines(keep: KeepSet, fs: RootFs): string[] {
  const replaced = [...replacedModules(keep).keys()];
  const bytes = replaced.reduce((sum, path) => sum + (fs.lstat(path)?.size ?? 0), 0);
  if (bytes < WORTH_SAYING) return [];
  const what = replaced.length === 1 ? 'one compiled module' : `${replaced.length} compiled modules`;
  return [`left out ${what} (${megabytes(bytes)}) that no run used: kept Python modules do the same, but slower; --include keeps one`];
}
