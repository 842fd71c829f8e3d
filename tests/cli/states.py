"""Every state that ``status`` must answer from (R50), all of them real."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from djobs_local import folders, locks, wire
from djobs_protocol import endpoint
from djobs_protocol.errors import CATALOGUE, ErrorCode
from tests.cli.command import djobsctl
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, wait_until

QUICK: Final = {"DJOBS_START_TIMEOUT_S": "0.5"}
"""How long a client of these tests waits for a daemon that will not answer."""
ONE_JOB: Final = {"jobs": [{"type": "t"}], "correlation_id": "w"}
WRITE_ID = 99
"""Of a request that nobody waits for."""
FOR_EVER = 600
"""Seconds; longer than any test looks at a daemon that starts or stops."""


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
    """Start a daemon that takes its time before it opens its database."""
    reader = home.spawn(DJOBS_FP=f"start.store=sleep:{FOR_EVER}")
    try:
        wait_until(lambda: home.record().get("phase") == "starting", "it has a record")
        yield
    finally:
        os.close(reader)


@contextmanager
def draining(home: DaemonHome) -> Iterator[None]:
    """Stop a daemon that still has a write to finish, on a disk that takes its time."""
    home.start(DJOBS_DRAIN_S=str(FOR_EVER), DJOBS_FP=f"store.commit=sleep:{FOR_EVER}")
    with home.connect() as connection:
        line = wire.encode_call(WRITE_ID, "job.enqueue", ONE_JOB)
        assert connection._link is not None
        connection._link.send_line(line, time.monotonic() + PATIENCE_SECONDS)
        connection.call("daemon.health")  # read in order, so the write is under way by now
        home.signal(signal.SIGTERM)
        wait_until(lambda: home.record().get("phase") == "draining", "it drains")
        yield


def put_folder_for(file: Path) -> bool:
    """Replace a file; false when the daemon has put it back in between."""
    file.unlink(missing_ok=True)
    try:
        file.mkdir()
    except FileExistsError:
        return False
    return True


def degraded(home: DaemonHome) -> None:
    """Put a folder where the daemon's record belongs, which it wants to write again."""
    home.start()
    home.wait_watched()
    record = Path(endpoint.state_file(home.state, endpoint.ENDPOINT_RECORD))
    wait_until(lambda: put_folder_for(record), "there is no record between the two steps")
    wait_until(lambda: home.status()["phase"] == "degraded", "it has noticed")


@contextmanager
def refusing(home: DaemonHome) -> Iterator[None]:
    """Be a daemon that speaks another protocol than this client: of no release there is yet."""
    folders.prepare_state(home.state)
    with socket.socket(socket.AF_UNIX) as listener, ExitStack() as stack:
        listener.bind(home.socket)
        listener.listen()
        lock = locks.KernelLock.acquire(home.lock)
        assert lock is not None
        stack.enter_context(lock)
        thread = threading.Thread(target=_refuse_all, args=(listener,), daemon=True)
        thread.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_SECONDS)


def _refuse_all(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rwb") as stream:
            for line in stream:
                answer = {"jsonrpc": "2.0", "id": json.loads(line)["id"], "error": REFUSAL}
                stream.write(json.dumps(answer).encode() + b"\n")
                stream.flush()


REFUSAL: Final = {
    "code": -32047,
    "message": "This daemon speaks protocol 7 to 9.",
    "data": {"code": "protocol_mismatch", "build": "9.0", "protocol_range": [7, 9]},
}

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
