"""Lists a root file system: every entry with its metadata."""

import json
import os

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIPPED = ("/.pyshrink", "/.dockerenv", HOME)


def mount_points(kept):
    with open("/proc/self/mountinfo", "rb") as file:
        points = [line.split()[4] for line in file]
    decoded = {os.fsdecode(p.replace(b"\\040", b" ").replace(b"\\011", b"\t").replace(b"\\134", b"\\")) for p in points}
    return decoded - {"/"} - set(kept)


def inventory(request):
    """Every entry of the root file system: rows of path, type, mode, uid, gid, size, mtime (s), link group, target
    or device, extended attributes ({name: hex}). Mount points are listed as empty directories, or not at all where
    they are files. `volumes` names those that hold a copy of the image's own content; `created` is the image's own time
    in seconds.

    With `roots`, only what is below these, and `paths` with all links on their way; `pruned` folders are left out, and
    of the files `made` those that changed after `since` (s)."""
    import stat

    volumes = request.get("volumes", [])
    # On a machine, what is mounted is its own too.
    mounts = set() if "roots" in request else mount_points(volumes)
    created = request.get("created", 0)
    # Starting a container makes what is mounted, which dates the directories around it.
    dated = mounts.union(map(os.path.dirname, mounts), ["/etc/mtab"])
    kinds = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFCHR: "c", stat.S_IFBLK: "b", stat.S_IFIFO: "p"}
    rows = []

    def add(path, info):
        kind = kinds.get(stat.S_IFMT(info.st_mode))
        if kind is None:
            return None
        if path in mounts:
            if kind == "d":
                rows.append([path, "d", 0o755, 0, 0, 0, min(int(info.st_mtime), created), None, None, None])
            return None
        extra = None
        if kind == "l":
            extra = os.readlink(path)
        elif kind in "cb":
            extra = [os.major(info.st_rdev), os.minor(info.st_rdev)]
        attributes = None
        try:
            names = os.listxattr(path, follow_symlinks=False)
            if names:
                attributes = {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in names}
        except OSError:
            pass
        group = "%d:%d" % (info.st_dev, info.st_ino) if info.st_nlink > 1 and kind == "f" else None
        size = info.st_size if kind == "f" else 0
        time = info.st_mtime_ns // 10**9
        if path in dated:
            time = min(time, created)
        rows.append([path, kind, stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, size, time, group, extra, attributes])
        return kind

    known = set()
    made, since, pruned = set(request.get("made", [])), request.get("since", 0), set(request.get("pruned", []))

    def once(path, info):
        """Adds an entry that is not there yet, and was there before the run."""
        if path in known or (path in made and info.st_ctime >= since):
            return None
        known.add(path)
        return add(path, info)

    def add_path(path, depth=0):
        """Adds a path with its parents, and what its links lead to."""
        at = ""
        parts = [part for part in path.split("/") if part]
        for index, part in enumerate(parts):
            at += "/" + part
            try:
                info = os.lstat(at)
            except OSError:
                return
            once(at, info)
            if stat.S_ISLNK(info.st_mode):
                target = os.path.join(os.path.dirname(at), os.readlink(at), *parts[index + 1 :])
                if depth < 40:
                    add_path(os.path.normpath(target), depth + 1)
                return

    once("/", os.lstat("/"))
    folders = request.get("roots", ["/"])
    for path in request.get("paths", []):
        add_path(path)
    if "roots" in request:
        for path in folders:
            add_path(path)
        folders = [os.path.realpath(folder) for folder in folders if os.path.isdir(folder)]
    listed = set()
    while folders:
        folder = folders.pop()
        if folder in pruned or folder in listed:
            continue
        listed.add(folder)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = folder.rstrip("/") + "/" + entry.name
            if path in SKIPPED:
                continue
            try:
                once(path, entry.stat(follow_symlinks=False))
                if entry.is_dir(follow_symlinks=False) and path not in mounts:
                    folders.append(path)
            except OSError:
                continue
    return "\n".join(map(json.dumps, rows)).encode()
