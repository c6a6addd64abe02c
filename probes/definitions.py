"""Names by which functions may be called though no code loads them: what stands in formats, and what is defined for others."""

import re

from .bytecode import NEUTRAL, OPTIMIZED, constant_of, instructions, strings_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Iterator, List, Set

# A name with one place for a part that the code computes.
FORMAT = re.compile(r"(\w+_)?(?:%s|\{\w*\})(_\w+)?\Z")
# The compiler's name for what has the type parameters of a function or class (PEP 695).
GENERIC = "<generic parameters of "
# Instructions from the code of a function to the function object.
MAKES_FUNCTION = frozenset(["LOAD_CONST", "MAKE_FUNCTION", "SET_FUNCTION_ATTRIBUTE"])


def formatted_parts(text: str) -> "Iterator[str]":
    """What stands beside the only place of a format: `do_` of `do_%s`, `_now` of `{}_now`."""
    match = FORMAT.match(text) if "%" in text or "{" in text else None
    if match:
        yield from (part for part in match.groups() if part)


def qualified_names(code: "CodeType") -> "Set[str]":
    """Strings that the compiler added before Python 3.11: the qualified names of functions and classes."""
    added: Set[str] = set()
    loaded = set(strings_in(value for value in code.co_consts if not isinstance(value, str)))
    last = None
    for _, name, argument, _ in instructions(code):
        if name in NEUTRAL:
            continue
        if isinstance(last, str):
            (added if name == "MAKE_FUNCTION" else loaded).add(last)
        last = constant_of(code, name, argument)
    return added - loaded


def given_functions(code: "CodeType") -> "Iterator[str]":
    """Names of the functions that the code defines and does not store at once, as those with a decorator."""
    made = ""
    for _, name, argument, _ in instructions(code):
        value = constant_of(code, name, argument)
        if hasattr(value, "co_code"):
            text = value.co_name
            generic = text[len(GENERIC) : -1] if text.startswith(GENERIC) else ""
            made = generic or (text if value.co_flags & OPTIMIZED and text[0] != "<" else "")
        elif name not in NEUTRAL and name not in MAKES_FUNCTION:
            if made and not name.startswith("STORE_"):
                yield made
            made = ""


def function_scope(class_name: str, name: str) -> str:
    """`function`, `Class.method`, or `Class` for a special method: its callers name only the class."""
    if not class_name:
        return name
    return class_name if name[:2] == name[-2:] == "__" else f"{class_name}.{name}"


def unique(rows: "List[List[Any]]") -> "List[List[Any]]":
    """The rows in order, each once."""
    return [list(row) for row in sorted({tuple(row) for row in rows})]
