"""Fixtures every test may use, and the guard that keeps tests away from the user's daemon (R29)."""

import os
from collections.abc import Iterator

import pytest

from djobs_protocol.endpoint import default_state_dir
from tests.harness.daemon import DaemonHome

Fingerprint = dict[str, tuple[int, int, int]]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def daemon_home() -> Iterator[DaemonHome]:
    """Return a private home in which no daemon runs yet."""
    with DaemonHome() as home:
        yield home


@pytest.fixture
def running_daemon(daemon_home: DaemonHome) -> DaemonHome:
    """Return a private home whose daemon has said ``ready``."""
    daemon_home.start()
    return daemon_home


def pytest_configure() -> None:
    os.environ["DJOBS_TEST"] = "1"
    os.environ.pop("DJOBS_HOME", None)


def real_state() -> Fingerprint:
    """Return what tells whether a file of the account's real daemon was touched by a test.

    The database's own files are left out: the user's daemon may be at work meanwhile.
    """
    found = {}
    for name in ("", "daemon.lock", "spawn.lock", "endpoint.json", "stopped.json"):
        try:
            status = os.lstat(os.path.join(default_state_dir(), name))
        except FileNotFoundError:
            continue
        found[name] = (status.st_ino, status.st_ctime_ns if name else 0, status.st_size)
    return found


@pytest.fixture(scope="session", autouse=True)
def _real_state_stays_untouched() -> Iterator[None]:
    before = real_state()
    yield
    assert real_state() == before, f"a test touched {default_state_dir()}"
