"""The Python code of a Jupyter notebook.

Sources: nbformat 4 (its JSON schema); IPython, core/inputtransformer2.py and core/magics/script.py for what is no Python.
"""

import ast
import re

from .codefiles import NotReadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, List

# Magics of a cell whose other lines are Python.
PYTHON_MAGICS = frozenset(["capture", "debug", "memray_flamegraph", "mprun", "prun", "python", "python3", "time", "timeit"])
# Magics of a line and of a cell that are for a shell, and those of a cell that are for the program with that name.
SHELL_MAGICS = frozenset(["!", "sx", "system"])
PROGRAM_MAGICS = frozenset(["bash", "perl", "pypy", "ruby", "sh"])
CELL_MAGIC = re.compile(r"%%(!|\w+)[ \t]*(.*)")
# A command for a shell: `!ls`, `!!ls`, `files = !ls`.
COMMAND = re.compile(r"([ \t]*)(?:\w[\w.,\[\] \t]*=[ \t]*)?!!?(.*)")
LINE_MAGIC = re.compile(r"([ \t]*)(?:\w[\w.,\[\] \t]*=[ \t]*)?%(\w+)[ \t]*(.*)")
HELP = re.compile(r"([ \t]*)(?:\?|[\w.*]+\?\??[ \t]*\Z)")
# Code in a notebook may await at the top level (from Python 3.8 on).
FLAGS = getattr(ast, "PyCF_ALLOW_TOP_LEVEL_AWAIT", 0)


def source_of(text: bytes, parse: "Any") -> str:
    """Python that names what the cells of a notebook name. Its lines are those of all code cells, one cell after the other.

    *parse*: reads JSON. Raises NotReadable for a notebook in another language, or ValueError for what is none.
    """
    notebook = parse(text.decode("utf-8"))
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise NotReadable("no notebook of nbformat 4")
    language = language_of(notebook.get("metadata"))
    if language != "python":
        raise NotReadable(f"a notebook in {language}")
    lines: List[str] = []
    for cell in cells:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source")
            lines += python_of("".join(map(str, source)) if isinstance(source, list) else str(source or ""))
    return "\n".join(lines) + "\n"


def language_of(metadata: "Any") -> str:
    """The language of the notebook's kernel, in lower case. Without one, it is Python."""
    for name, key in (("language_info", "name"), ("kernelspec", "language")):
        info = metadata.get(name) if isinstance(metadata, dict) else None
        if isinstance(info, dict) and info.get(key):
            return str(info[key]).lower()
    return "python"


def python_of(cell: str) -> "List[str]":
    """As many lines of Python as a cell has. They are empty where it has no valid Python."""
    lines = cell.split("\n")
    magic = CELL_MAGIC.match(cell)
    if magic:
        name, rest = magic.group(1), magic.group(2).split()
        program = rest[0] if name == "script" and rest else "sh" if name in SHELL_MAGICS else name if name in PROGRAM_MAGICS else ""
        if program:
            return [run(program)] + [run(line) if line.strip() else "" for line in lines[1:]]
        if name not in PYTHON_MAGICS:
            return [""] * len(lines)
        lines[0] = ""
    for code in (lines, [python_line(line) for line in lines]):
        try:
            compile("\n".join(code), "cell", "exec", ast.PyCF_ONLY_AST | FLAGS, True)
        except (SyntaxError, ValueError):
            continue
        return code
    return [""] * len(lines)


def python_line(line: str) -> str:
    command = COMMAND.match(line)
    if command:
        return command.group(1) + run(command.group(2))
    magic = LINE_MAGIC.match(line)
    if magic and magic.group(2) in SHELL_MAGICS:
        return magic.group(1) + run(magic.group(3))
    if magic:
        loaded = magic.group(3).strip()
        is_module = magic.group(2) in ("load_ext", "reload_ext") and all(part.isidentifier() for part in loaded.split("."))
        return magic.group(1) + (f"import {loaded}" if is_module else "pass")
    asks = HELP.match(line)
    return asks.group(1) + "pass" if asks else line


def run(command: str) -> str:
    return f"import os; os.system({command!r})"
