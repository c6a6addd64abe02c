"""Names of functions that import modules, run programs or load libraries: what summary.py looks for in code.

Sources: the documentation of the standard library (importlib, pkgutil, subprocess, os, shutil, asyncio, ctypes), and of
setuptools, Werkzeug, Django, Kombu, Twisted, Tornado, pytest, pandas, cffi, plumbum, pexpect, Invoke and Fabric.
"""

import re

# Functions that import a module by name.
IMPORTERS = {"import_module", "__import__"}
# Functions that turn a string into a module or an object in it.
RESOLVERS = IMPORTERS | {
    "import_string",
    "resolve_name",
    "load_module",
    "locate",
    "import_object",
    "symbol_by_name",
    "load_entry_point",
    "importorskip",
    "import_optional_dependency",
}
# Functions that run a program, or look for one.
RUNNERS = set(
    """
    Popen run call check_call check_output getoutput getstatusoutput which find_executable system popen
    create_subprocess_exec create_subprocess_shell subprocess_exec subprocess_shell
    execv execve execvp execvpe execl execle execlp execlpe posix_spawn posix_spawnp
    spawn spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe
    """.split()
)
# Those of RUNNERS that are common names of other functions too: they count only in modules that import one of RUNNER_MODULES.
COMMON_RUNNERS = {"run", "call", "which", "spawn"}
RUNNER_MODULES = {"subprocess", "shutil", "asyncio.subprocess", "distutils.spawn", "pty", "sh", "plumbum", "pexpect", "invoke", "fabric"}
# Modules whose names are programs: `from sh import curl`.
PROGRAM_MODULES = {"sh", "sh.contrib", "plumbum.cmd"}
# Names whose attributes are programs, by the module that has to be imported: `sh.curl`, `local.cmd.file`.
PROGRAM_PARENTS = {"sh": "sh", "contrib": "sh", "cmd": "plumbum"}
# Modules that have a function under one of these names which runs nothing.
NO_RUNNERS = {"system": "platform"}
# Those of RUNNERS that look for a program.
SEARCHERS = {"which", "find_executable"}
# Those of RUNNERS that start a shell.
SHELLS = {"system", "popen", "getoutput", "getstatusoutput", "create_subprocess_shell", "subprocess_shell"}
# Words in the names of functions that may hand on a command to one of RUNNERS: they are looked at more closely.
HANDS_ON = re.compile(r"run|exec|command|cmd|call|spawn|popen|launch|which|bin_|_bin|prog|shell|tool|output|sudo", re.IGNORECASE)
# Functions that load a shared library, or look for one.
LOADERS = {"find_library", "CDLL", "PyDLL", "LoadLibrary", "cdll", "dlopen"}
# Functions whose effect cannot be read from the code, with the kind of spot that the summary reports for them.
UNSOUND = {
    "exec": "exec",
    "eval": "exec",
    "iter_modules": "scan",
    "walk_packages": "scan",
    "spec_from_file_location": "scan",
    "SourceFileLoader": "scan",
    "load_source": "scan",
    "run_path": "scan",
    "run_module": "scan",
}
