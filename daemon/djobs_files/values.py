"""What is asked for and what was done."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NEW_FILE_MODE: Final = 0o644
NEW_FOLDER_MODE: Final = 0o755

Reached = Callable[[str], None]
"""Told the name of each point that is passed; a test can act there, or end the process."""


def unnoticed(point: str) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class NewFile:
    """One file to be written, whole."""

    path: str
    """Relative to the root, with slashes."""
    content: bytes
    mode: int | None = None
    """Permission bits; None keeps those of the file that is there, or 0644."""


@dataclass(frozen=True)
class Receipt:
    """One file that was written."""

    path: str
    sha256: str
    bytes: int
    before_sha256: str | None
    """Of what was there; None for a new file."""


class Outcome(StrEnum):
    """What became of one file of an undo."""

    RESTORED = "restored"
    """It is again what it was."""
    REMOVED = "removed"
    """It was new, and is gone."""
    UNTOUCHED = "untouched"
    """It is what it was: it was never written, or has been taken back already."""
    REFUSED = "refused"
    """Somebody changed it since; it was left alone."""


@dataclass(frozen=True)
class Undone:
    """One file of an undo."""

    path: str
    outcome: Outcome
    reason: str = ""
    """Why it was refused."""
