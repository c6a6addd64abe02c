"""Finds command lines in compiled code: what is given to functions that run programs."""

import functools
import re

from .apinames import HANDS_ON, NO_RUNNERS, SEARCHERS
from .bytecode import HAS_NAME, NEUTRAL, constant_of, instructions, lined, name_of, strings_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Dict, Iterator, List, Set, Tuple

# Instructions before a call that are remembered: enough for the elements of a command line.
REMEMBERED = 64
# Ends the name of a shell that runs what the code gets from elsewhere: `["bash", "-c", command]`, `["bash", script]`.
GIVEN = " -c *"
# Functions that get several programs: check_programs("msgfmt", "msgmerge").
SEVERAL = re.compile(r"programs|executables|binaries|tools|commands", re.IGNORECASE)
# In the place of the called function: the code first stores the list under a name.
STORED = "="
# Begins the names of constants that belong to classes.
ATTRIBUTE = "."
ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD"}
# From Python 3.13 on, one instruction may load two variables.
TWO_VALUES = re.compile(r"LOAD_FAST\w*_LOAD_FAST")
# An instruction that uses the value of a whole expression, or leaves it.
ENDS_STATEMENT = re.compile(r"STORE_|POP_TOP|RETURN_|POP_JUMP|JUMP_|RAISE_|YIELD_")
SHELL = re.compile(r"(?:.*/)?(?:ba|da|fi|k|z)?sh\Z")
# Words of a list that are remembered, and their characters: the command behind `timeout -s KILL 5`, or that of a shell.
MOST_WORDS = 12
LONGEST_LINE = 400
# A word that a shell reads as it is.
PLAIN = re.compile(r"[\w@%+=:,./-]+\Z")


def may_run(code: "CodeType", name: str, imports: "List[List[Any]]") -> bool:
    """Whether *name* in the code may be the function of RUNNERS, and not the one of another module (NO_RUNNERS).

    *imports*: those of the module that are known, as in the summary.
    """
    module = NO_RUNNERS[name]
    if any(imported == module and name in names for _, _, imported, names, _ in imports):
        return False
    before = ""
    for _, operation, argument, _ in instructions(code):
        if operation in HAS_NAME:
            loaded = name_of(code, operation, argument)
            if loaded == name and before != module:
                return True
            before = loaded
        elif operation not in NEUTRAL:
            before = ""
    return False


@functools.lru_cache(maxsize=None)
def may_hand_on(name: str) -> bool:
    """Whether a function of this name may hand on a command."""
    return HANDS_ON.search(name) is not None


def aliases_in(code: "CodeType", names: "Set[str]") -> "Iterator[Tuple[str, str]]":
    """Other names that a module gives to those of *names* that it imports: (other name, name)."""
    if names.isdisjoint(code.co_names):
        return
    imported = module = ""
    for _, operation, argument, _ in instructions(code):
        if operation == "IMPORT_NAME":
            module = name_of(code, operation, argument)
        elif operation == "IMPORT_FROM":
            imported = name_of(code, operation, argument)
            imported = "" if NO_RUNNERS.get(imported) == module else imported
        elif operation == "STORE_NAME" and imported in names:
            other = name_of(code, operation, argument)
            if other != imported:
                yield other, imported
        if operation not in NEUTRAL and operation != "IMPORT_FROM":
            imported = ""


def is_given(words: "List[object]") -> bool:
    """Whether a command line runs a shell with a script or a command that is no constant. A word that is no constant is no `str`."""
    is_shell = isinstance(words[0], str) and SHELL.match(words[0])
    for word in words[1:] if is_shell else ():
        if not isinstance(word, str):
            return True
        if not word.startswith("-"):
            return False
    return False


def attributes_in(code: "CodeType", parents: "Set[str]") -> "Iterator[Tuple[int, str]]":
    """Attributes of names and attributes that are among *parents*: (line, attribute)."""
    before = ""
    for line, operation, argument in lined(code):
        if operation in HAS_NAME:
            loaded = name_of(code, operation, argument)
            if operation in ATTRIBUTES and before in parents:
                yield line, loaded
            before = loaded
        elif operation.startswith("LOAD_FAST") and not TWO_VALUES.match(operation):
            # A function may import the module itself. A parameter may be anything.
            before = code.co_varnames[argument] if argument >= code.co_argcount + code.co_kwonlyargcount else ""
        elif operation not in NEUTRAL:
            before = ""


def programs_of(name: str) -> "Set[str]":
    """What a name in a module of programs may mean: the library sh finds google-chrome as google_chrome."""
    return {name, name.replace("_", "-")}


def keyword_names(code: "CodeType") -> "Set[int]":
    """Constants that hold nothing but the names of keyword arguments, by id(): `schedule(id=1)` names no program."""
    names: Set[int] = set()
    others: Set[int] = set()
    last: object = None
    for _, operation, argument, _ in instructions(code):
        if operation == "KW_NAMES":  # Python 3.11 and 3.12
            names.add(id(code.co_consts[argument]))
        if operation in NEUTRAL:
            continue
        if isinstance(last, tuple):
            (names if operation.endswith("_KW") else others).add(id(last))
        last = constant_of(code, operation, argument)
    return names - others


