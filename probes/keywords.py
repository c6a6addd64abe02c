"""Finds command lines in compiled code by the names that they get: `BashOperator(bash_command="...")`, `{"command": [...]}`.

What runs them is other code, which needs no name that says so.
"""

import dis
import re

from .bytecode import HAS_NAME, NEUTRAL, constant_of, lined, name_of
from .commands import line_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Iterator, List, Tuple

# Names of parameters, keys, attributes, and variables of modules and classes, whose value is a command line, or several of them.
KEYWORD = re.compile(r"(?:.*_)?(?:cmd|cmdline|command|command_?line)(?P<several>s?)\Z", re.IGNORECASE)
# Stands for a value that the code computes.
COMPUTED = object()
# Command lines of a list that are looked at.
MOST_LINES = 30


def commands_named(code: "CodeType") -> "Iterator[Tuple[int, str]]":
    """Constant strings and lists with such names: (line, command line as a shell would read it).

    The instructions are followed as the interpreter's stack is; a jump between a value and its use hides the value.
    """
    if not any(KEYWORD.match(name) for name in names_of(code)):
        return
    stack: List[Any] = []
    for line, name, argument in lined(code):
        named: List[Tuple[object, object]] = []
        if name == "KW_NAMES":  # 3.11 and 3.12
            keys = code.co_consts[argument]
            named = list(zip(keys, stack[-len(keys) :]))
        elif name.endswith("_KW") and stack and isinstance(stack[-1], tuple):
            keys = stack[-1]
            named = list(zip(keys, stack[-1 - len(keys) : -1]))
        elif name == "BUILD_CONST_KEY_MAP" and stack and isinstance(stack[-1], tuple):
            named = list(zip(stack[-1], stack[-1 - argument : -1]))
        elif name == "BUILD_MAP" and argument:
            pairs = stack[-2 * argument :]
            named = list(zip(pairs[::2], pairs[1::2]))
        elif name == "MAP_ADD" and len(stack) > 1:  # many keywords or keys
            named = [(stack[-2], stack[-1])]
        elif name.startswith("STORE_") and name in HAS_NAME and stack:
            named = [(name_of(code, name, argument), stack[-2 if name == "STORE_ATTR" and len(stack) > 1 else -1])]
        for key, value in named:
            match = KEYWORD.match(key) if isinstance(key, str) else None
            if match:
                yield from ((line, text) for text in texts_of(value, bool(match.group("several"))))
        follow(stack, code, name, argument)


def names_of(code: "CodeType") -> "Iterator[str]":
    """Names and constant strings in code, also those in tuples."""
    yield from code.co_names
    for value in code.co_consts:
        yield from (text for text in (value if isinstance(value, tuple) else (value,)) if isinstance(text, str))


def texts_of(value: object, several: bool) -> "Iterator[str]":
    """The command lines in a value. A list is one of words; with *several*, also one of command lines."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple) and value and isinstance(value[0], str):
        yield line_of(list(value))
        if several:
            yield from (text for text in value[1:MOST_LINES] if isinstance(text, str))


def follow(stack: "List[Any]", code: "CodeType", name: str, argument: int) -> None:
    """Does to the stack what the instruction does, as far as constants go."""
    operation = dis.opmap[name]
    made = COMPUTED
    if constant_of(code, name, argument) is not NotImplemented and name.startswith("LOAD_"):
        made = constant_of(code, name, argument)
    elif name in ("BUILD_LIST", "BUILD_TUPLE") and 0 < argument <= len(stack):
        made = tuple(stack[-argument:])
    elif name == "LIST_EXTEND" and argument == 1 and len(stack) > 1 and stack[-2] == () and isinstance(stack[-1], tuple):
        made = stack[-1]
    elif name == "BUILD_LIST":
        made = ()
    elif name == "BUILD_STRING" and 0 < argument <= len(stack) and isinstance(stack[-argument], str):
        made = stack[-argument]  # the beginning of an f-string
    effect = dis.stack_effect(operation, argument if operation >= dis.HAVE_ARGUMENT else None)
    if effect == 0 and name in NEUTRAL:
        return
    if effect < 0:
        del stack[effect:]
    else:
        stack.extend([COMPUTED] * effect)
    if stack and not name.startswith(("STORE_", "POP_")):
        stack[-1] = made
