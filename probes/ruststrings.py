"""The names among the string constants of an extension module that rustc wrote.

A string of Rust has no end that can be seen: its bytes are in .rodata, glued to the next ones, and its address and its length are
where it is used. Such a pair is found in two places:

- in data (`&'static [&str]`, constants): a pointer, which the loader fills in, and the length in the word after it. Of the
  pointer there is a relocation R_X86_64_RELATIVE or R_AARCH64_RELATIVE, with the address as its addend.
- in code: an instruction that makes the address, and near it one that makes the length, as most calls take both.

Sources: gABI, "Relocation"; x86-64 psABI and AAELF64 for the numbers of relocations; Intel SDM, volume 2 (LEA, MOV);
Arm ARM, C6.2 (ADRP, ADD, MOVZ).
"""

import re
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Iterator, List, NamedTuple, Pattern, Set, Tuple

    class Section(NamedTuple):
        kind: int
        address: int
        offset: int
        size: int


SHT_RELA = 4
SHT_NOBITS = 8
EM_X86_64 = 62
EM_AARCH64 = 183
RELATIVE = {EM_X86_64: 8, EM_AARCH64: 1027}
RELA = struct.Struct("<QQq")
LONGEST = 255
# lea REGISTER, [rip + 32 bits]
LEA = re.compile(rb"[\x48\x4c]\x8d[\x05\x0d\x15\x1d\x25\x2d\x35\x3d]")
# mov REGISTER, LENGTH or mov [STACK or REGISTER + offset], LENGTH
MOVE = re.compile(rb"(?:[\xb8-\xbf]|\xc7\x44\x24.|\xc7\x84\x24.{4}|\xc7[\x40-\x43\x45-\x47].)([^\0])\0\0\0", re.DOTALL)
# Bytes before and behind an address in which its length may be made.
NEAR = 40


def sections_of(data: bytes) -> "Dict[str, Section]":
    """The sections of a 64-bit little-endian ELF file, by name. Raises struct.error, IndexError or ValueError for other files."""
    if data[:6] != b"\x7fELF\2\1":
        raise ValueError("no 64-bit little-endian ELF file")
    table, size, count, index = struct.unpack_from("<Q", data, 40)[0], *struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, table + number * size) for number in range(count)]
    names = headers[index][4]
    found = {}
    for name, kind, _, address, offset, length in headers:
        end = data.index(b"\0", names + name)
        found[data[names + name : end].decode("ascii", "replace")] = (kind, address, offset, length)
    return found


def rust_names(data: bytes, top_level: "Set[str]") -> "Set[str]":
    """Strings of an ELF file that are names of modules, dotted or not, by the lengths that go with them.

    *top_level*: the names that they may begin with.
    """
    try:
        sections = sections_of(data)
        machine = struct.unpack_from("<H", data, 18)[0]
        _, address, offset, size = sections[".rodata"]
    except (struct.error, IndexError, ValueError, KeyError):
        return set()
    text = data[offset : offset + size]
    prefixes = b"|".join(sorted(map(str.encode, top_level), key=len, reverse=True))
    name = re.compile(b"(?:" + prefixes + rb")(?:\.[A-Za-z_]\w*)*")
    found: Set[str] = set()
    for place, length in [*pairs_in_data(data, sections, machine), *pairs_in_code(data, sections, machine, address, text, name)]:
        start = place - address
        if start >= 0 and 0 < length <= LONGEST and start + length <= len(text):
            piece = text[start : start + length]
            if name.match(piece) and name.match(piece).end() == length:
                found.add(piece.decode("ascii"))
    return found


def pairs_in_data(data: bytes, sections: "Dict[str, Section]", machine: int) -> "Iterator[Tuple[int, int]]":
    """Pairs of an address and what may be a length, for each pointer that the loader fills in."""
    filled = [section for section in sections.values() if section[1] and section[0] != SHT_NOBITS]
    for kind, _, offset, size in sections.values():
        if kind != SHT_RELA:
            continue
        table = data[offset : offset + size]
        for place, info, target in RELA.iter_unpack(table[: len(table) // RELA.size * RELA.size]):
            if info & 0xFFFFFFFF != RELATIVE.get(machine):
                continue
            for _, address, start, length in filled:
                at = place - address + start + 8
                if address <= place < address + length and at + 8 <= len(data):
                    yield target, int.from_bytes(data[at : at + 8], "little")
                    break


def pairs_in_code(
    data: bytes, sections: "Dict[str, Section]", machine: int, address: int, text: bytes, name: "Pattern[bytes]"
) -> "Iterator[Tuple[int, int]]":
    """Pairs of an address at which a name begins, and a number that is made near it.

    *text*: the read-only data, which is at *address*.
    """
    addresses = {EM_X86_64: addresses_of_x86, EM_AARCH64: addresses_of_arm}.get(machine)
    lengths = {EM_X86_64: lengths_of_x86, EM_AARCH64: lengths_of_arm}.get(machine)
    if not addresses or not lengths or ".text" not in sections:
        return
    _, base, offset, size = sections[".text"]
    code = data[offset : offset + size]
    for at, place in addresses(code, base):
        if address <= place < address + len(text) and name.match(text, place - address):
            for length in lengths(code[max(0, at - NEAR) : at + NEAR]):
                yield place, length


def addresses_of_x86(code: bytes, base: int) -> "Iterator[Tuple[int, int]]":
    """Offsets of instructions that make an address, with the address."""
    for match in LEA.finditer(code):
        end = match.end() + 4
        if end <= len(code):
            yield match.start(), base + end + int.from_bytes(code[end - 4 : end], "little", signed=True)


def lengths_of_x86(code: bytes) -> "List[int]":
    """Small numbers that instructions move."""
    return [match.group(1)[0] for match in MOVE.finditer(code)]


def addresses_of_arm(code: bytes, base: int) -> "Iterator[Tuple[int, int]]":
    """Offsets of an ADD after an ADRP of the same register, with the address that both make."""
    pages: Dict[int, int] = {}
    for index, (word,) in enumerate(struct.iter_unpack("<I", code[: len(code) & ~3])):
        if word & 0x9F000000 == 0x90000000:  # ADRP
            pages_away = (word >> 3 & 0x1FFFFC) | (word >> 29 & 3)
            pages_away -= (pages_away & 0x100000) << 1
            pages[word & 31] = (base + index * 4 & ~0xFFF) + (pages_away << 12)
        elif word & 0xFFC00000 == 0x91000000 and word >> 5 & 31 in pages:  # ADD (immediate), 64 bits, no shift
            yield index * 4, pages[word >> 5 & 31] + (word >> 10 & 0xFFF)


def lengths_of_arm(code: bytes) -> "List[int]":
    """Small numbers that MOVZ makes."""
    words = struct.iter_unpack("<I", code[: len(code) & ~3])
    return [word >> 5 & 0xFFFF for (word,) in words if word & 0x7FE00000 == 0x52800000]
