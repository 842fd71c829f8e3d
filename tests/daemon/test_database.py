"""A database that cannot be served is refused with the reason and left as it is (R7)."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import DaemonHome, StartFailed


@pytest.fixture
def used(daemon_home: DaemonHome) -> DaemonHome:
    """Return a home whose daemon wrote some jobs and stopped."""
    daemon_home.start()
    jobs = [{"type": "test", "payload": {"text": "x" * 2000}} for _ in range(100)]
    with daemon_home.connect() as connection:
        connection.call("job.enqueue", {"jobs": jobs, "correlation_id": "w"})
    daemon_home.stop()
    return daemon_home


def flip_header(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[0] ^= 0xFF
    path.write_bytes(raw)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8192])


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 9999")
        database.commit()


def make_foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE theirs (a)")
        database.commit()


def write_text(path: Path) -> None:
    path.write_text("Dear diary, " * 1000)


HARMS: dict[str, Callable[[Path], None]] = {
    "a flipped byte in the header": flip_header,
    "cut short": cut_short,
    "of a newer schema": make_newer,
    "of another program": make_foreign,
    "a text file": write_text,
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_database_that_cannot_be_served_stops_the_start_and_keeps_its_bytes(
    harm: str, used: DaemonHome
) -> None:
    path = used.folder / "jobs.db"
    HARMS[harm](path)
    before = path.read_bytes()
    with pytest.raises(StartFailed) as failed:
        used.start()
    assert failed.value.info["stage"] == "store"
    assert str(path) in failed.value.info["text"]
    assert failed.value.info["code"].startswith("db_")
    assert path.read_bytes() == before


def test_a_database_chosen_by_a_setting_is_served_from_there(
    daemon_home: DaemonHome, tmp_path: Path
) -> None:
    chosen = tmp_path / "elsewhere.db"
    daemon_home.start(DJOBS_DB_PATH=str(chosen))
    assert daemon_home.status()["database"]["path"] == str(chosen.resolve())
    assert not (daemon_home.folder / "jobs.db").exists()


def test_a_client_that_expects_another_database_is_refused(running_daemon: DaemonHome) -> None:
    with pytest.raises(DjobsError) as refused:
        running_daemon.connect(expected_db="00000000-0000-4000-8000-000000000000")
    assert refused.value.code is ErrorCode.WRONG_DATABASE


def test_a_copied_home_is_served_as_what_it_is(used: DaemonHome) -> None:
    """Stale records and sockets come along with a copy, and mean nothing there."""
    with DaemonHome() as copy:
        used.start()
        shutil.copytree(
            used.folder,
            copy.folder,
            dirs_exist_ok=True,
            ignore=lambda _, names: [name for name in names if name in ("births", "d.sock")],
        )
        copy.start()
        assert copy.instance() != used.instance()
        assert copy.status()["database"]["uuid"] == used.status()["database"]["uuid"]
