"""Damage in a file too large to be read at the start ends the daemon, and bars the next (R7)."""

import os
import shutil
from pathlib import Path

import pytest

from djobs_daemon.store.sqlite.database import QUICK_CHECK_BYTES_MAX
from djobs_local import presence
from djobs_protocol.endpoint import DAMAGE_RECORD
from tests.cli.command import djobsctl
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, StartFailed

PAGE_BYTES = 4096


def enqueue(home: DaemonHome, count: int) -> None:
    job = {"type": "test", "payload": {"text": "x" * 20_000}}
    with home.connect() as connection:
        connection.call("job.enqueue", {"jobs": [job] * count, "correlation_id": "w"})


@pytest.fixture
def sound_copy(daemon_home: DaemonHome) -> Path:
    """Fill the home's database beyond what is read at the start; return a copy of it."""
    daemon_home.start()
    enqueue(daemon_home, 200)
    daemon_home.stop()
    path = daemon_home.folder / "jobs.db"
    assert path.stat().st_size > QUICK_CHECK_BYTES_MAX
    copy = daemon_home.folder / "sound.db"
    shutil.copy(path, copy)
    return copy


def damage(path: Path) -> None:
    """Overwrite one page that no start reads."""
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // PAGE_BYTES * PAGE_BYTES)
        file.write(os.urandom(PAGE_BYTES))


@pytest.fixture
def damaged(daemon_home: DaemonHome, sound_copy: Path) -> Path:
    """Return the database, damaged where no start looks."""
    path = daemon_home.folder / "jobs.db"
    damage(path)
    return path


def test_damage_beyond_what_a_start_reads_ends_the_daemon_and_is_told_to_all(
    daemon_home: DaemonHome, damaged: Path
) -> None:
    before = damaged.read_bytes()
    daemon = daemon_home.foreground()
    _, errors = daemon.communicate(timeout=PATIENCE_SECONDS)
    assert daemon.returncode == 65, errors
    assert b"Serving." in errors
    assert str(damaged).encode() in errors
    seen = daemon_home.look()
    assert seen.kind is presence.Kind.START_FAILED
    assert f"{damaged} is damaged" in seen.detail
    status = djobsctl(daemon_home, "status", "--json")
    assert "djobsctl help db verify" in status.document["reason"]
    assert damaged.read_bytes() == before


def test_the_next_start_refuses_what_was_found_damaged_until_it_is_replaced(
    daemon_home: DaemonHome, damaged: Path, sound_copy: Path
) -> None:
    daemon_home.start()
    daemon_home.wait_gone()
    before = damaged.read_bytes()
    for _ in range(2):
        with pytest.raises(StartFailed) as refused:
            daemon_home.start()
        assert refused.value.info["code"] == "db_corrupt"
        assert refused.value.info["path"] == str(damaged)
    started = djobsctl(daemon_home, "start", "--now")
    assert started.status == 71
    assert "djobsctl help db verify" in started.stderr
    assert damaged.read_bytes() == before

    shutil.copy(sound_copy, damaged)
    daemon_home.start()
    assert not (daemon_home.folder / DAMAGE_RECORD).exists()
    assert daemon_home.status()["counts"] == {"pending": 200}


def test_a_damaged_database_s_log_is_not_folded_into_it(
    daemon_home: DaemonHome, sound_copy: Path
) -> None:
    daemon_home.start()
    enqueue(daemon_home, 5)
    daemon_home.kill9()
    path = daemon_home.folder / "jobs.db"
    wal = daemon_home.folder / "jobs.db-wal"
    damage(path)
    before = path.read_bytes(), wal.read_bytes()
    assert before[1]
    daemon_home.start()
    daemon_home.wait_gone()
    assert (path.read_bytes(), wal.read_bytes()) == before


def test_garbage_for_a_record_of_damage_bars_nothing(
    daemon_home: DaemonHome, sound_copy: Path
) -> None:
    (daemon_home.folder / DAMAGE_RECORD).write_bytes(b'{"database": 7')
    daemon_home.start()
    daemon_home.wait_sdk()
    assert daemon_home.status()["phase"] == "serving"


def test_a_record_about_another_database_stays_and_bars_nothing(
    daemon_home: DaemonHome, damaged: Path
) -> None:
    daemon_home.start()
    daemon_home.wait_gone()
    daemon_home.start(DJOBS_DB_PATH=str(daemon_home.folder / "other.db"))
    daemon_home.stop()
    assert (daemon_home.folder / DAMAGE_RECORD).exists()
