"""What is remembered of recent starts: ``last_start.json`` (R12, R14).

Written by whoever holds ``spawn.lock``; removed by a daemon that was healthy for a minute, by a
clean stop, and by a start that a person asked for.
"""

import time

from djobs_local.records import integer, read_record, remove_record, text, write_record
from djobs_protocol.endpoint import START_RECORD, state_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ATTEMPTS_KEPT = 12
"""Enough for the longest back-off, which eight starts reach."""

FAILURE_SECONDS_MAX = 600.0
"""So long a failed start is told to those who ask; later it says nothing about now."""

TEXT_CHARS_MAX = 1500
PATH_CHARS_MAX = 800
WORD_CHARS_MAX = 40
"""With every character escaped, the newest attempt and eleven brief ones fit a record."""

STARTED, READY, FAILED, SLOW = "started", "ready", "failed", "slow"
DIED, KILLED = "died", "killed"
"""Stages of a start that left no word by itself: with last words or a status, and without."""


def now_ms() -> int:
    """Return milliseconds since the epoch, the unit of every time in a record."""
    return time.time_ns() // 1_000_000


class Attempt:
    """One start. ``at`` is milliseconds since the epoch."""

    __slots__ = ("at", "by", "code", "errno", "log", "outcome", "path", "stage", "text")

    def __init__(
        self,
        at: int,
        by: str,
        outcome: str = STARTED,
        *,
        stage: str = "",
        errno: int | None = None,
        path: str = "",
        text: str = "",
        code: str = "",
        log: str = "",
    ) -> None:
        self.at = at
        self.by = by[:WORD_CHARS_MAX]
        self.outcome = outcome[:WORD_CHARS_MAX]
        self.stage = stage[:WORD_CHARS_MAX]
        """How far it came: ``spawn``, ``config``, ``lock``, ``endpoint``, ``store``…"""
        self.errno = errno
        self.path = path[:PATH_CHARS_MAX]
        """What the error is about."""
        self.text = text[:TEXT_CHARS_MAX]
        self.code = code[:WORD_CHARS_MAX]
        """An ``ErrorCode`` value when the daemon named one."""
        self.log = log[:PATH_CHARS_MAX]
        """The file with everything this attempt printed."""

    def to_record(self) -> "dict[str, Any]":
        """Return the attempt as it is stored."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_record(cls, record: object) -> "Attempt | None":
        """Return the attempt in a stored entry; None when the entry is no attempt."""
        if not isinstance(record, dict):
            return None
        at = integer(record, "at")
        if at is None or not 0 <= at < 2**53:
            return None
        words = {name: text(record, name) for name in ("stage", "path", "text", "code", "log")}
        return cls(
            at, text(record, "by"), text(record, "outcome"), errno=integer(record, "errno"), **words
        )

    @property
    def reason(self) -> str:
        """What went wrong, in one sentence, as far as it is known."""
        if self.text:
            return self.text
        return "It ended without a word." if self.outcome == FAILED else "It did not stay up."


def read_attempts(state: str) -> list[Attempt]:
    """Return the remembered starts, oldest first."""
    record = read_record(state_file(state, START_RECORD))
    entries = record.get("attempts") if record else None
    if not isinstance(entries, list):
        return []
    found = (Attempt.from_record(entry) for entry in entries[-ATTEMPTS_KEPT:])
    return [attempt for attempt in found if attempt is not None]


def write_attempts(state: str, attempts: list[Attempt]) -> None:
    """Replace what is remembered by the newest of ``attempts``; only the last keeps its text."""
    kept = [_brief(attempt.to_record()) for attempt in attempts[-ATTEMPTS_KEPT:-1]]
    kept += [attempt.to_record() for attempt in attempts[-1:]]
    write_record(state_file(state, START_RECORD), {"schema": 1, "attempts": kept})


def _brief(record: "dict[str, Any]") -> "dict[str, Any]":
    return {name: record[name] for name in ("at", "by", "outcome", "stage", "errno", "code")}


def forget_attempts(state: str) -> None:
    """Start counting afresh: the daemon is well, or a person said so."""
    remove_record(state_file(state, START_RECORD))


def last_failure(attempts: list[Attempt], now: int) -> Attempt | None:
    """Return the newest attempt if it failed, unless ``FAILURE_SECONDS_MAX`` ago."""
    if not attempts or attempts[-1].outcome not in (FAILED, STARTED):
        return None
    age = now - attempts[-1].at
    return attempts[-1] if 0 <= age < FAILURE_SECONDS_MAX * 1000 else None
