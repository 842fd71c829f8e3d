"""What a daemon leaves to the one that takes its place in the same process (R17).

Locks and socket are descriptors, and a descriptor outlives ``exec``: so there is no moment in which
nobody holds the lock or listens. Standard library and ``djobs_local`` only.
"""

import os
from typing import NamedTuple

from djobs_local.locks import KernelLock


class Heritage(NamedTuple):
    """Descriptors, by number."""

    lock: int
    folder: int
    database: int
    socket: int

    def as_option(self) -> str:
        """Return the value of ``--inherit``."""
        return ",".join(map(str, self))

    def hand_on(self, inheritable: bool) -> None:
        """Let them outlive ``exec``, or not."""
        for number in self:
            os.set_inheritable(number, inheritable)


def parse(text: str) -> Heritage | None:
    """Return what ``--inherit`` says; None when it says nothing sensible."""
    words = text.split(",")
    if len(words) != len(Heritage._fields) or not all(word.isdecimal() for word in words):
        return None
    heritage = Heritage(*map(int, words))
    return heritage if min(heritage) > 2 and len(set(heritage)) == len(heritage) else None


def inherited_lock(path: str, number: int) -> KernelLock | None:
    """Return the lock that came with a descriptor; None if it is not on what ``path`` names now."""
    lock = KernelLock.inherited(path, number)
    if lock is not None and lock.still_named():
        return lock
    if lock is not None:
        lock.release()
    return None
