"""Where the files of an answer belong. Pure; a fault is said to the model, which corrects it."""

import posixpath
from collections.abc import Iterable
from typing import Final

from djobs_files.names import check_together, folded, parts
from djobs_llm.contract import Limits
from djobs_protocol.errors import DjobsError

KEPT_OUT: Final = (".hg", ".svn", ".jj")
"""Folders whose files run as programs, or are the history; git's is kept out of all writing."""


class Misplaced(Exception):
    """What is wrong with the files, in a sentence for who made them."""


def normal(path: str, workspace: str) -> str:
    """Return a path relative to the workspace, in its shortest form; ``Misplaced`` if it cannot be.

    Models like to write ``./x`` and absolute paths; both mean a place in the workspace.
    """
    where = posixpath.normpath(path) if path else path
    if posixpath.isabs(where):
        where = posixpath.relpath(where, posixpath.normpath(workspace))
    try:
        names = parts(f"{where}/" if path.endswith("/") else where)
    except DjobsError as refused:
        raise Misplaced(refused.message) from refused
    if any(folded(name) in KEPT_OUT for name in names):
        raise Misplaced(f"{path!r} is inside a folder that no job writes to.")
    return "/".join(names)


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
    try:
        check_together(map(parts, placed))
    except DjobsError as refused:
        raise Misplaced(refused.message) from refused
