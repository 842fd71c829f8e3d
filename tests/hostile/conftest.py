"""One real daemon for all tests of a module: it must be the same, and well, after each of them."""

from collections.abc import Iterator

import pytest

from tests.harness.daemon import DaemonHome

FAULTS = ("ERROR", "CRITICAL")


@pytest.fixture(scope="module")
def shared_daemon() -> Iterator[DaemonHome]:
    """Return a daemon that serves the whole module, the SDK loaded."""
    with DaemonHome() as home:
        home.start()
        home.wait_sdk()
        yield home


@pytest.fixture
def daemon(shared_daemon: DaemonHome) -> Iterator[DaemonHome]:
    """Return the module's daemon; afterwards it is the same one and has logged no fault."""
    instance = shared_daemon.instance()
    known = len(shared_daemon.log_entries())
    yield shared_daemon
    assert shared_daemon.status()["instance"] == instance
    news = shared_daemon.log_entries()[known:]
    assert [entry for entry in news if entry["level"] in FAULTS] == []
