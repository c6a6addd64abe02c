"""The string constants of an extension module that Cython wrote.

Cython 3.2 and later stores all strings one after another, without separators, and beside them a table of their lengths.
Source: Cython, Compiler/Code.py, generate_pystring_constants: `const struct { const unsigned int length: N; }
str_length_index[]`, so each length takes four bytes. The strings are sorted: first those that are not interned, then the
others. So the table can be found: no other numbers cut the text into sorted pieces. Compilers turn a short table into
instructions, and then there is none. The text may be compressed.

Before, each string was an array of its own that ends with a null byte (`static const char __pyx_k_NAME[]`). They follow
one another, and some of them are in every module.
"""

import re
from array import array
from sys import byteorder

try:
    import zlib
except ImportError:  # an interpreter without zlib has no modules that use it
    zlib = None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Iterator, List, Set, Tuple

ZLIB_HEADER = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
LARGEST_BLOB = 4 << 20
SHORTEST_BLOB = 64
# A text that may be the strings: each module of Cython has this one among them.
TEXT = re.compile(rb"[^\0]{64,}")
IN_EVERY_MODULE = b"__main__"
# A module of Cython has one of these outside of its strings, too (Utility/ModuleSetupCode.c).
IS_CYTHON = re.compile(rb"__pyx|cython_runtime", re.IGNORECASE)
# Where a compressed text may begin: after a null byte, or at any multiple of eight. Its first two items are plain bytes, as
# the lowest bits of the first byte say.
LZSS_START = re.compile(b"[" + re.escape(bytes(range(3, 256, 4))) + rb"](?=[\t\n\r\x20-\x7e]{2})")
LZSS_ALIGNMENT = 8
# Bytes of a text in which IN_EVERY_MODULE has to be, so that other data is given up early.
LZSS_PROBE = 1 << 18
# Numbers of four bytes that may be lengths.
LENGTHS = re.compile(rb"(?:[\0-\xff]{2}[\0-\x03]\0){8,}")
LONGEST_STRING = 1 << 18
# Fewer strings may be sorted by chance.
FEWEST = 8
SHORTEST_NAME = 3
NO_LETTER = re.compile(rb"[^A-Za-z0-9]+")
LONGEST_KEY = 30
# Pieces that are cut for one text and one table, so that other data is given up.
MOST_PIECES = 1 << 20
# One of so many strings may be at another place: of some with the same letters, or none.
NEARLY = 8
DOTTED = re.compile(rb"(?:\.[A-Za-z_]\w{0,80}){1,5}")
# Arrays of characters that follow one another, and what parts them. The linker pads long ones to 32 bytes.
ARRAYS = re.compile(rb"[\0\t\n\r\x20-\xff]+")
GAP = re.compile(rb"\0{33,}")
MARK = re.compile(rb"\0(?:__main__|__test__|cline_in_traceback)\0")


def compressed_texts(data: bytes) -> "Iterator[bytes]":
    """Strings that are stored compressed (__Pyx_DecompressString)."""
    for match in ZLIB_HEADER.finditer(data) if zlib else ():
        try:
            text = zlib.decompressobj().decompress(data[match.start() : match.start() + LARGEST_BLOB], LARGEST_BLOB)
        except zlib.error:
            continue
        if len(text) > SHORTEST_BLOB:
            yield text


def lzss_texts(data: bytes) -> "Iterator[bytes]":
    """Strings that Cython 3.3 and later stores compressed by default (__Pyx_DecompressString_LZSS)."""
    done = 0
    for match in LZSS_START.finditer(data):
        start = match.start()
        if start < done or not (start % LZSS_ALIGNMENT == 0 or data[start - 1] == 0):
            continue
        if IN_EVERY_MODULE in expand(data, start, LZSS_PROBE):
            text = expand(data, start, LARGEST_BLOB)
            # Compressed, a text takes up more than an eighth of its length.
            done = start + len(text) // 8
            yield text


def expand(data: bytes, at: int, most: int) -> bytes:
    """Expands LZSS as Cython writes it (Utility/StringTools.c, __pyx_lzss_decompress), up to what cannot be LZSS.

    The end is not marked, so other bytes may follow the text.
    """
    text = bytearray()
    try:
        while len(text) < most:
            flags = data[at] | 0xFF00
            at += 1
            while flags & 0x100:
                if flags & 1:
                    text.append(data[at])
                    at += 1
                else:
                    low, high = data[at], data[at + 1]
                    at += 2
                    if not low & 0x80:
                        back, length = low, high
                    elif not high & 0x80:
                        back, length = 0x80 + (high << 2 & 0x180 | low & 0x7F), high & 0x1F
                    else:
                        back, length = 0x80 + ((high & 0x7F) << 7 | low & 0x7F), data[at]
                        at += 1
                    length += 3
                    source = len(text) - back - length
                    if source < 0:
                        return bytes(text)
                    text += text[source : source + length]
                flags >>= 1
    except IndexError:
        pass
    return bytes(text)


