"""What a Python module names: the imports, attributes, strings, programs and libraries in its code, read without running it.

From compiled code (the .pyc where it is valid for the source, else compiled here), since loading that is ten times
faster than parsing, and since a module without a source has nothing else. Version by version the opcodes differ, so
only names and the order of instructions are relied on: a chain `LOAD_CONST level, LOAD_CONST names, IMPORT_NAME` is
the same from Python 3.6 to 3.14 (`dis`), and jumps are needed for `if TYPE_CHECKING:` alone.
"""

import dis
import importlib.util
import marshal
import os
import re
import sys
import warnings

from . import binaries

# A source that is larger holds data; reading it would take minutes and its names would say nothing.
LARGEST_SOURCE = 16 << 20
NAME = re.compile(r"\.*[^\W\d][\w-]*(?:[.:][^\W\d][\w-]*)*\Z")
LONGEST_NAME = 200
LONGEST_COMMAND = 500
OPTIMIZED = 1  # CO_OPTIMIZED: a function's code, not a module's or a class's

IMPORTERS = {"import_module", "__import__"}
RESOLVERS = IMPORTERS | {"import_string", "resolve_name", "load_module", "locate", "import_object", "symbol_by_name", "load_entry_point", "importorskip", "import_optional_dependency"}
RUNNERS = {
    "Popen", "run", "call", "check_call", "check_output", "getoutput", "getstatusoutput", "which", "find_executable",
    "system", "popen", "create_subprocess_exec", "create_subprocess_shell", "subprocess_exec", "subprocess_shell",
    "execv", "execve", "execvp", "execvpe", "execl", "execle", "execlp", "execlpe", "posix_spawn", "posix_spawnp",
    "spawnl", "spawnle", "spawnlp", "spawnlpe", "spawnv", "spawnve", "spawnvp", "spawnvpe",
}
# Names that much else bears too: they count where the module imports what they are of.
COMMON_RUNNERS = {"run", "call", "which"}
OF_RUNNERS = {"subprocess", "shutil", "asyncio.subprocess", "distutils.spawn", "sh", "plumbum", "pexpect", "invoke", "fabric"}
SEARCHERS = {"which", "find_executable"}
SHELLS = {"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell", "subprocess_shell"}
LOADERS = {"find_library", "CDLL", "PyDLL", "LoadLibrary", "cdll", "dlopen"}
# What no reading of the code can follow, and what it is called when it is told.
UNSOUND = {
    "exec": "exec", "eval": "exec", "iter_modules": "scan", "walk_packages": "scan", "spec_from_file_location": "scan",
    "SourceFileLoader": "scan", "load_source": "scan", "run_path": "scan", "run_module": "scan",
}

EXTENDED_ARG = dis.opmap["EXTENDED_ARG"]
IMPORT_NAME = dis.opmap["IMPORT_NAME"]
HAS_NAME = frozenset(dis.hasname)
HAS_CONST = frozenset(dis.hasconst)
# From 3.11 and 3.12 on the argument of these holds flags below the index.
SHIFTS = {}
if sys.version_info >= (3, 11):
    SHIFTS["LOAD_GLOBAL"] = 1
if sys.version_info >= (3, 12):
    SHIFTS.update({"LOAD_ATTR": 1, "LOAD_SUPER_ATTR": 2})
JUMP_UNIT = 2 if sys.version_info >= (3, 10) else 1
RELATIVE = sys.version_info >= (3, 11)
PASSED_OVER = {"CACHE", "PUSH_NULL", "NOP", "TO_BOOL", "PRECALL", "KW_NAMES", "COPY", "RESUME", "NOT_TAKEN"}


def instructions(code):
    """(offset, name, argument, offset of the next one) of each instruction; caches are passed over."""
    extended = 0
    names = dis.opname
    data = code.co_code
    for offset in range(0, len(data), 2):
        operation, argument = data[offset], data[offset + 1] | extended
        if operation == EXTENDED_ARG:
            extended = argument << 8
            continue
        extended = 0
        name = names[operation]
        if name != "CACHE":
            yield offset, name, argument, offset + 2


def name_at(code, name, argument):
    return code.co_names[argument >> SHIFTS.get(name, 0)]


def constant(code, name, argument):
    """The value that an instruction loads, or NotImplemented where it loads none of the code's constants."""
    if name == "LOAD_SMALL_INT":
        return argument
    if dis.opmap.get(name) in HAS_CONST and argument < len(code.co_consts):
        return code.co_consts[argument]
    return NotImplemented


def jump_target(data, after, argument):
    if not RELATIVE:
        return argument * JUMP_UNIT
    while after < len(data) and dis.opname[data[after]] == "CACHE":
        after += 2
    return after + argument * 2


