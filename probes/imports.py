"""The import probe: records the modules that the app imports, the files that they came from, and the functions that run.

A .pth file starts it in the app's own interpreter. It must not disturb the app: it imports nothing that `site` has not
imported already, prints nothing and raises nothing. Since Python 3.8 it is an audit hook for "import" (PEP 578), which
runs before a module is loaded. In 3.6 and 3.7 it is a finder at the head of sys.meta_path that never finds anything.

Since Python 3.12, sys.monitoring (PEP 669) tells it which functions run, those of the standard library aside. Each function
is reported once, and then costs nothing any more.

FOLDER/imports-PID gets these lines:
    NAME            when an import begins
    NAME<TAB>FILE   for each loaded module, at exit
    <TAB>FOLDER     for each entry of sys.path that an import searches, in order
    <TAB><TAB>      once, where functions are measured
    <TAB><TAB>FILE<TAB>LINE    when a function runs for the first time: where its code begins
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Iterable, Optional, Tuple


def start(folder: str) -> None:
    """Begins to record. *folder*: where the files are written."""
    import sys

    # Below 1024, the usual limit of open files.
    high_numbers = range(900, 908)

    try:
        import atexit
        import os

        seen = set()
        searched = set()
        # The open file of this process, or of its parent after a fork: process id -> (descriptor, identity of the file).
        opened: Dict[int, Tuple[int, Optional[Tuple[int, int]]]] = {}

        def identity(descriptor: int) -> "Optional[Tuple[int, int]]":
            """Device and inode of an open file, or None if the descriptor is closed."""
            try:
                status = os.fstat(descriptor)
                return status.st_dev, status.st_ino
            except OSError:
                return None

        def descriptor_of_file() -> int:
            """The descriptor of this process's file.

            It has a high number, since some apps rely on getting low ones. The file is opened again if the app has
            closed it, as daemons do, or uses its number for another file.
            """
            pid = os.getpid()
            descriptor, known = opened.get(pid, (None, None))
            if descriptor is not None and identity(descriptor) == known:
                return descriptor
            inherited = [entry for other, entry in opened.items() if other != pid]
            opened.clear()
            for number, known in inherited:
                if identity(number) == known:
                    os.close(number)
            descriptor = os.open(f"{folder}/imports-{pid}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            for high in high_numbers:
                if identity(high) is None:
                    try:
                        os.dup2(descriptor, high, inheritable=False)
                    except OSError:  # above the limit
                        break
                    os.close(descriptor)
                    descriptor = high
                    break
            opened[pid] = descriptor, identity(descriptor)
            return descriptor

        def write(text: str) -> None:
            try:
                os.write(descriptor_of_file(), text.encode("utf-8", "surrogateescape"))
            except Exception:
                pass

        def record_name(name: str) -> None:
            if name not in seen:
                seen.add(name)
                write(name + "\n")

        def record_search(path: "Optional[Iterable[Any]]") -> None:
            for entry in path or ():
                if isinstance(entry, str) and entry not in searched:
                    searched.add(entry)
                    write(f"\t{os.path.abspath(entry)}\n")

        def watch_functions() -> None:
            """Records each function when it runs for the first time."""
            monitoring: Any = getattr(sys, "monitoring", None)
            # The lower numbers are for debuggers, coverage and profilers (docs.python.org, sys.monitoring).
            tool = 4
            if monitoring is None or monitoring.get_tool(tool) is not None:
                return
            library = os.path.dirname(os.__file__) + "/"
            this = start.__code__.co_filename
            installed = (library + "site-packages/", library + "dist-packages/")
            folder_at_start = os.getcwd()
            ran = set()
            optimized = 1  # inspect.CO_OPTIMIZED: a function, and not the body of a class or a module
            use_tool_id, start_of_function = monitoring.use_tool_id, monitoring.events.PY_START
            disable = monitoring.DISABLE

            def record_function(code: "Any", offset: int) -> "Any":
                try:
                    file, line = code.co_filename, code.co_firstlineno
                    is_function = code.co_flags & optimized and code.co_name[:1] != "<" and file[:1] != "<" and file != this
                    is_standard = file.startswith(library) and not file.startswith(installed)
                    is_plain = "\t" not in file and "\n" not in file
                    if is_function and not is_standard and is_plain and (file, line) not in ran:
                        ran.add((file, line))
                        # At once: a process may end with os._exit.
                        write(f"\t\t{os.path.join(folder_at_start, file)}\t{line}\n")
                except Exception:
                    pass
                return disable

            def give_way(number: int, *arguments: "Any") -> "Any":
                """In place of sys.monitoring.use_tool_id: an app that wants this number gets it."""
                if number == tool and monitoring.get_tool(tool) == "pyshrink":
                    monitoring.set_events(tool, 0)
                    monitoring.register_callback(tool, start_of_function, None)
                    monitoring.free_tool_id(tool)
                return use_tool_id(number, *arguments)

            use_tool_id(tool, "pyshrink")
            monitoring.use_tool_id = give_way
            write("\t\t\n")
            monitoring.register_callback(tool, start_of_function, record_function)
            monitoring.set_events(tool, start_of_function)

        def finish() -> None:
            rows = []
            for name, module in list(sys.modules.items()):
                file = getattr(module, "__file__", None)
                if isinstance(file, str):
                    rows.append(f"{name}\t{file}\n")
            write("".join(rows))

        if hasattr(sys, "addaudithook"):

            def hook(event: str, arguments: "Tuple[Any, ...]") -> None:
                if event == "import":
                    record_name(arguments[0])
                    record_search(arguments[2])

            sys.addaudithook(hook)  # novm: 3.6 and 3.7 take the other branch
        else:

            class Finder:
                @staticmethod
                def find_spec(name: str, path: "Any" = None, target: "Any" = None) -> None:
                    record_name(name)
                    record_search(sys.path)

            sys.meta_path.insert(0, Finder)
        atexit.register(finish)
        watch_functions()
    except Exception:
        pass
