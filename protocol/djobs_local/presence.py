"""What is there, seen from outside: a daemon that serves, starts, is silent, or none (R2, R50).

Looking never spawns, unlinks or signals. A refused connection is no proof of death: only the
kernel lock says who is alive (R3).
"""

import os
import stat
import time
from enum import StrEnum

from djobs_local import attempts, folders, identity, locks, stop_mark, wire
from djobs_local.records import integer, read_record, text
from djobs_protocol.endpoint import (
    DAEMON_LOCK,
    ENDPOINT_RECORD,
    SPAWN_LOCK,
    socket_path,
    state_file,
)
from djobs_protocol.errors import DjobsError, ErrorCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HELLO_SECONDS = 1.0
"""How long a daemon may take to answer before it is called mute."""

LOOK_SECONDS_MIN = 0.05
"""A look shorter than this would call a busy machine's daemon mute."""


class Kind(StrEnum):
    """What a look can find."""

    SERVING = "serving"
    STARTING = "starting"
    DRAINING = "draining"
    MUTE = "mute"
    """Alive, for the lock is held, but it does not answer. Never a reason to start another."""
    ABSENT = "absent"
    STOPPED_BY_USER = "stopped_by_user"
    """Absent, and a mark says it shall stay so."""
    START_FAILED = "start_failed"
    """Absent, and the last start failed."""
    FOREIGN = "foreign"
    """Something that is not this user's daemon is at the socket's path."""


GONE_KINDS = (Kind.ABSENT, Kind.STOPPED_BY_USER, Kind.START_FAILED)
"""Nothing is running: the lock is free and nothing answers."""


class Presence:
    """What was found. Times are milliseconds since the epoch."""

    def __init__(
        self,
        kind: Kind,
        detail: str = "",
        *,
        pid: int | None = None,
        record: "dict[str, Any] | None" = None,
        welcome: "dict[str, Any] | None" = None,
        attempt: attempts.Attempt | None = None,
        mark: stop_mark.StopMark | None = None,
        refusal: ErrorCode | None = None,
        leaving: bool = False,
    ) -> None:
        self.kind = kind
        self.detail = detail
        """Why it is judged so, in one sentence."""
        self.record = record or {}
        """``endpoint.json`` of the process that runs; empty when there is none to trust."""
        self.welcome = welcome or {}
        """The daemon's answer to the hello; empty unless it is serving and took us in."""
        self.attempt = attempt
        """The last start, when it failed."""
        self.mark = mark
        self.refusal = refusal
        """With what it answered the hello instead of a welcome."""
        self.leaving = leaving
        """Whether it has taken back its socket and its record, as a daemon does at its very end."""
        self.pid = pid
        """Of the process that holds the lock or listens; None when nobody does or it is unknown."""

    @property
    def since(self) -> int | None:
        """When the process said that it started, or when it failed or was stopped."""
        if self.mark is not None:
            return self.mark.at
        if self.attempt is not None:
            return self.attempt.at
        return integer(self.record, "started_at")

    @property
    def instance(self) -> str:
        """The daemon's instance id; empty when unknown."""
        return text(self.welcome, "instance") or text(self.record, "instance")

    @property
    def running(self) -> bool:
        """Whether a process of this user is there, whatever it is doing."""
        return self.kind not in (*GONE_KINDS, Kind.FOREIGN)


def look(
    state: str,
    deadline_seconds: float = HELLO_SECONDS,
    *,
    expected_db: str | None = None,
    holding_spawn_lock: bool = False,
) -> Presence:
    """Find out what is there; takes at most ``deadline_seconds``, or ``LOOK_SECONDS_MIN``.

    ``holding_spawn_lock``: nobody else can be starting one, so a held ``spawn.lock`` says nothing.
    ``DjobsError(PERMISSION)`` when a folder on the way is not private, or may not be entered.
    """
    deadline = time.monotonic() + max(deadline_seconds, LOOK_SECONDS_MIN)
    if not folders.verify_private_folder(state):
        return Presence(Kind.ABSENT, f"There is no {state} yet.")
    blocked = _blocked(state)
    if blocked is not None:
        return blocked
    try:
        return _ask(state, deadline, expected_db)
    except (FileNotFoundError, ConnectionRefusedError):
        return _without_listener(state, holding_spawn_lock)
    except PermissionError as error:
        raise DjobsError(
            ErrorCode.PERMISSION,
            f"May not connect to {socket_path(state)}: {error.strerror}. "
            "If this runs in a sandbox, allow that path.",
        ) from None
    except TimeoutError:
        return _silent(state, "It does not answer.")
    except BlockingIOError:
        return _silent(state, "Its queue of connections is full.")
    except OSError as error:
        return _closed_early(state, error)


