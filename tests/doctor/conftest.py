"""A bench for each test, and one home in which work was done, to be copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import djobsctl, enqueue
from tests.doctor.bench import Bench
from tests.harness.daemon import DaemonHome


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with jobs, a sound database, one backup and no daemon."""
    folder = tmp_path_factory.mktemp("prepared") / "home"
    with DaemonHome() as home:
        home.start()
        enqueue(home, "a", "b")
        assert djobsctl(home, "backup").status == 0
        home.stop()
        shutil.copytree(home.folder, folder, ignore=_no_trace)
    return folder


def _no_trace(folder: str, names: list[str]) -> list[str]:
    """Leave out what is for tests alone: the list of daemons that were started."""
    return [name for name in names if name.startswith("births")]


@pytest.fixture
def bench(daemon_home: DaemonHome, prepared: Path) -> Iterator[Bench]:
    """Return a bench with an empty home."""
    with Bench(daemon_home, prepared) as bench:
        yield bench
