"""The import probe: writes down the modules that the app imports, and at the end the files they came from.

Started from a .pth line in the app's own interpreter, so it must not disturb: it imports nothing that `site` has not
imported, prints nothing and raises nothing. Python 3.8 and later: an audit hook on "import" (PEP 578), raised before
a module is loaded; 3.6 and 3.7: a finder at the head of sys.meta_path that finds nothing.
FOLDER/imports-PID gets a line "name" when an import begins, "name<TAB>file" for each loaded module at exit, and
"<TAB>folder" for each entry of sys.path that a search met, in order.
"""


def start(folder):
    import sys

    high_numbers = range(900, 908)  # below the usual limit of 1024

    try:
        import atexit
        import os

        seen = set()
        folders = set()
        opened = {}

        def identity(number):
            try:
                status = os.fstat(number)
                return status.st_dev, status.st_ino
            except OSError:
                return None

        def journal():
            """A descriptor of this process's file. It is out of the way of apps that count on low numbers, and opened
            anew where the app has closed it (as daemons do) or has another file under its number."""
            pid = os.getpid()
            number, known = opened.get(pid, (None, None))
            if number is not None and identity(number) == known:
                return number
            parent = [entry for other, entry in opened.items() if other != pid]
            opened.clear()
            for inherited, was in parent:
                if identity(inherited) == was:
                    os.close(inherited)
            number = os.open("%s/imports-%d" % (folder, pid), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            for high in high_numbers:
                if identity(high) is None:
                    try:
                        os.dup2(number, high, inheritable=False)
                    except OSError:  # beyond the limit
                        break
                    os.close(number)
                    number = high
                    break
            opened[pid] = number, identity(number)
            return number

        def write(text):
            try:
                os.write(journal(), text.encode("utf-8", "surrogateescape"))
            except Exception:
                pass

        def note(name):
            if name not in seen:
                seen.add(name)
                write(name + "\n")

        def search(path):
            for entry in path or ():
                if isinstance(entry, str) and entry not in folders:
                    folders.add(entry)
                    write("\t%s\n" % os.path.abspath(entry))

        def finish():
            rows = []
            for name, module in list(sys.modules.items()):
                file = getattr(module, "__file__", None)
                if isinstance(file, str):
                    rows.append("%s\t%s\n" % (name, file))
            write("".join(rows))

        if hasattr(sys, "addaudithook"):

            def hook(event, arguments):
                if event == "import":
                    note(arguments[0])
                    search(arguments[2])

            sys.addaudithook(hook)
        else:

            class Finder(object):
                @staticmethod
                def find_spec(name, path=None, target=None):
                    note(name)
                    search(sys.path)

            sys.meta_path.insert(0, Finder)
        atexit.register(finish)
    except Exception:
        pass
