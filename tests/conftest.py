"""Fixtures every test may use, and the guard that keeps tests away from the user's daemon (R29)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_protocol.endpoint import default_state_dir
from tests.harness import needs
from tests.harness.daemon import DaemonHome


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def root() -> None:
    """End a test that needs root, without it; see ``needs.needs_root``."""
    needs.root()


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


def real_births() -> bytes:
    """Return what daemons started by tests left in the account's real home.

    The user's own daemon may be at work there meanwhile, so nothing else can be compared; but only
    a daemon that runs under ``DJOBS_TEST`` writes this file.
    """
    try:
        return Path(default_state_dir(), "births").read_bytes()
    except FileNotFoundError:
        return b""


@pytest.fixture(scope="session", autouse=True)
def _no_test_starts_a_daemon_in_the_real_home() -> Iterator[None]:
    before = real_births()
    yield
    assert real_births() == before, f"a test started a daemon in {default_state_dir()}"
