"""Summarizes what a Python module names: imports, attributes, strings, programs and libraries.

The module is not executed; its compiled code is read.
"""

import re
import sys

from . import binaries
from .apinames import (
    COMMON_RUNNERS,
    IMPORTERS,
    LOADERS,
    NO_RUNNERS,
    PROGRAM_MODULES,
    PROGRAM_PARENTS,
    RESOLVERS,
    RUNNER_MODULES,
    RUNNERS,
    SHELLS,
    UNSOUND,
)
from .bytecode import (
    IMPORT_NAME,
    OPTIMIZED,
    documentation_of,
    functions_in,
    strings_in,
    takes_arguments,
)
from .codefiles import NotReadable, code_of, is_compiled, read_file
from .commands import (
    ATTRIBUTE,
    STORED,
    aliases_in,
    attributes_in,
    commands_in,
    keyword_names,
    may_hand_on,
    may_run,
    programs_of,
    searchers_in,
)
from .definitions import GENERIC, formatted_parts, function_scope, given_functions, qualified_names, unique
from .keywords import commands_named
from .prefixes import PREFIX, constants_in, prefixes_in
from .scan import MAIN, Scan
from .syntaxwarnings import warns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any, Dict, List, Set, Tuple

# The name of a module or an attribute, or that of a program, which may begin with digits (7z, 2to3).
NAME = re.compile(r"(?:\.*[^\W\d][\w-]*(?:[.:][^\W\d][\w-]*)*|\d{1,3}[a-z][a-z\d]*)\Z")
# The beginning of a name that code completes: "plugins." + name, "plugins.%s" % name.
MODULE_PREFIX = re.compile(r"(\.*(?:[^\W\d]\w*\.)+)(?:%s|\{\w*\})?\Z")
# A relative path, or a pattern for files; or a path in a home (~/.cache/).
RELATIVE = re.compile(r"(?:[\w.*{}%+-]+(?:/[\w.*{}%+-]+)+|~(?:/[\w.*{}%+-]+)+/?)\Z")
# A command line whose first word may be the name or the path of a program.
COMMAND = re.compile(r"(?:\d{0,3}[a-z]|/)[\w./+-]{1,60}(\s|\Z)")
# A command line by its looks: a word, and an option, a number or a path. A message has a colon: "mkdir -p failed: %s".
LINE = re.compile(r"(?!.*\w: )\d{0,3}[a-z][\w.+-]{1,60} +(?:--?[A-Za-z]|\d|/\w)")
# The name of a program that a module or a class gives a name to.
PROGRAM = re.compile(r"(?=\d{0,3}[a-z])[\w.+-]{2,61}\Z")
LONGEST_NAME = 200
LONGEST_COMMAND = 500


