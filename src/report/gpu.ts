import type { KeepResult } from '../keep/compute.js';
import { bytesForGpu } from '../keep/gpu.js';
import type { RootFs } from '../rootfs.js';
import { megabytes } from '../ui/table.js';

/** Bytes. A smaller part of an image is not worth a line. */
const WORTH_SAYING = 1e6;

/** What the libraries for GPUs take up, and what was left out for want of a GPU: a line for the user, or none. */
export function gpuLines({ keep, gpu }: Pick<KeepResult, 'keep' | 'gpu'>, fs: RootFs): string[] {
  if (gpu.target === 'none') {
    const left = [...gpu.left.keys()].filter((path) => !keep.has(path));
    const bytes = left.reduce((sum, path) => sum + (fs.lstat(path)?.size ?? 0), 0);
    return left.length === 0 ? [] : [`${count(left.length)} for GPUs (${megabytes(bytes)}) left out, as --target-gpu none asks`];
  }
  const bytes = bytesForGpu(gpu, keep, fs);
  return bytes < WORTH_SAYING ? [] : [`libraries that only a GPU needs take ${megabytes(bytes)}: --target-gpu none leaves them out`];
}

function count(libraries: number): string {
  return `${libraries} ${libraries === 1 ? 'library' : 'libraries'}`;
}
