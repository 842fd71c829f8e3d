"""What a run's folder says about the sandbox its command was to be in."""

import os
from typing import Final

import msgspec

from djobs_daemon.executors.ending import Ending, Settlement
from djobs_daemon.executors.results import End
from djobs_daemon.executors.sandbox.confining import Confined
from djobs_daemon.executors.sandbox.entering import ENTERED
from djobs_daemon.executors.settling import put_off

RECORD: Final = "sandbox.json"
ENTERED_FILE: Final = "entered"
"""The sandbox's first step writes here; empty means that nothing of the command was executed."""
TRY_AGAIN_MS: Final = 60_000


class Record(msgspec.Struct, frozen=True):
    """Written before the command begins, so that a later daemon knows."""

    enforced: str
    announces: bool
    """Whether the sandbox says when it is entered."""


def files_of(confined: Confined) -> dict[str, bytes]:
    """Return what is put into a run's folder."""
    announces = confined.wrapped.status_fd is not None
    return {RECORD: msgspec.json.encode(Record(confined.recorded, announces))}


def with_sandbox(ending: Ending, settlement: Settlement) -> Settlement:
    """Return the settlement with what really confined the command.

    A sandbox that was not entered is no failure of the command: the job is put off, and that costs
    no attempt.
    """
    record = _read(ending.folder)
    if record is None:
        return settlement
    result = ending.standing.result
    ended = result is not None and result.end is End.EXITED
    if record.announces and ended and not _was_entered(ending.folder):
        why = f"the sandbox ({record.enforced}) could not be entered: {ending.tail}"
        return put_off(why, ending.now + TRY_AGAIN_MS)
    return settlement._replace(changes=settlement.changes | {"sandbox_enforced": record.enforced})


def recorded(folder: str) -> str | None:
    """Return what was to confine the command of a run; None where nothing is known of it."""
    record = _read(folder)
    return None if record is None else record.enforced


def _read(folder: str) -> Record | None:
    try:
        with open(os.path.join(folder, RECORD), "rb") as file:
            return msgspec.json.decode(file.read(), type=Record)
    except (FileNotFoundError, msgspec.ValidationError, msgspec.DecodeError):
        return None


def _was_entered(folder: str) -> bool:
    try:
        with open(os.path.join(folder, ENTERED_FILE), "rb") as file:
            return file.read(len(ENTERED)) == ENTERED
    except FileNotFoundError:
        return False
