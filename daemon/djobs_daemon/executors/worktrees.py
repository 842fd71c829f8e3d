"""What a repository knows of an agent's worktree that was never taken down, because it was killed.

As ``git worktree prune`` does it, without git: what it has is one folder in the repository's own.
"""

import os
import shutil
from typing import Final

_POINTER: Final = "gitdir: "
_BYTES_MAX: Final = 4096


def forget(tree: str) -> None:
    """Remove a repository's record of the worktree ``tree``; nothing where there is none.

    The tree says where its record is, and an agent could write there: the record must lie where
    git has records, and point back at this tree.
    """
    pointer = os.path.join(tree, ".git")
    said = _line(pointer)
    if not said.startswith(_POINTER):
        return
    record = said.removeprefix(_POINTER)
    is_record = os.path.basename(os.path.dirname(record)) == "worktrees"
    if os.path.isabs(record) and is_record and _line(os.path.join(record, "gitdir")) == pointer:
        shutil.rmtree(record, ignore_errors=True)


def _line(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return os.fsdecode(file.read(_BYTES_MAX)).rstrip("\n")
    except OSError:
        return ""
