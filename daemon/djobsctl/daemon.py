"""Talking with the daemon, and starting it where a command may."""

from djobs_local.call import connect
from djobs_protocol.endpoint import state_dir

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from djobs_local.call import Connection
    from djobsctl.pages import Call
    from djobsctl.talk import Talk

WHO = "djobsctl"


class session:  # noqa: N801 - used like a function, and contextlib costs the fast path 1 ms
    """A context that yields the ``call`` of an open connection.

    Starts the daemon when it is absent, unless ``DJOBS_NO_SPAWN`` or a stop mark forbids it.
    """

    def __init__(self, talk: "Talk") -> None:
        self._talk = talk
        self._connection: Connection | None = None

    def __enter__(self) -> "Call":
        self._connection = open_connection(state_dir(), self._talk)
        return self._connection.call

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()


def open_connection(home: str, talk: "Talk") -> "Connection":
    """Return a connection to the daemon, which is started when it is absent and may be."""
    try:
        return connect(home, spawn=False, who=WHO, client=WHO)
    except Exception as error:
        if not _is_absence(error):
            raise
    with talk.waiting("Starting the daemon ..."):
        return connect(home, who=WHO, client=WHO, **_start_limits(home))


def _is_absence(error: Exception) -> bool:
    from djobs_protocol.errors import DjobsError, ErrorCode

    return isinstance(error, DjobsError) and error.code is ErrorCode.UNAVAILABLE


def _start_limits(home: str) -> "dict[str, Any]":
    """Return what the settings say about starting; read only when a start is due."""
    from djobs_local import settings

    chosen = settings.load(home)
    return {
        "spawn": not chosen.no_spawn,
        "deadline_seconds": chosen.start_timeout_seconds,
        "backoff_max_seconds": chosen.start_backoff_max_seconds,
    }
