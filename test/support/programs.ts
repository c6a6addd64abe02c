/** The headers of a program of Windows. @param clr whether it has a CLR header, as those of .NET */
export function windowsProgram(clr = false, is64 = true): Buffer {
  const bytes = Buffer.alloc(1024);
  bytes.write('MZ', 0, 'latin1');
  bytes.writeUInt32LE(0x80, 60);
  bytes.write('PE\0\0', 0x80, 'latin1');
  const optional = 0x80 + 24;
  bytes.writeUInt16LE(is64 ? 0x20b : 0x10b, optional);
  const directories = optional + (is64 ? 112 : 96);
  bytes.writeUInt32LE(16, directories - 4);
  if (clr) bytes.writeUInt32LE(0x2008, directories + 14 * 8);
  return bytes;
}

/** The beginning of a file with a magic number of four bytes. */
export function withMagic(magic: number, next = 0): Buffer {
  const bytes = Buffer.alloc(64);
  bytes.writeUInt32BE(magic, 0);
  bytes.writeUInt32BE(next, 4);
  return bytes;
}
