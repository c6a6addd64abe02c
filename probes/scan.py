"""Goes over the instructions of a module's code: what it imports, where that can't be read, and what runs only where it is a program.

The order of instructions that this relies on is the same from CPython 3.6 to 3.14: an import is LOAD_CONST level, LOAD_CONST names,
IMPORT_NAME.
"""

import dis

from .apinames import IMPORTERS, UNSOUND
from .bytecode import HAS_NAME, NEUTRAL, constant_of, instructions, jump_target, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, List, Set, Tuple

# The scope of code that runs only where the module is run as a program.
MAIN = "__main__"


class Scan:
    """What the instructions of one module say."""

    def __init__(self) -> None:
        # [line, level, module, names, function or MAIN or ""]
        self.imports: List[List[Any]] = []
        # [line, kind] of code that reading cannot follow.
        self.spots: List[List[Any]] = []
        # What stands under `if __name__ == "__main__":`: the names that are loaded, lines, and code objects by id().
        self.main: Set[str] = set()
        self.main_lines: Set[int] = set()
        self.in_main: Set[int] = set()

    def scope_at(self, line: int, scope: str) -> str:
        """The scope of a line in code of *scope*."""
        return MAIN if not scope and line in self.main_lines else scope

    def add(self, code: "CodeType", scope: str) -> "Tuple[Set[str], Set[int]]":
        """Goes over the instructions: records imports and unsound spots. Returns the names that are loaded, and which constants are
        the names in import statements, by id().

        Code under `if TYPE_CHECKING:` is skipped; that under `if __name__ == "__main__":` gets the scope MAIN, with all
        functions that are defined there.
        """
        loaded: Set[str] = set()
        imported: Set[int] = set()
        lines = list(dis.findlinestarts(code))[::-1]
        line = code.co_firstlineno
        # The two instructions before the current one: name and constant.
        second_last: Tuple[Any, Any] = (None, NotImplemented)
        last = second_last
        # The name whose test decides on a block, between its load and the jump.
        guard = None
        # The line of a call of IMPORTERS whose arguments are being loaded, and whether a constant name was among them.
        call_line = None
        has_constant = False
        skip_to = main_to = 0
        for offset, name, argument, after in instructions(code):
            while lines and lines[-1][0] <= offset:
                line = lines.pop()[1] or line
            if offset < skip_to:
                continue
            value = constant_of(code, name, argument)
            if offset < main_to:
                self.main_lines.add(line)
                if hasattr(value, "co_code"):
                    self.in_main.add(id(value))
            if call_line and name not in NEUTRAL:
                if isinstance(value, str) and not has_constant:
                    has_constant = True
                elif not has_constant or name.startswith(("BINARY_", "FORMAT_", "BUILD_STRING")):
                    self.spots.append([call_line, "import"])
                    call_line = None
                elif name.startswith("CALL"):
                    call_line = None
            if name in HAS_NAME:
                text = name_of(code, name, argument)
                if name == "IMPORT_NAME":
                    level, names = second_last[1], last[1]
                    imported.add(id(names))
                    self.imports.append(
                        [
                            line,
                            level if isinstance(level, int) else 0,
                            text,
                            list(names or ()) if names is not NotImplemented else [],
                            scope or (MAIN if offset < main_to else ""),
                        ]
                    )
                elif name.startswith("LOAD_") or name == "IMPORT_FROM":
                    (self.main if offset < main_to else loaded).add(text)
                    if name != "IMPORT_FROM" and text in IMPORTERS:
                        call_line, has_constant = line, False
                    elif text in UNSOUND and (UNSOUND[text] != "exec" or name in ("LOAD_NAME", "LOAD_GLOBAL")):
                        self.spots.append([line, UNSOUND[text]])
                guard = text if text in ("TYPE_CHECKING", "__name__") else None
            elif guard and name not in NEUTRAL:
                if guard == "__name__" and (value == "__main__" or (name == "COMPARE_OP" and last[1] == "__main__")):
                    pass  # between the load of __name__ and the jump
                elif "JUMP" in name and name.endswith("IF_FALSE"):
                    target = jump_target(code.co_code, after, argument)
                    if guard == "TYPE_CHECKING":
                        skip_to = target
                    elif last[0] == "COMPARE_OP":
                        main_to = target
                    guard = None
                else:
                    guard = None
            if name not in NEUTRAL:
                second_last, last = last, (name, value)
        return loaded, imported
