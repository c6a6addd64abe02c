import { architectureOfUname } from '../arch.js';
import { readElf } from '../elf/reader.js';
import type { RootFs } from '../rootfs.js';
import type { Trace } from './schema.js';

const [SETUID, SETGID] = [0o4000, 0o2000];

/** What a user must be told of the programs that ran: those whose rights were off, and those that nobody could watch. */
export async function toldOfPrograms(fs: RootFs, { observations }: Pick<Trace, 'observations'>, machine: string): Promise<string[]> {
  const told: string[] = [];
  const own = architectureOfUname(machine);
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
      told.push(`${path} ${rights.join(' and ')}: while it was watched it ran without (no_new_privs); the shrunk image keeps it as it is`);
    const elf = await readElf((offset, length) => fs.read(path, offset, length)).catch(() => undefined);
    if (elf && (elf.bits !== 64 || own?.audit === undefined || elf.eMachine !== own.eMachine))
      told.push(`${path} is a program of another architecture (${elf.bits}-bit, machine ${elf.eMachine}): what it opened was not seen`);
  }
  return told;
}
