const ELF = 0x7f454c46;
/** Mach-O of 32 and 64 bits, in both byte orders. Source: Darwin, <mach-o/loader.h>. */
const MACH_O: ReadonlySet<number> = new Set([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe]);
/** Mach-O for several processors. Classes of Java begin so, too, and have a larger number behind it. Source: <mach-o/fat.h>; JVMS 4.1. */
const FAT = 0xcafebabe;
const MOST_PROCESSORS = 30;

/** Bytes from the start of a file that {@link isForeignProgram} looks at. */
export const HEAD = 1024;

/**
 * Whether a file is a program or a library for another system than Linux, or for another processor. Those of .NET are for any.
 * Source: gABI, "ELF Header" (EI_DATA, e_machine).
 * @param head its first {@link HEAD} bytes, or fewer of a shorter file
 * @param eMachine the processor, as ELF has it
 */
export function isForeignProgram(head: Buffer, eMachine: number): boolean {
  if (head.length < 64) return false;
  const magic = head.readUInt32BE(0);
  if (magic === ELF) return (head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18)) !== eMachine;
  return MACH_O.has(magic) || (magic === FAT && head.readUInt32BE(4) <= MOST_PROCESSORS) || isOfWindows(head);
}

/**
 * Whether it is a program of Windows, and none of .NET, which has a CLR header.
 * Source: PE Format: "MS-DOS Stub", "Optional Header Data Directories". False where the headers are further behind.
 */
function isOfWindows(head: Buffer): boolean {
  const at = head.readUInt32LE(60);
  if (head.toString('latin1', 0, 2) !== 'MZ' || at + 256 > head.length || head.toString('latin1', at, at + 4) !== 'PE\0\0') return false;
  const optional = at + 24;
  const directories = optional + (head.readUInt16LE(optional) === 0x20b ? 112 : 96);
  const isThere = head.readUInt32LE(directories - 4) > 14;
  return !(isThere && head.readUInt32LE(directories + 14 * 8) !== 0);
}
