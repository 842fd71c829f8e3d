"""Commands that start or stop the daemon take turns, so that each means what it says (R28).

Courtesy among commands, no authority: that is the daemon's own lock. A command that gets no turn
goes on without one, and then may meet another's daemon, never two.
"""

from djobs_local.locks import KernelLock
from djobs_protocol.endpoint import COMMAND_LOCK, state_file

TURN_SECONDS = 30.0
"""A queue of commands passes in less; what lasts longer is stuck, or waits for a busy daemon."""
FORCED_TURN_SECONDS = 0.5
"""Who uses force does not wait for the command that cannot end it."""


class turn:  # noqa: N801 - used like a function, as ``daemon.session`` is
    """A context within which no other command starts or stops the daemon of ``home``."""

    def __init__(self, home: str, wait_seconds: float = TURN_SECONDS) -> None:
        self._path = state_file(home, COMMAND_LOCK)
        self._wait_seconds = wait_seconds
        self._lock: KernelLock | None = None

    def __enter__(self) -> None:
        try:
            self._lock = KernelLock.acquire(self._path, self._wait_seconds)
        except OSError:
            return  # a full or read-only disk keeps nobody from stopping a daemon

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.release()
