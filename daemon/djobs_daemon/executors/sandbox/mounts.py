"""The file system that a confined command sees, as mounts in the order they are made. Pure."""

import posixpath
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from djobs_daemon.executors.sandbox.confinement import Confinement


class Kind(StrEnum):
    """What is to be seen at a path."""

    READ_WRITE = "read_write"
    READ_ONLY = "read_only"
    PRIVATE = "private"
    HIDDEN_FOLDER = "hidden_folder"
    HIDDEN_FILE = "hidden_file"


class Mount(NamedTuple):
    """One path, and what is to be seen there."""

    path: str
    kind: Kind


def planned(confinement: Confinement) -> list[Mount]:
    """Return all mounts upon a read-only root, outer ones first.

    Of the same path the stricter one counts. Each folder between one that may be written and
    something inside it that may not is mounted too: a folder can be renamed, with the mounts in it,
    and another one put in its place; a mount cannot.
    """
    strictest: dict[str, Kind] = {}
    pins = (Mount(path, Kind.READ_WRITE) for path in pinned(confinement))
    for path, kind in (*_wished(confinement), *pins):
        strictest.setdefault(path, kind)
    return sorted(
        (Mount(path, kind) for path, kind in strictest.items()),
        key=lambda mount: mount.path.split("/"),
    )


def _wished(confinement: Confinement) -> Iterator[Mount]:
    """Yield what is asked for, the strictest first."""
    for kind, paths in (
        (Kind.HIDDEN_FILE, confinement.hidden_files),
        (Kind.HIDDEN_FOLDER, confinement.hidden_folders),
        (Kind.READ_ONLY, confinement.read_only),
        (Kind.READ_WRITE, confinement.writable),
        (Kind.PRIVATE, confinement.private),
    ):
        for path in paths:
            yield Mount(path, kind)


def pinned(confinement: Confinement) -> Iterator[str]:
    """Yield the folders that must keep their names, for what is protected inside them."""
    protected = (*confinement.read_only, *confinement.hidden_folders, *confinement.hidden_files)
    for path in protected:
        around = [each for each in confinement.writable if inside(path, each) and path != each]
        if around:
            nearest = max(around, key=len)
            folder = posixpath.dirname(path)
            while folder != nearest:
                yield folder
                folder = posixpath.dirname(folder)


def inside(path: str, folder: str) -> bool:
    """Say whether a path is a folder or in it; both absolute and without symbolic links."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
