import { architectureOfUname } from '../arch.js';
import { readElf } from '../elf/reader.js';
import type { RootFs } from '../rootfs.js';
import type { Trace } from './schema.js';

const [SETUID, SETGID] = [0o4000, 0o2000];

/**
 * Warnings about the programs that ran: those that ran without their special rights, and those that could not be watched.
 * @param architecture of the container, as uname(2) names it
 * @param noNewPrivileges whether the app ran with no_new_privs because it was watched: `docker run` does not set it
 */
export async function programWarnings(
  fs: RootFs,
  { observations }: Pick<Trace, 'observations'>,
  architecture: string,
  noNewPrivileges: boolean,
): Promise<string[]> {
  const privileged: string[] = [];
  const warnings: string[] = [];
  const own = architectureOfUname(architecture);
  const executed = new Set(observations.flatMap(({ kind, path }) => (kind === 'exec' ? (fs.resolve(path)?.path ?? []) : [])));
  for (const path of executed) {
    const entry = fs.lstat(path);
    if (entry?.type !== 'f') continue;
    const rights = [
      ...(entry.mode & SETUID ? ['is setuid'] : []),
      ...(entry.mode & SETGID ? ['is setgid'] : []),
      ...(entry.xattrs && 'security.capability' in entry.xattrs ? ['has file capabilities'] : []),
    ];
    if (rights.length > 0) privileged.push(`${path} ${rights.join(' and ')}`);
    const elf = await readElf((offset, length) => fs.read(path, offset, length)).catch(() => undefined);
    if (elf && (elf.bits !== 64 || own?.audit === undefined || elf.eMachine !== own.eMachine))
      warnings.push(
        `${path} is a program of another architecture (${elf.bits}-bit, e_machine ${elf.eMachine}): the files it opened were not seen`,
      );
  }
  if (noNewPrivileges && privileged.length > 0)
    warnings.unshift(
      `while the app was watched, programs got no rights of their own (no_new_privs), which \`docker run\` gives them: ${privileged.join(', ')}; the shrunk image keeps them unchanged`,
    );
  return warnings;
}
