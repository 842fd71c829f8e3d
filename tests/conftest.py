"""Fixtures every test may use, and the guard that keeps tests away from the user's daemon (R29)."""

import os
import signal
from collections.abc import Iterator

import pytest

from djobs_protocol.endpoint import account_home, default_state_dir
from tests.harness import needs, real
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
    _answer_signals()


def _answer_signals() -> None:
    """Undo what `nohup` and a shell's `&` make every child inherit: signals that are ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def _no_test_touches_the_account_s_own_daemon() -> Iterator[None]:
    if account_home() is None:
        yield
        return
    state = default_state_dir()
    before = real.look(state).compared()
    yield
    assert real.look(state).compared() == before, f"a test touched the daemon of {state}"
