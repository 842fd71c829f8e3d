"""A database has one daemon, also when two state folders name it (R6)."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_local import database_lock
from djobs_local.presence import Kind
from djobs_protocol.errors import ErrorCode
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, StartFailed


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "shared.db"


@pytest.fixture
def first(database: Path) -> Iterator[DaemonHome]:
    """Return a home whose daemon serves the shared database."""
    with DaemonHome(DJOBS_DB_PATH=str(database)) as home:
        home.start()
        yield home


def fails_to_start(home: DaemonHome, database: Path) -> StartFailed:
    with pytest.raises(StartFailed) as failed:
        home.start(DJOBS_DB_PATH=str(database))
    assert home.look().kind is Kind.ABSENT
    return failed.value


@pytest.mark.parametrize("how", ["the same path", "a link to the file", "a link to its folder"])
def test_a_second_folder_is_told_at_once_who_has_the_database_and_what_to_do(
    how: str, first: DaemonHome, database: Path, daemon_home: DaemonHome, tmp_path: Path
) -> None:
    chosen = database
    if how == "a link to the file":
        chosen = tmp_path / "link.db"
        chosen.symlink_to(database)
    elif how == "a link to its folder":
        (tmp_path / "folder").symlink_to(tmp_path)
        chosen = tmp_path / "folder" / database.name
    info = fails_to_start(daemon_home, chosen).info
    assert (info["stage"], info["code"]) == ("database", str(ErrorCode.CONFIG_INVALID))
    for words in (f"pid {first.pid()}", f"DJOBS_HOME={first.state}", "DJOBS_DB_PATH"):
        assert words in info["text"]
    with first.connect() as connection:
        connection.call("job.enqueue", {"jobs": [{"type": "t"}], "correlation_id": "w"})


def test_in_the_foreground_the_status_is_the_catalogues(
    first: DaemonHome, database: Path, daemon_home: DaemonHome
) -> None:
    daemon_home.env["DJOBS_DB_PATH"] = str(database)
    second = daemon_home.foreground()
    _, errors = second.communicate(timeout=PATIENCE_SECONDS)
    assert second.returncode == 78
    assert first.state in errors.decode()


def test_the_holder_is_named_by_the_kernels_word_when_the_file_names_another(
    first: DaemonHome, database: Path, daemon_home: DaemonHome
) -> None:
    path = Path(database_lock.lock_path(str(database)))
    path.write_text('{"pid": 1, "home": "/nowhere"}')
    text = fails_to_start(daemon_home, database).info["text"]
    assert f"pid {first.pid()}" in text
    assert "/nowhere" not in text


def test_the_database_passes_on_when_its_daemon_stops_or_is_killed(
    first: DaemonHome, database: Path, daemon_home: DaemonHome
) -> None:
    before = os.stat(database_lock.lock_path(str(database))).st_ino
    first.stop()
    daemon_home.start(DJOBS_DB_PATH=str(database))
    daemon_home.signal(signal.SIGKILL)
    daemon_home.wait_gone()
    first.start()
    assert first.look().kind is Kind.SERVING
    assert os.stat(database_lock.lock_path(str(database))).st_ino == before


def test_a_database_that_cannot_be_locked_is_named(daemon_home: DaemonHome, tmp_path: Path) -> None:
    info = fails_to_start(daemon_home, tmp_path / "no folder" / "jobs.db").info
    assert (info["stage"], info["code"]) == ("database", str(ErrorCode.STORAGE_FAILED))
    assert str(tmp_path / "no folder") in info["text"]


def test_an_heir_waits_for_the_last_lock_of_a_daemon_of_its_own_folder(database: Path) -> None:
    dying = database_lock.lock_database(str(database), "/srv/home")
    letting_go = threading.Timer(0.3, dying.release)
    letting_go.start()
    with database_lock.lock_database(str(database), "/srv/home") as heir:
        assert heir.still_named()
    letting_go.join()
