"""That something happened, as a reason to look again: no daemon is asked without one."""

import time
from typing import TYPE_CHECKING, Final, Self

from djobs_local.call import Connection, connect
from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError, ErrorCode

if TYPE_CHECKING:
    from typing import Any

WHO: Final = "djobsctl"
LOOK_SECONDS: Final = 1.0
"""Between two looks for a daemon that is away: nobody tells when the next one comes."""
HELLO_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 5.0
"""A person waits for each answer."""
GONE: Final = (ErrorCode.UNAVAILABLE, ErrorCode.DRAINING, ErrorCode.DEADLINE_EXCEEDED)


class Changes:
    """A subscription to all events that outlives daemons; never starts one."""

    def __init__(self) -> None:
        self._home = state_dir()
        self._connection: Connection | None = None
        self._looked_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    @property
    def present(self) -> bool:
        """Say whether there is a daemon that would tell."""
        return self._connection is not None

    def fileno(self) -> int:
        """Return what to wait for; -1 while there is no daemon."""
        return -1 if self._connection is None else self._connection.fileno()

    def call(self, method: str, params: "dict[str, Any]") -> "dict[str, Any]":
        """Ask the daemon that tells of events; ``UNAVAILABLE`` while there is none."""
        if self._connection is None and not self._join():
            raise DjobsError(ErrorCode.UNAVAILABLE, "No daemon answers.")
        assert self._connection is not None
        try:
            return self._connection.call(method, params, ANSWER_SECONDS)
        except DjobsError as error:
            if error.code in GONE:
                self._leave()
            raise

    def seen(self) -> bool:
        """Say whether anything happened since the last look: events, or a daemon came or went."""
        if self._connection is None:
            return self._join()
        happened = False
        try:
            while self._connection.notice_within(0.001) is not None:
                happened = True
        except DjobsError:
            self._leave()
            return True
        return happened

    def _join(self) -> bool:
        now = time.monotonic()
        if now < self._looked_at + LOOK_SECONDS:
            return False
        self._looked_at = now
        try:
            connection = connect(
                self._home, spawn=False, who=WHO, client=WHO, deadline_seconds=HELLO_SECONDS
            )
        except DjobsError:
            return False
        try:
            connection.call("events.subscribe", {})
        except DjobsError:
            connection.close()
            return False
        self._connection = connection
        return True

    def _leave(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
