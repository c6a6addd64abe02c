/** Contents of a made-up ELF file. */
export interface ElfSpec {
  bits?: 32 | 64;
  little?: boolean;
  machine?: number;
  interpreter?: string;
  needed?: string[];
  soname?: string;
  rpath?: string;
  runpath?: string;
  noDefaultLib?: boolean;
  versionsNeeded?: Record<string, string[]>;
  versionsDefined?: string[];
  /** Names of symbols in the dynamic string table. */
  symbols?: string[];
  /** Sections by their names. */
  sections?: Record<string, Buffer>;
  /** Sections behind the loaded part, by their names. */
  unloaded?: Record<string, Buffer>;
  /** Section → the section that its header refers to (sh_link). */
  links?: Record<string, string>;
  /** Name of the section that has the names of sections; default: one of its own, .shstrtab. */
  namesIn?: string;
  /** Bytes of a second PT_LOAD segment behind these, as patchelf makes it. It is the section .behind. */
  behind?: Buffer;
  /** Whether it is a program at a fixed address (ET_EXEC). */
  fixed?: boolean;
}

const BASE = 0x10000;
const PAGE = 4096;

/** Writes an ELF file with the given dynamic section. One PT_LOAD segment maps all but what is `unloaded`. */
export function makeElf(spec: ElfSpec): Buffer {
  const { bits = 64, little = true, machine = 62 } = spec;
  const word = bits / 8;
  const put = (value: number, size: number) => {
    const bytes = Buffer.alloc(size);
    for (let i = 0; i < size; i++) bytes[little ? i : size - 1 - i] = Math.floor(value / 2 ** (8 * i)) % 256;
    return bytes;
  };
  const half = (value: number) => put(value, 2);
  const wide = (value: number) => put(value, 4);
  const address = (value: number) => put(value, word);

  const strings: Buffer[] = [Buffer.from('\0')];
  let used = 1;
  const string = (text: string) => {
    const at = used;
    const bytes = Buffer.from(`${text}\0`);
    strings.push(bytes);
    used += bytes.length;
    return at;
  };
  for (const name of spec.symbols ?? []) string(name);
  const tags: [number, number][] = (spec.needed ?? []).map((name) => [1, string(name)]);
  if (spec.soname !== undefined) tags.push([14, string(spec.soname)]);
  if (spec.rpath !== undefined) tags.push([15, string(spec.rpath)]);
  if (spec.runpath !== undefined) tags.push([29, string(spec.runpath)]);
  if (spec.noDefaultLib) tags.push([0x6ffffffb, 0x800]);
  const needs = Object.entries(spec.versionsNeeded ?? {});
  const verneed = Buffer.concat(
    needs.map(([file, names], index) =>
      Buffer.concat([
        half(1),
        half(names.length),
        wide(string(file)),
        wide(16),
        wide(index === needs.length - 1 ? 0 : 16 + 16 * names.length),
        ...names.map((name, i) => Buffer.concat([wide(0), half(0), half(2), wide(string(name)), wide(i === names.length - 1 ? 0 : 16)])),
      ]),
    ),
  );
  const defines = spec.versionsDefined ?? [];
  const verdef = Buffer.concat(
    defines.map((name, index) =>
      Buffer.concat([
        half(1),
        half(0),
        half(index + 1),
        half(1),
        wide(0),
        wide(20),
        wide(index === defines.length - 1 ? 0 : 28),
        wide(string(name)),
        wide(0),
      ]),
    ),
  );

  const headerSize = bits === 64 ? 64 : 52;
  const segmentSize = bits === 64 ? 56 : 32;
  const dynamic = spec.needed || spec.soname || spec.symbols || tags.length > 0;
  const count = 1 + (spec.behind ? 1 : 0) + (spec.interpreter === undefined ? 0 : 1) + (dynamic ? 1 : 0);
  let at = headerSize + count * segmentSize;
  const place = (bytes: Buffer) => {
    const start = at;
    at += bytes.length;
    return start;
  };
  const interpreter = Buffer.from(`${spec.interpreter ?? ''}\0`);
  const interpreterAt = place(interpreter);
  const table = Buffer.concat(strings);
  const tableAt = place(table);
  const verneedAt = place(verneed);
  const verdefAt = place(verdef);
  if (needs.length > 0) tags.push([0x6ffffffe, BASE + verneedAt], [0x6fffffff, needs.length]);
  if (defines.length > 0) tags.push([0x6ffffffc, BASE + verdefAt], [0x6ffffffd, defines.length]);
  tags.push([5, BASE + tableAt], [10, table.length], [0, 0]);
  const section = Buffer.concat(tags.map(([tag, value]) => Buffer.concat([address(tag), address(value)])));
  const sectionAt = place(section);

  const segment = (type: number, offset: number, size: number, align = word) =>
    bits === 64
      ? Buffer.concat([wide(type), wide(5), ...[offset, BASE + offset, BASE + offset, size, size, align].map(address)])
      : Buffer.concat([wide(type), ...[offset, BASE + offset, BASE + offset, size, size, 5, align].map(wide)]);
  const inside = Object.entries(spec.sections ?? {});
  const insideAt = inside.map(([, bytes]) => place(bytes));
  const loaded = at;
  const outside = Object.entries(spec.unloaded ?? {});
  const outsideAt = outside.map(([, bytes]) => place(bytes));
  const padding = Buffer.alloc(spec.behind ? (PAGE - (at % PAGE)) % PAGE : 0);
  place(padding);
  const behind: [string, Buffer][] = spec.behind ? [['.behind', spec.behind]] : [];
  const behindAt = behind.map(([, bytes]) => place(bytes));
  const sections = [...inside, ...outside, ...behind];
  const starts = [...insideAt, ...outsideAt, ...behindAt];
  const contents = sections.map(([, bytes], index) => [starts[index] as number, bytes.length] as const);
  const order = ['', ...sections.map(([name]) => name), '.shstrtab'];
  const names = Buffer.from([...order, ''].join('\0'));
  const namesAt = place(names);
  const headersAt = at;
  const isLoaded = (name: string) => inside.some(([one]) => one === name) || name === '.behind';
  /** sh_name, sh_type, sh_flags, sh_addr, sh_offset, sh_size, sh_link, sh_info, sh_addralign, sh_entsize (elf(5)). */
  const headerOf = (name: string, type: number, [offset, size]: readonly [number, number]) =>
    Buffer.concat([
      wide(name === '' ? 0 : names.indexOf(`\0${name}\0`) + 1),
      wide(type),
      ...[isLoaded(name) ? 2 : 0, 0, offset, size].map(address),
      wide(spec.links?.[name] === undefined ? 0 : order.indexOf(spec.links[name])),
      wide(0),
      address(1),
      address(0),
    ]);
  const headers = [
    headerOf('', 0, [0, 0]),
    ...sections.map(([name], index) => headerOf(name, 1, contents[index] as [number, number])),
    headerOf('.shstrtab', 3, [namesAt, names.length]),
  ];
  const header = Buffer.concat([
    Buffer.from([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, little ? 1 : 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    half(spec.fixed ? 2 : 3),
    half(machine),
    wide(1),
    address(0),
    address(headerSize),
    address(sections.length > 0 ? headersAt : 0),
    wide(0),
    half(headerSize),
    half(segmentSize),
    half(count),
    half(bits === 64 ? 64 : 40),
    half(sections.length > 0 ? sections.length + 2 : 0),
    half(sections.length > 0 ? order.indexOf(spec.namesIn ?? '.shstrtab') : 0),
  ]);
  return Buffer.concat([
    header,
    segment(1, 0, loaded, spec.behind ? PAGE : word),
    ...(spec.behind ? [segment(1, behindAt[0] as number, spec.behind.length, PAGE)] : []),
    ...(spec.interpreter === undefined ? [] : [segment(3, interpreterAt, interpreter.length)]),
    ...(dynamic ? [segment(2, sectionAt, section.length)] : []),
    interpreter,
    table,
    verneed,
    verdef,
    section,
    ...[...inside, ...outside].map(([, bytes]) => bytes),
    padding,
    ...behind.map(([, bytes]) => bytes),
    ...(sections.length > 0 ? [names, ...headers] : []),
  ]);
}
