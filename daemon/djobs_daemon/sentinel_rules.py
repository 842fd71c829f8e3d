"""What the daemon does when its own files change under it. Pure: facts in, actions out.

The lock is the authority, so without it the daemon must go (R1). The socket and the record are
only hints, so they are put back (R37). The database is the truth, so a daemon whose file is no
longer the one at its path stops, and never makes a new one (R6).
"""

from enum import StrEnum
from typing import Final, NamedTuple

REBINDS_MAX: Final = 32
"""Times the socket is put back in one life; something is wrong with the place after that."""


class Facts(NamedTuple):
    """What one look at the files showed; ``True`` is as it should be."""

    folder: bool = True
    """The state folder's path still names the folder that is locked."""
    lock: bool = True
    """The lock file's path still names the inode that is locked."""
    database: bool = True
    """The database's path still names the file that is open, and it is as it was left."""
    socket_folder: bool = True
    """The socket's folder is there, with mode 0700."""
    socket: bool = True
    """The socket's path still names the socket that listens."""
    record: bool = True
    """The endpoint record holds what was last written."""


class Action(StrEnum):
    """What to do about it."""

    STOP_WITHOUT_FOLDER = "stop_without_folder"
    STOP_WITHOUT_LOCK = "stop_without_lock"
    STOP_WITHOUT_DATABASE = "stop_without_database"
    STOP_UNREACHABLE = "stop_unreachable"
    REPAIR_SOCKET_FOLDER = "repair_socket_folder"
    REBIND = "rebind"
    REWRITE_RECORD = "rewrite_record"


STOPS: Final = frozenset(action for action in Action if action.value.startswith("stop_"))


def decide(facts: Facts, rebinds: int) -> list[Action]:
    """Return what to do, in order. One reason to stop makes every repair pointless."""
    if not facts.folder:
        return [Action.STOP_WITHOUT_FOLDER]
    if not facts.lock:
        return [Action.STOP_WITHOUT_LOCK]
    if not facts.database:
        return [Action.STOP_WITHOUT_DATABASE]
    if not facts.socket and rebinds >= REBINDS_MAX:
        return [Action.STOP_UNREACHABLE]
    repairs = [
        (facts.socket_folder, Action.REPAIR_SOCKET_FOLDER),
        (facts.socket, Action.REBIND),
        (facts.record, Action.REWRITE_RECORD),
    ]
    return [action for is_well, action in repairs if not is_well]