def summary_of(path: str, names: "List[str]", own: bool = False) -> "Dict[str, Any]":
    """Summary of the file *path*, as src/python/summary.ts describes it, or {"error": text} if it cannot be read.

    *names*: top-level modules that an extension module may name; *own*: whether it is the app's code.
    """
    try:
        if path.endswith(".so"):
            return binaries.summary_of(path, names)
        summary = Summary(own)
        summary.add_module(code_of(path))
        warning = {"warns": True} if is_compiled(path) and warns(read_file(path), path) else {}
        return {**summary.fields(), **warning}
    except NotReadable as error:
        return {"error": str(error)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


class Summary:
    """What one module names. The fields are those of src/python/summary.ts, some under a clearer name.

    *own*: whether it is the app's code. More is asked about it, since there is little of it.
    """

    def __init__(self, own: bool) -> None:
        self.own = own
        self.scan = Scan()
        # Names that are loaded, by function; those of the module's own code are under "".
        self.functions: Dict[str, Set[str]] = {}
        self.strings: Set[str] = set()
        self.paths: Set[str] = set()
        self.relative: Set[str] = set()
        self.dynamic: Set[str] = set()
        # [line, function, text] of command lines.
        self.commands: List[List[Any]] = []
        # Commands of COMMON_RUNNERS, which count only if the module imports one of RUNNER_MODULES.
        self.common_commands: List[List[Any]] = []
        # [line, function, name of the called function, text] of constants given to functions that may hand on a command.
        self.handed: List[List[Any]] = []
        # The same for all other functions, in the app's code.
        self.passed: List[List[Any]] = []
        # [line, text] of command lines by the names that they get, in the app's code.
        self.keyed: List[List[Any]] = []
        # Functions of this module with parameters that run a program or look for one, by what they load.
        self.own_runners: Set[str] = set()
        # LOADERS, and functions of this module with parameters that load libraries.
        self.loaders: Set[str] = LOADERS
        # Other names of RUNNERS: `from subprocess import run as start`.
        self.aliases: Dict[str, str] = {}
        # Functions with parameters -> the names of such functions that they call, and "" where they run or look for a program.
        self.hands_on: Dict[str, Set[str]] = {}
        self.common_hands_on: Dict[str, Set[str]] = {}
        self.maybe_commands: Set[str] = set()
        self.lines: Set[str] = set()
        # [function or "", text]
        self.libraries: List[List[Any]] = []
        # Functions that are handed to another one where they are defined, as to a decorator.
        self.given: Set[str] = set()
        self.shell = False
        self.lazy = False
        # Beginnings of names by the names that the module gave them.
        self.prefixes: Dict[str, str] = {}
        # The same for strings that may be programs. Those of classes begin with ATTRIBUTE.
        self.constants: Dict[str, str] = {}
        # [line, qualified name] of the functions, also of those in functions and classes.
        self.defined: List[List[Any]] = []

    def fields(self) -> "Dict[str, Any]":
        """The summary as JSON, without empty fields."""
        for line, level, module, names, scope in self.scan.imports:
            if level == 0 and module in PROGRAM_MODULES:
                self.commands += [[line, scope, text] for name in names for text in sorted(programs_of(name))]
        if any(module in RUNNER_MODULES for _, _, module, _, _ in self.scan.imports):
            self.commands += self.common_commands
            for function, called in self.common_hands_on.items():
                self.hands_on.setdefault(function, set()).update(called)
        fields = {
            "imports": self.scan.imports,
            "names": sorted(self.functions.pop("", ())),
            "functions": {name: sorted(names) for name, names in sorted(self.functions.items())},
            "main": sorted(self.scan.main),
            "strings": sorted(self.strings),
            "paths": sorted(self.paths),
            "relative": sorted(self.relative),
            "dynamic": sorted(self.dynamic),
            "commands": unique(self.commands),
            "handed": unique(self.handed),
            "passed": unique(self.passed),
            "keyed": unique(self.keyed),
            "handsOn": {name: sorted(called) for name, called in sorted(self.hands_on.items())},
            "maybe": sorted(self.maybe_commands),
            "lines": sorted(self.lines),
            "libraries": unique(self.libraries),
            "given": sorted(self.given),
            "shell": self.shell,
            "lazy": self.lazy,
            "spots": sorted(self.scan.spots),
            "defined": unique(self.defined),
        }
        return {key: value for key, value in fields.items() if value}

    def add_module(self, code: "CodeType") -> None:
        """Adds the code of a module, with all functions and classes in it."""
        functions = [inner for inner in functions_in(code) if takes_arguments(inner)]
        self.aliases = dict(aliases_in(code, RUNNERS))
        runners = RUNNERS.union(self.aliases)
        self.own_runners = {inner.co_name for inner in functions if runners.intersection(inner.co_names)}
        self.loaders = LOADERS.union(inner.co_name for inner in functions if LOADERS.intersection(inner.co_names))
        pending = [(code, "", "", 0, "")]
        while pending:
            code, scope, class_name, depth, prefix = pending.pop()
            self.add_code(code, scope)
            for inner in code.co_consts:
                if not hasattr(inner, "co_code"):
                    continue
                is_function, name = inner.co_flags & OPTIMIZED, inner.co_name
                inner_scope = scope
                if id(inner) in self.scan.in_main:
                    inner_scope = MAIN
                elif not scope and is_function and name[0] != "<":
                    inner_scope = function_scope(class_name, name)
                if depth == 0 and name == "__getattr__":
                    self.lazy = True
                if name.startswith(GENERIC):
                    # Type parameters (PEP 695): the interpreter itself imports typing for them (_Py_subscript_generic).
                    self.scan.imports.append([inner.co_firstlineno, 0, "typing", [], scope])
                qualified = prefix + name
                if is_function and name[0] != "<":
                    self.defined.append([inner.co_firstlineno, qualified])
                inner_prefix = prefix if name[0] == "<" else qualified + "."
                pending.append((inner, inner_scope, class_name or ("" if is_function else name), depth + 1, inner_prefix))

    def add_code(self, code: "CodeType", scope: str) -> None:
        """Adds one code object. *scope*: the function that it belongs to, "" for code that runs at import."""
        is_function = code.co_flags & OPTIMIZED
        used = called = searchers_in(code).union(code.co_names) if is_function else set(code.co_names)
        # Going over the instructions is slow, so it is done only where something depends on their order.
        is_scanned = not is_function or IMPORT_NAME in code.co_code[::2] or used & UNSOUND.keys() or used & IMPORTERS
        loaded, imported = self.scan.add(code, scope) if is_scanned else (used, set())
        strings = strings_in(value for value in code.co_consts if id(value) not in imported)
        ignored = imported | keyword_names(code) if self.own else imported
        words = strings_in(value for value in code.co_consts if id(value) not in ignored) if self.own else strings
        names = {text for text in words if len(text) <= LONGEST_NAME and NAME.match(text)}
        if not is_function:
            self.prefixes.update(constants_in(code, PREFIX))
            prefix = "" if code.co_name == "<module>" else ATTRIBUTE
            self.constants.update({prefix + name: text for name, text in constants_in(code, PROGRAM).items()})
        prefixed = list(prefixes_in(code, self.prefixes))
        if not is_function:
            self.given.update(given_functions(code))
            used = loaded
            called = loaded | self.scan.main if code.co_name == "<module>" else loaded
        if scope == MAIN:
            self.scan.main |= used
        else:
            # A function's own name is left out: calling itself does not make it used.
            self.functions.setdefault(scope, set()).update(used - {scope.rpartition(".")[2]} if scope else used)
        if sys.version_info < (3, 11) and not is_function:
            names -= qualified_names(code)
        self.strings |= names
        self.strings.update(part for text in strings if len(text) <= LONGEST_NAME for part in formatted_parts(text))
        self.strings.update(text for _, text in prefixed)
        self.paths.update(text for text in strings if text[:1] == "/" and len(text) <= LONGEST_NAME and "\n" not in text)
        self.relative.update(text for text in strings if "/" in text and len(text) <= LONGEST_NAME and RELATIVE.match(text))
        about = documentation_of(code)
        self.lines.update(text for text in strings if " " in text and len(text) <= LONGEST_COMMAND and LINE.match(text) and text != about)
        if used & RESOLVERS:
            self.dynamic |= names
            # Code may also compare a name with a prefix.
            texts = [] if "startswith" in used else [text for text in strings if len(text) <= LONGEST_NAME]
            self.dynamic.update(match.group(1) for match in map(MODULE_PREFIX.match, texts) if match)
        runners = {name for name in called & RUNNERS if name not in NO_RUNNERS or may_run(code, name, self.scan.imports)}
        aliases = called & self.aliases.keys()
        runners.update(self.aliases[name] for name in aliases)
        if runners:
            self.maybe_commands.update(text for text in strings if 1 < len(text) <= LONGEST_COMMAND)
            given = commands_in(code, runners | aliases, self.constants)
            found = [(line, text) for line, _, text in given if 1 < len(text) <= LONGEST_COMMAND] + prefixed
            commands = [[line, self.scan.scope_at(line, scope), text] for line, text in found]
            if not (runners | aliases) & used:  # all of them are under `if __name__ == "__main__":`
                commands = [command for command in commands if command[1] == MAIN]
            (self.commands if runners - COMMON_RUNNERS else self.common_commands).extend(commands)
            if runners & SHELLS or "shell" in strings:
                self.shell = True
        parents = {name for name in used & PROGRAM_PARENTS.keys() if PROGRAM_PARENTS[name] in self.top_level_imports()}
        if parents:
            found = [(line, text) for line, name in attributes_in(code, parents) for text in sorted(programs_of(name))]
            self.commands += [[line, self.scan.scope_at(line, scope), text] for line, text in found]
        if self.own:
            self.keyed += [[line, text] for line, text in commands_named(code) if 1 < len(text) <= LONGEST_COMMAND]
        self.add_handed(code, scope, called, runners, strings, prefixed)
        if used & self.loaders:
            self.libraries += [[scope, text] for text in strings if 0 < len(text) <= LONGEST_NAME]

    def top_level_imports(self) -> "Set[str]":
        return {module.partition(".")[0] for _, level, module, _, _ in self.scan.imports if level == 0}

    def add_handed(
        self,
        code: "CodeType",
        scope: str,
        used: "Set[str]",
        runners: "Set[str]",
        strings: "List[str]",
        prefixed: "List[Tuple[int, str]]",
    ) -> None:
        """Adds what code gives to functions that may hand on a command, and whether it is such a function itself.

        *used*: the names that the code loads; *runners*: those of them that run a program or look for one; *prefixed*:
        names of programs that it puts together.
        """
        modules = {module for _, _, module, names, _ in self.scan.imports if not names} & RUNNER_MODULES
        none = RUNNERS | modules | {name.lstrip(ATTRIBUTE) for name in self.constants}
        callees = {name for name in used if name in self.own_runners or may_hand_on(name)} - none
        others = used - none - callees if self.own else set()
        for among, found in (callees, self.handed), (others, self.passed):
            for line, callee, text in commands_in(code, among, self.constants) if among else ():
                # The code may give a list that it stores first to any of them.
                functions = sorted(callees) if callee == STORED else [callee] if callee else []
                if COMMAND.match(text):
                    found += [[line, self.scan.scope_at(line, scope), function, text] for function in functions]
        self.handed += [[line, self.scan.scope_at(line, scope), callee, text] for line, text in prefixed for callee in sorted(callees)]
        if scope in ("", MAIN) or not takes_arguments(code):
            return
        function = scope.rpartition(".")[2]
        if runners - COMMON_RUNNERS or ("PATH" in strings and used & {"environ", "getenv"}):
            self.hands_on.setdefault(function, set()).add("")
        elif runners:
            self.common_hands_on.setdefault(function, set()).add("")
        if callees or others:
            self.hands_on.setdefault(function, set()).update(callees | others)
