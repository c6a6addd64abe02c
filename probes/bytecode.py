"""Reads the instructions of a code object, with what differs between CPython 3.6 and 3.14.

Source: the documentation of `dis`, and Lib/opcode.py of each version.
"""

import dis
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Dict, Iterable, Iterator, List, Optional, Tuple

EXTENDED_ARG = dis.opmap["EXTENDED_ARG"]
CACHE = dis.opmap.get("CACHE")
IMPORT_NAME = dis.opmap["IMPORT_NAME"]
# Names of the instructions whose argument is a name, and of those whose argument is a constant.
HAS_NAME = frozenset(dis.opname[operation] for operation in dis.hasname)
HAS_CONST = frozenset(dis.opname[operation] for operation in dis.hasconst)
# Since 3.11 and 3.12 the lowest bits of these instructions' arguments are flags; the index is above them.
SHIFTS: "Dict[str, int]" = {}
if sys.version_info >= (3, 11):
    SHIFTS["LOAD_GLOBAL"] = 1
if sys.version_info >= (3, 12):
    SHIFTS.update({"LOAD_ATTR": 1, "LOAD_SUPER_ATTR": 2})
# Until 3.9 jumps count bytes, since 3.10 instructions of two bytes; since 3.11 they count from the next instruction.
JUMP_UNIT = 2 if sys.version_info >= (3, 10) else 1
JUMPS_ARE_RELATIVE = sys.version_info >= (3, 11)
# Instructions that newer versions put between those that we look for.
NEUTRAL = {"CACHE", "PUSH_NULL", "NOP", "TO_BOOL", "PRECALL", "KW_NAMES", "COPY", "RESUME", "NOT_TAKEN"}
# CO_OPTIMIZED: the code of a function, not that of a module or a class (`inspect`).
OPTIMIZED = 1
HAS_DOCSTRING = 0x4000000
# CO_VARARGS and CO_VARKEYWORDS: a function has *args or **kwargs.
VARIABLE = 0x04 | 0x08


# The code object that was asked for last, and its instructions: several functions in turn ask for the same.
last_asked: "Tuple[object, List[Tuple[int, str, int, int]]]" = (None, [])


def instructions(code: "CodeType") -> "List[Tuple[int, str, int, int]]":
    """(offset, name, argument, offset of the next instruction) for each instruction except CACHE."""
    global last_asked
    if last_asked[0] is code:
        return last_asked[1]
    found: List[Tuple[int, str, int, int]] = []
    extended = 0
    names = dis.opname
    data = code.co_code
    for offset, operation, argument in zip(range(0, len(data), 2), data[::2], data[1::2]):
        if operation == EXTENDED_ARG:
            extended = (argument | extended) << 8
            continue
        if operation != CACHE:
            found.append((offset, names[operation], argument | extended, offset + 2))
        extended = 0
    last_asked = code, found
    return found


def lined(code: "CodeType") -> "Iterator[Tuple[int, str, int]]":
    """(line, name, argument) for each of the instructions."""
    lines = list(dis.findlinestarts(code))[::-1]
    line = code.co_firstlineno
    for offset, name, argument, _ in instructions(code):
        while lines and lines[-1][0] <= offset:
            line = lines.pop()[1] or line
        yield line, name, argument


def name_of(code: "CodeType", name: str, argument: int) -> str:
    """The name that an instruction of HAS_NAME uses."""
    return code.co_names[argument >> SHIFTS.get(name, 0)]


def constant_of(code: "CodeType", name: str, argument: int) -> object:
    """The constant that an instruction loads, or NotImplemented if it loads none."""
    if name == "LOAD_SMALL_INT":
        return argument
    if name in HAS_CONST and argument < len(code.co_consts):
        return code.co_consts[argument]
    return NotImplemented


def jump_target(data: bytes, after: int, argument: int) -> int:
    """The offset that a forward jump leads to. *after*: offset of the instruction that follows the jump."""
    if not JUMPS_ARE_RELATIVE:
        return argument * JUMP_UNIT
    while after < len(data) and dis.opname[data[after]] == "CACHE":
        after += 2
    return after + argument * 2


def strings_in(constants: "Iterable[object]") -> "List[str]":
    """The strings among constants, also those in tuples and frozensets."""
    found: List[str] = []
    for value in constants:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, (tuple, frozenset)):
            found += strings_in(value)
    return found


def documentation_of(code: "CodeType") -> "Optional[str]":
    """The text that documents a function, a class or a module.

    Until 3.13 the first constant of a function is that text, or None; later a flag says so (CO_HAS_DOCSTRING of `inspect`). Classes and
    modules store it as __doc__.
    """
    text = None
    if code.co_flags & OPTIMIZED:
        has_one = code.co_name[0] != "<" and (sys.version_info < (3, 14) or code.co_flags & HAS_DOCSTRING)
        text = code.co_consts[0] if has_one and code.co_consts else None
    elif "__doc__" in code.co_names:
        last: object = None
        for _, name, argument, _ in instructions(code):
            if name == "STORE_NAME" and name_of(code, name, argument) == "__doc__":
                text = last
                break
            last = constant_of(code, name, argument)
    return text if isinstance(text, str) else None


def functions_in(code: "CodeType") -> "Iterator[CodeType]":
    """The code of all functions and classes in code."""
    pending = [code]
    while pending:
        for inner in pending.pop().co_consts:
            if hasattr(inner, "co_code"):
                pending.append(inner)
                yield inner


def takes_arguments(code: "CodeType") -> bool:
    return code.co_argcount + code.co_kwonlyargcount > 0 or code.co_flags & VARIABLE != 0
