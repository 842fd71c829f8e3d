"""Every state that ``status`` must answer from (R50), made for real wherever that is possible."""

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from djobs_local import folders, identity, locks, records
from djobs_protocol import endpoint
from djobs_protocol.errors import CATALOGUE, ErrorCode
from djobs_protocol.version import PROTOCOL_MAX, PROTOCOL_MIN, VERSION
from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome

QUICK: Final = {"DJOBS_START_TIMEOUT_S": "0.5"}
"""How long a client of these tests waits for a daemon that will not answer."""


def absent(home: DaemonHome) -> None:
    """Do nothing: there has never been a daemon."""
    home.env["DJOBS_NO_SPAWN"] = "1"  # so that looking in does not change the state


def serving(home: DaemonHome) -> None:
    """Start a daemon."""
    home.start()


def stopped_by_user(home: DaemonHome) -> None:
    """Stop a daemon on purpose."""
    home.start()
    assert djobsctl(home, "stop").status == 0


def mute(home: DaemonHome) -> None:
    """Freeze a daemon."""
    home.start()
    home.sigstop()


def start_failed(home: DaemonHome) -> None:
    """Let a start fail."""
    Path(home.state, endpoint.DATABASE).write_bytes(b"this is no database" * 100)
    patient = {"DJOBS_START_TIMEOUT_S": "10"}
    ran = djobsctl(home, "list", **patient)
    assert ran.status == CATALOGUE[ErrorCode.START_FAILED].exit, ran
    home.env["DJOBS_NO_SPAWN"] = "1"


def foreign(home: DaemonHome) -> None:
    """Put a file where the socket belongs."""
    folders.prepare_state(home.state)
    Path(home.socket).write_text("not a socket", "utf-8")


@contextmanager
def starting(home: DaemonHome) -> Iterator[None]:
    """Hold the lock of a client that is starting a daemon."""
    folders.prepare_state(home.state)
    lock = locks.KernelLock.acquire(endpoint.state_file(home.state, endpoint.SPAWN_LOCK))
    assert lock is not None
    with lock:
        yield


@contextmanager
def draining(home: DaemonHome) -> Iterator[None]:
    """Be a daemon that holds the lock, no longer listens, and said that it is draining."""
    folders.prepare_state(home.state)
    lock = locks.KernelLock.acquire(home.lock)
    assert lock is not None
    record = {**identity.of_self().to_record(), "phase": "draining", "started_at": 0}
    records.write_record(endpoint.state_file(home.state, endpoint.ENDPOINT_RECORD), record)
    with lock:
        yield


@contextmanager
def degraded(home: DaemonHome) -> Iterator[None]:
    """Be a daemon that says it is degraded: no real one can be made so within a test's time."""
    folders.prepare_state(home.state)
    with socket.socket(socket.AF_UNIX) as listener, ExitStack() as stack:
        listener.bind(home.socket)
        listener.listen()
        lock = stack.enter_context(locks.KernelLock.acquire(home.lock) or ExitStack())
        assert lock
        thread = threading.Thread(target=_answer_all, args=(listener, home), daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@contextmanager
def refusing(home: DaemonHome) -> Iterator[None]:
    """Be a daemon that speaks another protocol than this client."""
    with patched(WELCOME_ERROR), degraded(home):
        yield


@contextmanager
def patched(error: dict[str, Any]) -> Iterator[None]:
    """Answer the hello with an error for the length of a block."""
    _hello_errors.append(error)
    try:
        yield
    finally:
        _hello_errors.clear()


def _answer_all(listener: socket.socket, home: DaemonHome) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rwb") as stream:
            for line in stream:
                request = json.loads(line)
                stream.write(json.dumps(_answer(request, home)).encode() + b"\n")
                stream.flush()


def _answer(request: dict[str, Any], home: DaemonHome) -> dict[str, Any]:
    answers = {"hello": WELCOME, "daemon.status": {**STATUS, "home": home.state}}
    head = {"jsonrpc": "2.0", "id": request["id"]}
    if request["method"] == "hello" and _hello_errors:
        return {**head, "error": _hello_errors[0]}
    if request["method"] in answers:
        return {**head, "result": answers[request["method"]]}
    data = {"code": "storage_full", "hint": "Free space; no restart is needed."}
    return {**head, "error": {"code": -32060, "message": "The disk is full.", "data": data}}


WELCOME: Final = {
    "protocol": PROTOCOL_MAX,
    "protocol_range": [PROTOCOL_MIN, PROTOCOL_MAX],
    "build": VERSION,
    "schema": 1,
    "database": "0" * 36,
    "instance": "f" * 32,
    "pid": os.getpid(),
    "started_at": "2026-01-01T00:00:00.000Z",
    "session": "fake-session",
    "capabilities": [],
}
STATUS: Final = {
    "phase": "degraded",
    "pid": os.getpid(),
    "instance": "f" * 32,
    "build": VERSION,
    "protocol_range": [PROTOCOL_MIN, PROTOCOL_MAX],
    "started_at": "2026-01-01T00:00:00.000Z",
    "uptime_seconds": 60.0,
    "socket": "/run/d.sock",
    "owner": "client",
    "database": {
        "path": "/jobs.db",
        "uuid": "0" * 36,
        "schema": 1,
        "bytes": 4096,
        "wal_bytes": 0,
        "sqlite": "3.45.1",
    },
    "mcp": "ready",
    "rss_bytes": 30_000_000,
    "counts": {"pending": 2},
    "problems": ["The disk is full; nothing is written."],
}

WELCOME_ERROR: Final = {
    "code": -32047,
    "message": "This daemon speaks protocol 7 to 9.",
    "data": {"code": "protocol_mismatch", "build": "9.0", "protocol_range": [7, 9]},
}
_hello_errors: list[dict[str, Any]] = []

Maker = Callable[[DaemonHome], Any]

MAKERS: Final[dict[str, Maker]] = {
    "absent": absent,
    "serving": serving,
    "stopped_by_user": stopped_by_user,
    "mute": mute,
    "start_failed": start_failed,
    "foreign": foreign,
    "starting": starting,
    "draining": draining,
    "degraded": degraded,
}


@contextmanager
def made(state: str, home: DaemonHome) -> Iterator[DaemonHome]:
    """Bring a home into a state for the length of a block."""
    home.env.update(QUICK)
    with ExitStack() as stack:
        context = MAKERS[state](home)
        if context is not None:
            stack.enter_context(context)
        yield home