def strings_in(values, found):
    for value in values:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, (tuple, frozenset)):
            strings_in(value, found)


def commands_in(code):
    """Strings in the places where command lines are: the first one after a name that runs programs, the first element
    of a list or tuple, and every element of a constant tuple beside `which`."""
    recent, wanted = [], False
    searching = SEARCHERS.intersection(code.co_names)
    listed = ()
    for _, name, argument, _ in instructions(code):
        if name in PASSED_OVER:
            continue
        value = constant(code, name, argument)
        if listed and not name.endswith("_KW"):  # those before a call are names of arguments
            for text in listed if searching else listed[:1]:
                if isinstance(text, str):
                    yield text
        listed = ()
        if dis.opmap[name] in HAS_NAME:
            wanted = wanted or name_at(code, name, argument) in RUNNERS
        elif isinstance(value, str):
            if wanted:
                yield value
            wanted = False
        elif isinstance(value, (tuple, frozenset)):
            listed = tuple(value)
        elif name in ("BUILD_LIST", "BUILD_TUPLE") and 0 < argument <= len(recent) and isinstance(recent[-argument], str):
            yield recent[-argument]
        recent.append(value)
        del recent[:-64]


class Summary:
    """What one module names. `answer` is what is told of it; see src/python/summary.ts for the fields."""

    def __init__(self):
        self.imports = []
        self.functions = {}
        self.main = set()
        self.strings = set()
        self.paths = set()
        self.dynamic = set()
        self.commands = set()
        self.common = set()
        self.anywhere = set()
        self.libraries = set()
        self.shell = False
        self.lazy = False
        self.spots = []

    def answer(self):
        if any(text in OF_RUNNERS for _, _, text, _, _ in self.imports):
            self.commands |= self.common
        fields = {
            "imports": self.imports, "names": sorted(self.functions.pop("", ())),
            "functions": {name: sorted(names) for name, names in sorted(self.functions.items())}, "main": sorted(self.main), "strings": sorted(self.strings), "paths": sorted(self.paths),
            "dynamic": sorted(self.dynamic), "commands": sorted(self.commands), "maybe": sorted(self.anywhere), "libraries": sorted(self.libraries),
            "shell": self.shell, "lazy": self.lazy, "spots": sorted(self.spots),
        }
        return {key: value for key, value in fields.items() if value}

    def module(self, code):
        pending = [(code, "", "", 0)]
        while pending:
            code, scope, owner, depth = pending.pop()
            self.code(code, scope)
            for value in code.co_consts:
                if not hasattr(value, "co_code"):
                    continue
                inner, name = scope, value.co_name
                if not scope and value.co_flags & OPTIMIZED and name[0] != "<":
                    # Whoever calls a special method names the class, not the method.
                    inner = name if not owner else owner if name[:2] == name[-2:] == "__" else owner + "." + name
                if depth == 0 and name == "__getattr__":
                    self.lazy = True
                if name.startswith("<generic parameters of"):
                    # PEP 695: the interpreter itself imports typing (_Py_subscript_generic).
                    self.imports.append([value.co_firstlineno, 0, "typing", [], scope])
                pending.append((value, inner, owner or ("" if value.co_flags & OPTIMIZED else name), depth + 1))

    def code(self, code, scope):
        function = code.co_flags & OPTIMIZED
        used = set(code.co_names)
        strings = []
        strings_in(code.co_consts, strings)
        if not function or IMPORT_NAME in code.co_code[::2] or used & UNSOUND.keys() or used & IMPORTERS:
            loaded = self.scan(code, scope)
            if not function:
                used = loaded
        # A function that only calls itself is called by nobody.
        self.functions.setdefault(scope, set()).update(used - {scope.rpartition(".")[2]} if scope else used)
        self.strings.update(text for text in strings if len(text) <= LONGEST_NAME and NAME.match(text))
        self.paths.update(text for text in strings if text[:1] == "/" and len(text) <= LONGEST_NAME and "\n" not in text)
        if used & RESOLVERS:
            self.dynamic.update(text for text in strings if len(text) <= LONGEST_NAME and NAME.match(text))
        if used & RUNNERS:
            self.anywhere.update(text for text in strings if 1 < len(text) <= LONGEST_COMMAND)
            texts = {text for text in commands_in(code) if 1 < len(text) <= LONGEST_COMMAND}
            (self.commands if used & RUNNERS - COMMON_RUNNERS else self.common).update(texts)
            if used & SHELLS or "shell" in strings:
                self.shell = True
        if used & LOADERS:
            self.libraries.update(text for text in strings if 1 < len(text) <= LONGEST_NAME)

    def scan(self, code, scope):
        """Goes over the instructions: notes imports and unsound spots, returns the names that are loaded."""
        loaded = set()
        lines = list(dis.findlinestarts(code))[::-1]
        line = code.co_firstlineno
        before = last = (None, NotImplemented)  # the two instructions before: name and constant
        guard = importer = named = None
        skip_to = main_to = 0
        for offset, name, argument, after in instructions(code):
            while lines and lines[-1][0] <= offset:
                line = lines.pop()[1] or line
            if offset < skip_to:
                continue
            value = constant(code, name, argument)
            if importer and name not in PASSED_OVER:
                if isinstance(value, str) and not named:
                    named = True
                elif not named or name.startswith(("BINARY_", "FORMAT_", "BUILD_STRING")):
                    self.spots.append([importer, "import"])
                    importer = None
                elif name.startswith("CALL"):
                    importer = None
            operation = dis.opmap[name]
            if operation in HAS_NAME:
                text = name_at(code, name, argument)
                if operation == IMPORT_NAME:
                    level, names = before[1], last[1]
                    inside = scope or ("__main__" if offset < main_to else "")
                    self.imports.append([line, level if isinstance(level, int) else 0, text, list(names or ()) if names is not NotImplemented else [], inside])
                elif name.startswith("LOAD_") or name == "IMPORT_FROM":
                    (self.main if offset < main_to else loaded).add(text)
                    if name != "IMPORT_FROM" and text in IMPORTERS:
                        importer, named = line, False
                    elif text in UNSOUND and (UNSOUND[text] != "exec" or name in ("LOAD_NAME", "LOAD_GLOBAL")):
                        self.spots.append([line, UNSOUND[text]])
                guard = text if text in ("TYPE_CHECKING", "__name__") else None
            elif guard and name not in PASSED_OVER:
                if guard == "__name__" and (value == "__main__" or name == "COMPARE_OP" and last[1] == "__main__"):
                    pass
                elif "JUMP" in name and name.endswith("IF_FALSE"):
                    target = jump_target(code.co_code, after, argument)
                    if guard == "TYPE_CHECKING":
                        skip_to = target
                    elif last[0] == "COMPARE_OP":
                        main_to = target
                    guard = None
                else:
                    guard = None
            if name not in PASSED_OVER:
                before, last = last, (name, value)
        return loaded


