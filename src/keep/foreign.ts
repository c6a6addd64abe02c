import { HEAD, isForeignProgram } from '../os/foreign.js';
import type { Distribution } from '../python/distributions.js';
import type { Context } from './rule.js';

/** Names that programs and libraries of Windows and macOS have. Not all are executable by their mode. */
const NAMES = /\.(exe|dll|pyd|dylib)$/i;

/**
 * Whether a file of a distribution is a program or a library for another system or processor: here it can do nothing. The app itself may
 * have such files for others.
 */
export async function isForeign(path: string, { local }: Distribution, { fs, libraries, trace }: Context): Promise<boolean> {
  const entry = local ? undefined : fs.lstat(path);
  if (entry?.type !== 'f' || !((entry.mode & 0o111) !== 0 || NAMES.test(path))) return false;
  const interpreter = await libraries.elf(fs.resolve(trace.python.executable)?.path ?? trace.python.executable);
  if (!interpreter) return false;
  const head = await fs.read(path, 0, HEAD);
  return isForeignProgram(Buffer.from(head.buffer, head.byteOffset, head.byteLength), interpreter.eMachine);
}