def cython_texts(data: bytes) -> "List[bytes]":
    """Texts in a read-only section that may be all strings of a module, one after another."""
    plain = [match.group() for match in TEXT.finditer(data) if IN_EVERY_MODULE in match.group()]
    return [*compressed_texts(data), *lzss_texts(data), *plain]


def cython_strings(sections: "List[bytes]", texts: "List[bytes]") -> "Tuple[Set[str], List[bytes]]":
    """The string constants in the read-only sections of an extension module, or the texts that may have them where no table cuts them.

    *texts*: those of cython_texts.
    """
    tables = [table for data in sections for table in tables_in(data)]
    found: Set[bytes] = set()
    uncut = []
    for text in texts:
        pieces = [piece for table in tables for piece in cut(text, table)]
        found.update(pieces)
        if not pieces and IN_EVERY_MODULE in text:
            uncut.append(text)
    for data in sections:
        for match in ARRAYS.finditer(data):
            for arrays in GAP.split(match.group()):
                if MARK.search(arrays):
                    pieces = [piece for piece in arrays.split(b"\0") if piece]
                    found.update(pieces if len(pieces) >= FEWEST else ())
    # Where the strings are known, another text is a docstring or other data.
    return {piece.decode("utf-8", "replace") for piece in found}, [] if found else uncut


def names_in(text: bytes, names: "Iterable[str]") -> "Iterator[str]":
    """Those of *names* that may be strings of a text without a table: compilers turn the lengths of few strings into instructions.

    A dotted name comes with whatever text follows it without a gap. The strings are sorted, so what follows another name is not
    before it in the alphabet, but for one place, where a name may be missed. A shorter name is often there by chance.
    """
    for name in names:
        word = name.encode()
        at = text.find(word) if len(word) >= SHORTEST_NAME else -1
        while at >= 0:
            end = at + len(word)
            dotted = DOTTED.match(text, end)
            rest = order(text[end : end + len(word) + 2])
            if dotted:
                yield name + dotted.group().decode("ascii", "replace")
            elif rest >= order(word)[: len(rest)]:
                yield name
            at = text.find(word, end)


def tables_in(data: bytes) -> "Iterator[array[int]]":
    """Runs of aligned numbers that may be lengths."""
    if byteorder != "little":
        return
    done = 0
    for match in LENGTHS.finditer(data):
        start = (max(match.start(), done) + 3) & ~3
        # A run that begins at an odd place may end too early.
        end = start + ((match.end() - start) & ~3) if match.end() > start else start
        while end + 4 <= len(data) and int.from_bytes(data[end : end + 4], "little") <= LONGEST_STRING:
            end += 4
        if end - start >= 4 * FEWEST:
            yield array("I", data[start:end])
        done = max(done, end)


def order(piece: bytes) -> bytes:
    """By what Cython 3.2 sorts the strings: names of variables made from them."""
    return NO_LETTER.sub(b"", piece[:LONGEST_KEY]).lower()


def cut(text: bytes, lengths: "array[int]") -> "List[bytes]":
    """The longest series of pieces, from the start of a text, that some part of a table of lengths cuts it into.

    The pieces are sorted, by themselves or nearly by `order`, but for one place. [] if no part of the table does.
    """
    best: List[bytes] = []
    left = MOST_PIECES
    for start in range(len(lengths) - FEWEST + 1):
        pieces: List[bytes] = []
        at = breaks = 0
        others = -1
        for index in range(start, len(lengths)):
            end = at + lengths[index]
            if end > len(text):
                break
            piece = text[at:end]
            if not piece and pieces and not pieces[-1]:
                break  # each string is there once, and zeros are no table of lengths
            pieces.append(piece)
            at = end
            breaks += len(pieces) > 1 and piece < pieces[-2]
            if breaks > 1:
                # Only few pieces come to this, so that their order by letters may be slow.
                others = breaks_in(pieces) if others < 0 else others + breaks_in(pieces[-2:])
                if others > 1 + len(pieces) // NEARLY:
                    pieces.pop()
                    break
        left -= len(pieces) + 1
        if left < 0:
            break
        if len(pieces) > max(len(best), FEWEST) and len(set(pieces)) * 2 > len(pieces):
            best = pieces
    return best


def breaks_in(pieces: "List[bytes]") -> int:
    keys = [order(piece) for piece in pieces]
    return sum(second < first for first, second in zip(keys, keys[1:]))