def searchers_in(code: "CodeType") -> "Set[str]":
    """Functions that look for programs, by their names in the code and in what it has without names: `any(which(one) for one in TOOLS)`."""
    inner = (value for value in code.co_consts if hasattr(value, "co_code") and value.co_name[0] == "<")
    return SEARCHERS.intersection(code.co_names).union(*(SEARCHERS.intersection(value.co_names) for value in inner))


def line_of(words: "List[object]") -> str:
    """The command line of a list whose first element is a string, as a shell would read it, up to the first word that is no constant."""
    if is_given(words):
        return f"{words[0]}{GIVEN}"
    line = str(words[0])
    for word in words[1:MOST_WORDS]:
        if not isinstance(word, str) or len(line) + len(word) > LONGEST_LINE:
            break
        line += " " + (word if PLAIN.match(word) else "'" + word.replace("'", "'\\''") + "'")
    return line


def commands_in(code: "CodeType", callees: "Set[str]", known: "Dict[str, str]") -> "Iterator[Tuple[int, str, str]]":
    """Strings at the places of command lines in code that calls *callees*: (line, called function, text).

    *known*: strings by the names that the module gave them, or, with ATTRIBUTE before the name, a class. The function is ""
    where none was named before, and STORED where the code gives the list a name first.

    These are the first string after the name of a function (all of them where it takes several), the constant words at the
    beginning of each list or tuple (with GIVEN, where it is a shell that gets a computed command line), and, in code that looks
    for programs, every element of a constant tuple.
    A shell in code that has the parameter `executable` of subprocess.Popen gets a command line, too. Decorators and annotations run
    nothing: `@cli.command("import")`.
    """
    if code.co_name == "__annotate__":  # PEP 649
        return
    recent: List[object] = []
    # Lists that were made before a function was named: line and command line.
    held: List[Tuple[int, str]] = []
    is_wanted = is_more = False
    callee = ""
    gives_shell = "executable" in strings_in(code.co_consts)
    searches = searchers_in(code)
    listed: Tuple[object, ...] = ()
    is_set = False
    # What was found in the statement so far: before a function is made, these are its decorators, annotations and defaults.
    found: List[Tuple[int, str, str]] = []
    made = ""
    for line, name, argument in lined(code):
        if name in NEUTRAL:
            continue
        value = constant_of(code, name, argument)
        # A tuple before a call with _KW holds the names of keyword arguments, and one before IMPORT_NAME what is imported.
        if listed and not name.endswith("_KW") and name != "IMPORT_NAME":
            # Something is looked for in it, or it has no order.
            is_set = is_set or name in ("CONTAINS_OP", "COMPARE_OP")
            line_in = listed[0] if is_set or not isinstance(listed[0], str) else line_of(list(listed))
            words = listed if searches else (line_in,)
            texts = [text for text in words if isinstance(text, str)]
            if callee:
                found += [(line, callee, text) for text in texts]
            else:
                held += [(line, text) for text in texts]
        listed = ()
        if hasattr(value, "co_code"):
            made = value.co_name
        if name == "MAKE_FUNCTION" and made[:1] != "<":
            found, held = [], []
            is_wanted, is_more, callee = False, False, ""
        elif name == "STORE_NAME" and name_of(code, name, argument) == "__all__":
            found, held = [], []
        elif ENDS_STATEMENT.match(name):
            yield from found
            found = []
        if name in HAS_NAME:
            called = name_of(code, name, argument)
            if called in callees:
                is_wanted, callee = True, called
            elif name in ATTRIBUTES:
                value = known.get(ATTRIBUTE + called, value)
            elif name.startswith("LOAD_"):
                value = known.get(called, value)
            if name in ATTRIBUTES and recent:
                recent.pop()  # the object of the attribute
        if isinstance(value, str):
            if gives_shell and SHELL.match(value):
                found.append((line, callee, value + GIVEN))
            elif is_wanted:
                found.append((line, callee, value))
            is_wanted = is_more = is_wanted and SEVERAL.search(callee) is not None
        elif is_more:
            is_wanted = is_more = False
        is_set = isinstance(value, frozenset)
        if isinstance(value, tuple):
            listed = value
        elif is_set:
            # Its order follows from the hashes, which differ from one start of Python to the next.
            listed = tuple(sorted(value, key=repr))
        elif name in ("BUILD_LIST", "BUILD_TUPLE") and 0 < argument <= len(recent):
            first = recent[-argument]
            if isinstance(first, str):
                text = line_of(recent[-argument:])
                if callee:
                    found.append((line, callee, text))
                else:
                    held.append((line, text))
        if held and (name.startswith("STORE_") or "CALL" in name):
            yield from ((at, "" if "CALL" in name else STORED, text) for at, text in held)
            held = []
        if TWO_VALUES.match(name):
            recent.append(value)
        recent.append(value)
        del recent[:-REMEMBERED]
    yield from found
    yield from ((at, "", text) for at, text in held)
