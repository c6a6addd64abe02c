import { readElf } from '../elf/reader.js';
import type { RootFs } from '../rootfs.js';
import type { Trace } from './schema.js';

const [SETUID, SETGID] = [0o4000, 0o2000];
/** e_machine (elf(5)) by the architecture's name in uname(2). */
const MACHINES: Record<string, number> = { x86_64: 62, aarch64: 183 };

/**
 * Warnings about the programs that ran: those that ran without their special rights, and those that could not be watched.
 * @param architecture of the container, as uname(2) names it
 */
export async function programWarnings(fs: RootFs, { observations }: Pick<Trace, 'observations'>, architecture: string): Promise<string[]> {
  const warnings: string[] = [];
  const executed = new Set(observations.flatMap(({ kind, path }) => (kind === 'exec' ? (fs.resolve(path)?.path ?? []) : [])));
  for (const path of executed) {
    const entry = fs.lstat(path);
    if (entry?.type !== 'f') continue;
    const rights = [
      ...(entry.mode & SETUID ? ['is setuid'] : []),
      ...(entry.mode & SETGID ? ['is setgid'] : []),
      ...(entry.xattrs && 'security.capability' in entry.xattrs ? ['has file capabilities'] : []),
    ];
    if (rights.length > 0)
      warnings.push(
        `${path} ${rights.join(' and ')}, but it was watched without these rights (no_new_privs); the shrunk image keeps it unchanged`,
      );
    const elf = await readElf((offset, length) => fs.read(path, offset, length)).catch(() => undefined);
    if (elf && (elf.bits !== 64 || elf.machine !== MACHINES[architecture]))
      warnings.push(
        `${path} is a program of another architecture (${elf.bits}-bit, e_machine ${elf.machine}): the files it opened were not seen`,
      );
  }
  return warnings;
}
