"""Where the files of an answer belong. Pure; a fault is said to the model, which corrects it."""

import posixpath
from collections.abc import Iterable
from typing import Final

from djobs_llm.contract import Limits

KEPT_OUT: Final = (".git", ".hg", ".svn", ".jj")
"""Folders whose files run as programs, or are the history."""
PATH_BYTES_MAX: Final = 1024


class Misplaced(Exception):
    """What is wrong with the files, in a sentence for who made them."""


def normal(path: str, workspace: str) -> str:
    """Return a path relative to the workspace, in its shortest form; ``Misplaced`` if it cannot be.

    Models like to write ``./x`` and absolute paths; both mean a place in the workspace.
    """
    if not path or "\0" in path or len(path.encode()) > PATH_BYTES_MAX:
        raise Misplaced(f"{path[:80]!r} is no path of a file.")
    place = posixpath.normpath(path)
    if posixpath.isabs(place):
        place = posixpath.relpath(place, posixpath.normpath(workspace))
    steps = place.split("/")
    if steps[0] == ".." or place == "." or path.endswith("/"):
        raise Misplaced(f"{path!r} is no path of a file inside the workspace.")
    if any(step.lower() in KEPT_OUT for step in steps):
        raise Misplaced(f"{path!r} is inside a folder that no job writes to.")
    return place


def place(
    files: Iterable[tuple[str, str]], output_path: str | None, workspace: str, limits: Limits
) -> dict[str, str]:
    """Return the contents by path, with ``output_path`` (normal, if any) among them.

    One file with another name is the one that was asked for.
    """
    placed: dict[str, str] = {}
    for path, content in files:
        where = normal(path, workspace)
        if where in placed:
            raise Misplaced(f"{path!r} stands there twice.")
        placed[where] = content
    if not placed:
        raise Misplaced("There is no file in the answer.")
    if output_path is not None and output_path not in placed:
        if len(placed) > 1:
            raise Misplaced(f"{output_path!r} is missing: one of the files must have this path.")
        placed = {output_path: next(iter(placed.values()))}
    _within(placed, limits)
    return placed


def _within(placed: dict[str, str], limits: Limits) -> None:
    if len(placed) > limits.output_files:
        raise Misplaced(f"{len(placed)} files are more than the {limits.output_files} allowed.")
    for path, content in placed.items():
        try:
            size = len(content.encode())
        except UnicodeEncodeError:
            raise Misplaced(f"{path!r} has characters that no file can hold.") from None
        if size > limits.output_file_bytes:
            raise Misplaced(
                f"{path!r} has {size} bytes, more than the {limits.output_file_bytes} allowed."
            )
    for path in placed:
        if any(other.startswith(f"{path}/") for other in placed):
            raise Misplaced(f"{path!r} cannot be a file and a folder.")
