"""The daemon of a place: started, found and killed from outside."""

import signal
import time
from collections.abc import Callable
from typing import TypeVar

from djobs_local.identity import Comparison, ProcessIdentity, SignalOutcome, compare, send_signal
from djobs_local.locks import is_held
from djobs_local.records import read_record
from djobs_local.start import ensure_running
from djobs_protocol.endpoint import DAEMON_LOCK, ENDPOINT_RECORD, state_file
from tests.clients.place import Place

PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.01

Found = TypeVar("Found")


def start_daemon(place: Place) -> None:
    """Start the daemon and return when it serves."""
    ensure_running(str(place.djobs_home))


def is_running(place: Place) -> bool:
    """Say whether somebody holds the daemon's lock."""
    return is_held(state_file(str(place.djobs_home), DAEMON_LOCK))


def kill_daemon(place: Place) -> ProcessIdentity:
    """End the daemon with SIGKILL and return who it was, once it is gone; it must be running."""
    assert is_running(place), "no daemon to kill"
    daemon = _wait_for(lambda: _living_daemon(place), "the daemon to say who it is")
    assert send_signal(daemon, signal.SIGKILL) is SignalOutcome.SENT
    _wait_for(lambda: compare(daemon) is Comparison.GONE, f"{daemon} to end")
    return daemon


def _living_daemon(place: Place) -> ProcessIdentity | None:
    record = read_record(state_file(str(place.djobs_home), ENDPOINT_RECORD))
    daemon = ProcessIdentity.from_record(record)
    return daemon if daemon and compare(daemon) is Comparison.SAME else None


def _wait_for(look: Callable[[], Found | None], what: str) -> Found:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {PATIENCE_SECONDS} s for {what}"
        time.sleep(POLL_SECONDS)
    return found
