"""Finds names of programs that code puts together from a constant prefix and an argument: `f"jupyter-{subcommand}"`."""

import dis
import re

from .bytecode import HAS_NAME, NEUTRAL, constant_of, instructions, lined, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Dict, Iterator, Pattern, Tuple

PREFIX = re.compile(r"[A-Za-z][\w.+]*(?:-[\w.+]+)*-\Z")
# The same with a place for the argument behind it: for `%` and str.format.
WITH_PLACE = re.compile(r"([A-Za-z][\w.+]*(?:-[\w.+]+)*-)(?:%s|\{\w*\})\Z")
# `+` is BINARY_ADD until 3.10, then a BINARY_OP. Its numbers: NB_ADD and NB_INPLACE_ADD (Include/opcode.h).
ADDS = {"BINARY_ADD", "INPLACE_ADD"}
BINARY_OP_ADDS = {0, 13}
HAS_ARGUMENT = frozenset(getattr(dis, "hasarg", range(dis.HAVE_ARGUMENT, 256)))
# Stands for the argument in what prefixes_in yields.
ANY = "*"


def constants_in(code: "CodeType", pattern: "Pattern[str]") -> "Dict[str, str]":
    """Names of a module or class -> the strings that are assigned to them and match: `PREFIX = "jupyter-"`."""
    found: Dict[str, str] = {}
    value: object = None
    if any(isinstance(constant, str) and pattern.match(constant) for constant in code.co_consts):
        for _, name, argument, _ in instructions(code):
            if name in ("STORE_NAME", "STORE_GLOBAL") and isinstance(value, str) and pattern.match(value):
                found[name_of(code, name, argument)] = value
            if name not in NEUTRAL:
                value = constant_of(code, name, argument)
    return found


def prefixes_in(code: "CodeType", known: "Dict[str, str]") -> "Iterator[Tuple[int, str]]":
    """Names that begin with a constant and end with an argument: (line, prefix + ANY).

    *known*: prefixes by the names that the module gave them, as constants_in finds them.
    """
    texts = [text for text in code.co_consts if isinstance(text, str)]
    if not known.keys() & set(code.co_names) and not any("-" in text and (PREFIX.match(text) or WITH_PLACE.match(text)) for text in texts):
        return
    # Values on the stack, from the prefix on.
    prefix, depth = "", 0
    for line, name, argument in lined(code):
        value = constant_of(code, name, argument)
        operation = dis.opmap[name]
        if prefix:
            is_sum = depth == 2 and (name in ADDS or (name == "BINARY_OP" and argument in BINARY_OP_ADDS))
            if is_sum or (name == "BUILD_STRING" and depth == argument > 1):
                yield line, prefix + ANY
                prefix = ""
            depth += dis.stack_effect(operation, argument if operation in HAS_ARGUMENT else None)
            if depth < 1 or "JUMP" in name:
                prefix = ""
        if isinstance(value, str):
            with_place = WITH_PLACE.match(value)
            if with_place:
                yield line, with_place.group(1) + ANY
            elif PREFIX.match(value):
                prefix, depth = value, 1
        elif name in HAS_NAME and name.startswith("LOAD_") and name_of(code, name, argument) in known:
            prefix, depth = known[name_of(code, name, argument)], 1