def compiled_code(path):
    """The code of a valid .pyc beside a source (PEP 3147, PEP 552), or None."""
    try:
        cache = importlib.util.cache_from_source(path)
        with open(cache, "rb") as file:
            data = file.read()
        if data[:4] != importlib.util.MAGIC_NUMBER:
            return None
        if sys.version_info >= (3, 7):
            flags, data = int.from_bytes(data[4:8], "little"), data[4:]
            if flags & 1:
                return marshal.loads(data[12:])
        info = os.stat(path)
        if int.from_bytes(data[4:8], "little") != int(info.st_mtime) & 0xFFFFFFFF:
            return None
        if int.from_bytes(data[8:12], "little") != info.st_size & 0xFFFFFFFF:
            return None
        return marshal.loads(data[12:])
    except Exception:
        return None


def read_file(path):
    """The bytes of a file, or of a member of a zip archive on the way to it."""
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return file.read()
    archive = path
    while archive not in ("", "/"):
        archive = os.path.dirname(archive)
        if os.path.isfile(archive):
            with __import__("zipfile").ZipFile(archive) as opened:
                return opened.read(path[len(archive) + 1:])
    raise OSError("no such file")


def source_summary(path):
    summary = Summary()
    if path.endswith(".pyc"):
        data = read_file(path)
        if data[:4] != importlib.util.MAGIC_NUMBER:
            return {"error": "compiled by another Python"}
        summary.module(marshal.loads(data[16 if sys.version_info >= (3, 7) else 12:]))
        return summary.answer()
    code = compiled_code(path)
    if code is None:
        if os.path.isfile(path) and os.path.getsize(path) > LARGEST_SOURCE:
            return {"error": "larger than %d MiB, not read" % (LARGEST_SOURCE >> 20)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(read_file(path), path, "exec", dont_inherit=True)
    summary.module(code)
    return summary.answer()


def summary_of(path, names):
    """What the file at *path* names; {"error": text} for what can't be read. *names*: top-level modules to look for."""
    try:
        return binaries.summary_of(path, names) if path.endswith(".so") else source_summary(path)
    except (Exception, RecursionError) as error:
        return {"error": "%s: %s" % (type(error).__name__, error)}
