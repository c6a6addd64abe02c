"""Finds the lines on which a module's code has given names and strings.

A string has the line of the first instruction that loads it; one that no instruction loads, such as the text that documents a
function, that of its function.
"""

import re

from .apinames import LOADERS, RESOLVERS, RUNNERS
from .bytecode import HAS_CONST, HAS_NAME, NEUTRAL, lined, name_of, strings_in
from .codefiles import code_of
from .prefixes import ANY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Dict, List, Optional, Tuple

# Kinds of strings -> functions: code that loads one of them comes before other code with the string.
NEAR = {"string": set(), "import": RESOLVERS, "library": LOADERS, "program": RUNNERS}  # type: Dict[str, set]
LOADS_ATTRIBUTE = {"LOAD_ATTR", "LOAD_METHOD"}
WORDS = re.compile(r"[\s|;&]+")


def lines_of(path: str, wanted: "List[List[str]]") -> "Dict[str, Any]":
    """For each of *wanted* its line in the file *path*, or None: {"lines": [...]}.

    *wanted*: pairs of a kind and a text. `attribute`: PACKAGE.NAME; `name`: a name that code loads; the kinds in NEAR: a string.
    """
    try:
        return {"lines": Lines(wanted).of(code_of(path))}
    except Exception:
        return {"lines": [None] * len(wanted)}


class Lines:
    """Where the wanted texts stand: of several places the one with the lowest rank, and of these the first one."""

    def __init__(self, wanted: "List[List[str]]") -> None:
        self.found: List[Optional[Tuple[int, int]]] = [None] * len(wanted)
        # Name -> wanted texts that end in it, each with the name of its package, or "".
        self.names: Dict[str, List[Tuple[int, str]]] = {}
        # String -> wanted texts, each with its kind.
        self.strings: Dict[str, List[Tuple[int, str]]] = {}
        # Names of programs, which may be a word of a command line.
        self.programs: List[Tuple[int, str]] = []
        for index, (kind, text) in enumerate(wanted):
            if kind == "program":
                self.programs.append((index, text))
            elif kind in NEAR:
                self.strings.setdefault(text, []).append((index, kind))
            else:
                package, _, name = text.rpartition(".")
                self.names.setdefault(name, []).append((index, package.rpartition(".")[2] if kind == "attribute" else ""))

    def of(self, code: "CodeType") -> "List[Optional[int]]":
        """The lines in the code of a module and in all code in it, in the order of what is wanted."""
        pending = [code]
        while pending:
            code = pending.pop()
            pending += [inner for inner in code.co_consts if hasattr(inner, "co_code")]
            # Constant -> the wanted strings that it is or has in it.
            constants = {}
            for number, value in enumerate(code.co_consts if self.strings or self.programs else ()):
                texts = [text for text in strings_in((value,)) if self.wanting(text)]
                if texts:
                    constants[number] = texts
                for text in texts:
                    self.add_string(code, text, 4, code.co_firstlineno)
            if constants or not self.names.keys().isdisjoint(code.co_names):
                self.scan(code, constants)
        return [place and place[1] for place in self.found]

    def scan(self, code: "CodeType", constants: "Dict[int, List[str]]") -> None:
        """Takes in the instructions of a code object. *constants*: the wanted strings in its constants, by their number."""
        # The name that the instruction before has loaded.
        before = ""
        for line, operation, argument in lined(code):
            if operation in HAS_NAME:
                name = name_of(code, operation, argument)
                for index, package in self.names.get(name, ()):
                    self.add(index, rank_of(operation, package, before), line)
                before = name
            else:
                for text in constants.get(argument, ()) if operation in HAS_CONST else ():
                    self.add_string(code, text, 0, line)
                if operation not in NEUTRAL:
                    before = ""

    def wanting(self, text: str) -> "List[Tuple[int, str]]":
        """What is wanted that a string is or has in it, each with its kind."""
        found = self.strings.get(text, [])
        return found + [(index, "program") for index, name in self.programs if names_program(text, name)] if self.programs else found

    def add_string(self, code: "CodeType", text: str, rank: int, line: int) -> None:
        """Takes in a string in *code*."""
        for index, kind in self.wanting(text):
            self.add(index, rank + (1 if NEAR[kind].isdisjoint(code.co_names) else 0), line)

    def add(self, index: int, rank: int, line: int) -> None:
        """Takes in a place of what is wanted."""
        known = self.found[index]
        if known is None or (rank, line) < known:
            self.found[index] = rank, line


def rank_of(operation: str, package: str, before: str) -> int:
    """How sure it is that an instruction means the wanted name: 0 is best. *package*: what the name is an attribute of, or ""."""
    is_attribute = operation in LOADS_ATTRIBUTE
    if is_attribute and package and before == package:
        return 0
    if is_attribute or (not package and operation.startswith("LOAD_")):
        return 1
    return 2 if operation.startswith("LOAD_") or operation == "IMPORT_FROM" else 3


def names_program(text: str, name: str) -> bool:
    """Whether a string is the name of a program, a command line with it, or, of PREFIX*, begins with the prefix."""
    if name.endswith(ANY):
        return text.startswith(name[: -len(ANY)])
    return text == name or (name in text and name in WORDS.split(text))
