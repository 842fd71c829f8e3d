"""Talking with the daemon, and starting it where a command may."""

from djobs_local.backoff import DELAY_SECONDS_MAX
from djobs_local.call import DEADLINE_SECONDS_DEFAULT, connect
from djobs_protocol.endpoint import state_dir
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.limits import REQUEST_SECONDS_DEFAULT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from djobs_local.call import Connection
    from djobsctl.pages import Call
    from djobsctl.talk import Talk

WHO = "djobsctl"
WAITING = "Waiting for the daemon to answer ..."
STARTING = "Starting the daemon ..."


_ABSENCE = (ErrorCode.UNAVAILABLE, ErrorCode.STOPPED_BY_USER)
"""Nothing runs. Whether it may be started, or is just restarted, the start itself finds out."""
DEPARTURE = (ErrorCode.UNAVAILABLE, ErrorCode.DRAINING)
"""The daemon that was asked goes away."""

ROUNDS_MAX = 3
"""Daemons that may go away during one question; each of the others was just started."""


class session:  # noqa: N801 - used like a function, and contextlib costs the fast path 1 ms
    """A context that yields a ``call``: for what changes nothing, or nothing a second time.

    Starts the daemon when it is absent, unless ``DJOBS_NO_SPAWN`` or a stop mark forbids it. A
    question that a daemon took with it at its end is asked again of the next one. ``workspace``:
    the folder whose jobs it is about, where that counts.
    """

    def __init__(self, talk: "Talk", workspace: str | None = None) -> None:
        self._talk = talk
        self._workspace = workspace
        self._connection: Connection | None = None

    def __enter__(self) -> "Call":
        self._connection = open_connection(state_dir(), self._talk, self._workspace)
        return self._call

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()

    def _call(self, method: str, params: "dict[str, Any]") -> "dict[str, Any]":
        assert self._connection is not None
        for left in reversed(range(ROUNDS_MAX)):
            try:
                return self._connection.call(method, params)
            except DjobsError as error:
                if error.code not in DEPARTURE or not left:
                    raise
            self._connection.close()
            self._connection = open_connection(state_dir(), self._talk, self._workspace)
        raise AssertionError("the last round returns or raises")


def call_once(
    talk: "Talk",
    workspace: str | None,
    method: str,
    params: "dict[str, Any]",
    timeout_seconds: float = REQUEST_SECONDS_DEFAULT,
    *,
    agent: str | None = None,
) -> "dict[str, Any]":
    """Return the answer to a request that must not be done twice.

    It is asked again of the next daemon as the same request of the same session: what was done
    already is answered from what was stored then (R19). ``timeout_seconds`` is for each of them.
    ``agent`` is who asks, by the name that is kept in the history.
    """
    import os

    session_id, database = os.urandom(16).hex(), None
    for left in reversed(range(ROUNDS_MAX)):
        connection = open_connection(
            state_dir(), talk, workspace, database=database, session_id=session_id, agent=agent
        )
        with connection:
            database = connection.welcome["database"]
            try:
                return connection.call(method, params, timeout_seconds)
            except DjobsError as error:
                if error.code not in DEPARTURE or not left:
                    raise
    raise AssertionError("the last round returns or raises")


def open_connection(
    home: str,
    talk: "Talk",
    workspace: str | None = None,
    *,
    database: str | None = None,
    session_id: str | None = None,
    agent: str | None = None,
) -> "Connection":
    """Return a connection to the daemon, which is started when it is absent and may be.

    ``workspace`` is the folder whose jobs it is about, ``database`` the id of the only one to talk
    to; another is refused. ``session_id`` goes on with a session (default: one of its own),
    ``agent`` names who asks.
    """
    limits = Limits.read(home)
    try:
        with talk.waiting(WAITING):
            return connect(
                home,
                spawn=False,
                who=WHO,
                client=WHO,
                workspace=workspace,
                deadline_seconds=limits.deadline_seconds,
                expected_db=database,
                session=session_id,
                agent=agent,
            )
    except DjobsError as error:
        if error.code not in _ABSENCE:
            raise
    with talk.waiting(STARTING):
        return connect(
            home,
            spawn=limits.may_spawn(),
            who=WHO,
            client=WHO,
            workspace=workspace,
            deadline_seconds=limits.deadline_seconds,
            expected_db=database,
            session=session_id,
            agent=agent,
            backoff_max_seconds=limits.backoff_max_seconds,
        )


class Limits:
    """What the settings say about waiting and starting.

    A wrong setting stops nobody from talking to a daemon that runs, only from starting one.
    """

    deadline_seconds = DEADLINE_SECONDS_DEFAULT
    backoff_max_seconds = DELAY_SECONDS_MAX
    no_spawn = False
    mistake: DjobsError | None = None

    @classmethod
    def read(cls, home: str) -> "Limits":
        """Read the file and the environment."""
        from djobs_local import settings

        limits = cls()
        try:
            chosen = settings.load(home)
        except DjobsError as error:
            limits.mistake = error
            return limits
        limits.deadline_seconds = chosen.start_timeout_seconds
        limits.backoff_max_seconds = chosen.start_backoff_max_seconds
        limits.no_spawn = chosen.no_spawn
        return limits

    def may_spawn(self) -> bool:
        """Say whether a client may start a daemon; raise what is wrong with the settings."""
        if self.mistake is not None:
            raise self.mistake
        return not self.no_spawn
