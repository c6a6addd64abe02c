"""The import probe: writes down the modules that the app imports, and at the end the files they came from.

Started from a .pth line in the app's own interpreter, so it must not disturb: it imports nothing that `site` has not
imported, prints nothing and raises nothing. Python 3.8 and later: an audit hook on "import" (PEP 578), raised before
a module is loaded; 3.6 and 3.7: a finder at the head of sys.meta_path that finds nothing.
FOLDER/imports-PID gets a line "name" when an import begins, "name<TAB>file" for each loaded module at exit, and
"<TAB>folder" for each entry of sys.path that a search met, in order.
"""


def start(folder):
    import sys

    try:
        import atexit
        import os

        seen = set()
        folders = set()
        opened = {}

        def write(text):
            try:
                pid = os.getpid()
                if pid not in opened:
                    opened.clear()
                    name = "%s/imports-%d" % (folder, pid)
                    opened[pid] = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
                os.write(opened[pid], text.encode("utf-8", "surrogateescape"))
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
