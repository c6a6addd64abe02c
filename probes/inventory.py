"""Lists the entries of a file system with their metadata."""

import json
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Container, Dict, List, Optional, Set

HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# What pyshrink and Docker put into a container.
SKIPPED = ("/.pyshrink", "/.dockerenv", HOME)
TYPES = {stat.S_IFREG: "f", stat.S_IFDIR: "d", stat.S_IFLNK: "l", stat.S_IFCHR: "c", stat.S_IFBLK: "b", stat.S_IFIFO: "p"}
# Links that the kernel follows in one path before it gives up with ELOOP (path_resolution(7)).
MOST_LINKS = 40
# Folders that installers of Python packages fill (sysconfig, and Debian's).
INSTALLED = frozenset(["site-packages", "dist-packages"])


def mount_points(kept: "List[str]") -> "Set[str]":
    """All mount points but the root and *kept* (proc(5), mountinfo)."""
    with open("/proc/self/mountinfo", "rb") as file:
        points = [line.split()[4] for line in file]
    decoded = {os.fsdecode(p.replace(b"\\040", b" ").replace(b"\\011", b"\t").replace(b"\\134", b"\\")) for p in points}
    return decoded - {"/"} - set(kept)


def inventory(request: "Dict[str, Any]") -> bytes:
    """A JSON list of rows: path, type, mode, uid, gid, size, mtime (s), link group, target or device, extended attributes.

    The link group is the same for hard links to one file. The device is [major, minor]. Extended attributes are {name:
    hex}. Mount points are listed as empty directories; those that are files are left out.

    For an image: *volumes* are mount points that hold a copy of the image's content; *created* is the image's time (s).
    For the host: only the folders *roots* and the paths *paths* are listed, with all links on the way. The folders
    *pruned* are left out, and so is each folder below *app* with one of the names *aside*, but not where a package was
    installed. Files of *made* that changed after *since* (s) are left out too, since the run may have made
    them.
    """
    of_host = "roots" in request
    # What is mounted on the host belongs to its file system.
    mounts: Set[str] = set() if of_host else mount_points(request.get("volumes", []))
    listing = Listing(mounts, request.get("created", 0), set(request.get("made", [])), request.get("since", 0))
    listing.add("/", os.lstat("/"))
    for path in request.get("paths", []):
        listing.add_path(path)
    folders = request.get("roots", ["/"])
    if of_host:
        for path in folders:
            listing.add_path(path)
        folders = [os.path.realpath(folder) for folder in folders if os.path.isdir(folder)]
    aside = Aside(request.get("app", "/"), request.get("aside", []))
    listing.add_below(folders, set(request.get("pruned", [])), aside)
    return json.dumps(listing.rows).encode()


class Aside:
    """The folders below the app that do not belong to it, such as `node_modules`, at any depth.

    Installed packages may bring such folders as their data: those are no folders aside.
    """

    def __init__(self, app: str, names: "List[str]") -> None:
        self.app, self.names = os.path.realpath(app).rstrip("/") + "/", frozenset(names)

    def __contains__(self, folder: object) -> bool:
        if not isinstance(folder, str) or os.path.basename(folder) not in self.names or not folder.startswith(self.app):
            return False
        return INSTALLED.isdisjoint(folder[len(self.app) :].split("/"))


class Listing:
    """The rows of an inventory."""

    def __init__(self, mounts: "Set[str]", created: int, made: "Set[str]", since: float) -> None:
        self.rows: List[List[Any]] = []
        self.known: Set[str] = set()
        self.mounts, self.created, self.made, self.since = mounts, created, made, since
        # The engine creates mount points when it starts the container, which changes the times of the folders around.
        self.touched = mounts.union(map(os.path.dirname, mounts), ["/etc/mtab"])

    def add(self, path: str, info: os.stat_result) -> None:
        """Adds an entry that is not listed yet, unless the run may have made it."""
        if path in self.known or (path in self.made and info.st_ctime >= self.since):
            return
        self.known.add(path)
        kind = TYPES.get(stat.S_IFMT(info.st_mode))
        if kind is None:
            return
        if path in self.mounts:
            if kind == "d":
                self.rows.append([path, "d", 0o755, 0, 0, 0, min(int(info.st_mtime), self.created), None, None, None])
            return
        extra: Any = None
        if kind == "l":
            extra = os.readlink(path)
        elif kind in "cb":
            extra = [os.major(info.st_rdev), os.minor(info.st_rdev)]
        group = f"{info.st_dev}:{info.st_ino}" if info.st_nlink > 1 and kind == "f" else None
        size = info.st_size if kind == "f" else 0
        time = info.st_mtime_ns // 10**9
        if path in self.touched:
            time = min(time, self.created)
        mode = stat.S_IMODE(info.st_mode)
        self.rows.append([path, kind, mode, info.st_uid, info.st_gid, size, time, group, extra, extended_attributes(path)])

    def add_path(self, path: str, depth: int = 0) -> None:
        """Adds a path with its parents, and what the links on the way lead to."""
        at = ""
        parts = [part for part in path.split("/") if part]
        for index, part in enumerate(parts):
            at += "/" + part
            try:
                info = os.lstat(at)
            except OSError:
                return
            self.add(at, info)
            if stat.S_ISLNK(info.st_mode):
                target = os.path.join(os.path.dirname(at), os.readlink(at), *parts[index + 1 :])
                if depth < MOST_LINKS:
                    self.add_path(os.path.normpath(target), depth + 1)
                return

    def add_below(self, folders: "List[str]", pruned: "Container[str]", aside: "Container[str]" = ()) -> None:
        """Adds everything in folders, but nothing in those that are *pruned*, *aside* or mounted."""
        folders, listed = list(folders), set()
        while folders:
            folder = folders.pop()
            if folder in pruned or folder in aside or folder in listed:
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
                    self.add(path, entry.stat(follow_symlinks=False))
                    if entry.is_dir(follow_symlinks=False) and path not in self.mounts:
                        folders.append(path)
                except OSError:
                    continue


def extended_attributes(path: str) -> "Optional[Dict[str, str]]":
    """Name -> value in hex (xattr(7)), or None if there are none or the file system has no such attributes."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
        return {name: os.getxattr(path, name, follow_symlinks=False).hex() for name in names} if names else None
    except OSError:
        return None