def _blocked(state: str) -> Presence | None:
    """Return FOREIGN when what is at the socket's path cannot be a daemon's socket (R3)."""
    path = socket_path(state)
    if not folders.verify_socket_folders(state):
        return None
    try:
        found = os.lstat(path)
    except OSError:
        return None
    if stat.S_ISSOCK(found.st_mode):
        return None
    return Presence(Kind.FOREIGN, f"{path} is not a socket; move it away.")


def _ask(state: str, deadline: float, expected_db: str | None) -> Presence:
    try:
        link = wire.LineSocket.connect(socket_path(state), deadline)
    except DjobsError as error:
        return Presence(Kind.FOREIGN, error.message, pid=error.data.get("peer_pid"))
    try:
        welcome = wire.say_hello(
            link, wire.hello_params("presence", expected_db=expected_db), deadline
        )
    except DjobsError as error:
        error = wire.stranger(socket_path(state), error)
        return _answered_with_error(state, link.peer_pid, error)
    finally:
        link.close()
    record = read_record(state_file(state, ENDPOINT_RECORD))
    pid = integer(welcome, "pid") or link.peer_pid
    return Presence(Kind.SERVING, "It answers.", pid=pid, record=record, welcome=welcome)


def _answered_with_error(state: str, pid: int, error: DjobsError) -> Presence:
    kinds = {
        ErrorCode.DRAINING: Kind.DRAINING,
        ErrorCode.WRONG_DATABASE: Kind.FOREIGN,
        ErrorCode.PERMISSION: Kind.FOREIGN,
    }
    record = read_record(state_file(state, ENDPOINT_RECORD))
    kind = kinds.get(error.code, Kind.SERVING)  # a refusal is an answer: it lives
    return Presence(kind, error.message, pid=pid or None, record=record, refusal=error.code)


def is_alive(state: str) -> bool:
    """Say whether a daemon of this state folder lives, by its two locks alone (R1)."""
    return locks.is_held(state_file(state, DAEMON_LOCK)) or locks.is_held(state)


def _without_listener(state: str, holding_spawn_lock: bool) -> Presence:
    if is_alive(state):
        return _without_address(state)
    if not holding_spawn_lock and locks.is_held(state_file(state, SPAWN_LOCK)):
        return Presence(Kind.STARTING, "A client is starting it.")
    return _gone(state)


def _without_address(state: str) -> Presence:
    """Judge a holder of the lock that nobody can connect to.

    At its end a daemon removes socket and record; until the kernel drops the lock, which takes as
    long as its threads need, it looks like one from under which they were removed.
    """
    seen = _silent(state, "It holds the lock but does not listen.")
    if seen.kind is Kind.MUTE and not (os.path.lexists(socket_path(state)) or _has_record(state)):
        seen.leaving = True
        seen.detail = "It holds the lock without socket and record: it is ending, or they are lost."
    return seen


def _has_record(state: str) -> bool:
    return os.path.lexists(state_file(state, ENDPOINT_RECORD))


def _closed_early(state: str, error: OSError) -> Presence:
    if is_alive(state):
        return _silent(state, f"It closed the connection: {error}.")
    return _gone(state)


def _silent(state: str, detail: str) -> Presence:
    """Judge a process that is there and does not answer by what it wrote about itself."""
    record = read_record(state_file(state, ENDPOINT_RECORD))
    recorded = identity.ProcessIdentity.from_record(record)
    if recorded is None or identity.compare(recorded) is not identity.Comparison.SAME:
        record = None  # of an earlier daemon
    kinds = {"starting": Kind.STARTING, "draining": Kind.DRAINING}
    kind = kinds.get(text(record, "phase"), Kind.MUTE)
    if record is None and locks.is_held(state_file(state, SPAWN_LOCK)):
        kind = Kind.STARTING
    pid = integer(record, "pid") or locks.holder_pid(state_file(state, DAEMON_LOCK))
    return Presence(kind, detail, pid=pid, record=record)


def _gone(state: str) -> Presence:
    mark = stop_mark.read_stop_mark(state)
    if mark is not None:
        return Presence(Kind.STOPPED_BY_USER, mark.sentence(attempts.now_ms()), mark=mark)
    failure = attempts.last_failure(attempts.read_attempts(state), attempts.now_ms())
    if failure is not None:
        return Presence(Kind.START_FAILED, failure.reason, attempt=failure)
    return Presence(Kind.ABSENT, "No daemon is running.")
