"""The check names every way in which a ledger can have been tampered with."""

import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Done
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_local.database_lock import lock_database
from djobs_local.locks import KernelLock
from djobs_protocol.states import EventKind
from tests.store.ledger_tools import OTHER, Clock, claim, draft, enqueue, move

OFFLINE = [sys.executable, "-I", "-m", "djobs_daemon.store.sqlite.offline", "--json", "--home"]
SCHEMA_1 = Path(__file__).parents[1] / "compatibility" / "schema-1.db.gz"
OPEN_GATES = """
    DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_removed;
    DROP TRIGGER events_follow_the_table; DROP TRIGGER jobs_move_legally;
    DROP TRIGGER jobs_outlive_their_run; DROP TRIGGER texts_are_not_changed;
"""
TAMPERINGS = {
    "UPDATE meta SET value = 'x' WHERE name = 'uuid'": "event 1 is not what was written",
    "UPDATE types SET name = 'other' WHERE seq = 1": "row 1 of types .* its name may",
    "DELETE FROM events WHERE seq = 3": "event 3 is missing",
    "DELETE FROM events WHERE seq > 3": "its end is missing",
    "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'jobs'": "sqlite_sequence: it says 3",
    "UPDATE jobs SET due = 0 WHERE seq = 2": "j2.*due is 0, its history says 1",
    "UPDATE jobs SET run_at = 2000000000000 WHERE seq = 2": "j2.*run_at is 2000000000000",
    "UPDATE jobs SET parked = 1 WHERE seq = 6": "j6.*it is parked, though nobody holds",
    "UPDATE jobs SET blockers = 3 WHERE seq = 3": "j3.*blockers is 3",
    "UPDATE jobs SET state='failed', finished_at=5, finished_by=1 WHERE seq = 2": "state is failed",
    "UPDATE tallies SET jobs = 9 WHERE what = 'pending'": "9 jobs counted as pending",
    "INSERT INTO dependencies (job, position, needs) VALUES (4, 0, 2)": "j4.*blockers is 0",
    "INSERT INTO dependencies (job, position, needs) VALUES (9, 0, 2)": "j9.*it is not there, but",
    "UPDATE events SET data = '{' WHERE seq = 3": "event 3 is impossible",
    "UPDATE events SET data = '[1]' WHERE seq = 3": "event 3 is impossible",
    "UPDATE events SET data = '{\"a\":1}' WHERE seq = 3": "event 3 is impossible: a job has no a",
    "UPDATE events SET kind = 'bogus' WHERE seq = 3": "event 3 is impossible",
    "DROP TRIGGER texts_are_not_changed": "trigger texts_are_not_changed is missing",
    "DROP INDEX events_by_time": "index events_by_time is missing",
    "CREATE TRIGGER t AFTER INSERT ON jobs BEGIN SELECT 1; END": "trigger t is none of djobs'",
}
"""Besides the change of each column by itself; see ``test_every_column``."""


async def fill(path: Path, clock: Clock) -> None:
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        first, second = await enqueue(store, draft(), draft())
        await enqueue(store, draft(depends_on=(second,), blockers=1), draft())
        clock.advance(5)
        await enqueue(store, draft(type="b"))
        await claim(store, first)
        await move(store, first, EventKind.RELEASED, attempt=0)
        await move(store, first, EventKind.SUCCEEDED, "fine", evidence="fine")
        await enqueue(store, draft(type="c", resource_key="r"), actor=OTHER)
        assert (await store.check()).problems == []


def offline(home: Path, status: int, *more: str, **environ: str) -> dict[str, object]:
    done = subprocess.run(
        [*OFFLINE, home, *more],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, **environ},
    )
    assert done.returncode == status, (done.stdout, done.stderr)
    report: dict[str, object] = json.loads(done.stdout) if done.stdout else {}
    return report


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_tampering_is_found_and_named(path: Path, clock: Clock, tampering: str) -> None:
    await fill(path, clock)
    with closing(sqlite3.connect(path)) as db:
        if not tampering.startswith(("DROP", "CREATE")):
            db.executescript(OPEN_GATES)
        db.execute("PRAGMA ignore_check_constraints = ON")
        with db:
            assert db.execute(tampering).rowcount != 0
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        report = await store.check()
    assert not report.ok
    assert any(re.search(TAMPERINGS[tampering], each) for each in report.problems), report


async def test_the_offline_check_agrees(path: Path, clock: Clock) -> None:
    await fill(path, clock)
    before = path.read_bytes()
    report = offline(path.parent, 0)
    assert (report["ok"], report["jobs"], report["events"]) == (True, 6, 9)
    assert path.read_bytes() == before


async def test_the_offline_check_names_damage(path: Path, clock: Clock) -> None:
    await fill(path, clock)
    path.write_bytes(b"garbage")
    assert offline(path.parent, 65)["ok"] is False


def test_the_offline_check_of_nothing_says_so_and_makes_nothing(path: Path) -> None:
    assert "There is no database yet" in json.dumps(offline(path.parent, 69))
    assert not path.exists()


async def test_the_offline_check_leaves_a_served_database_alone(path: Path, clock: Clock) -> None:
    await fill(path, clock)
    lock = KernelLock.acquire(str(path.parent / "daemon.lock"))
    assert lock is not None
    with lock:
        assert "A daemon serves" in json.dumps(offline(path.parent, 75))


async def test_the_offline_check_leaves_a_database_alone_that_another_folder_serves(
    path: Path, clock: Clock
) -> None:
    await fill(path, clock)
    with lock_database(str(path), "/srv/another"):
        assert "/srv/another" in json.dumps(offline(path.parent, 75))
    assert offline(path.parent, 0)["ok"] is True


async def test_a_file_is_checked_by_its_path_while_a_daemon_serves_another(
    path: Path, clock: Clock
) -> None:
    await fill(path, clock)
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    lock = KernelLock.acquire(str(path.parent / "daemon.lock"))
    assert lock is not None
    with lock:
        assert offline(path.parent, 0, "--file", str(copy))["jobs"] == 6
    with lock_database(str(copy), "/srv/another"):
        assert "A daemon serves" in json.dumps(offline(path.parent, 75, "--file", str(copy)))
    error = offline(path.parent, 69, "--file", str(path.with_name("none")))["error"]
    assert "There is no file" in json.dumps(error)


def test_a_database_of_an_older_schema_is_checked_as_it_would_become(path: Path) -> None:
    path.write_bytes(gzip.decompress(SCHEMA_1.read_bytes()))
    before = path.read_bytes()
    report = offline(path.parent, 0)
    assert (report["ok"], report["schema"]) == (True, 1)
    assert path.read_bytes() == before


def make_due(until: int, ledger: Ledger) -> Done:
    ledger.make_due(until, 1)
    return Done()


async def test_a_time_that_came_is_no_tampering_and_one_to_come_is(
    path: Path, clock: Clock
) -> None:
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        await enqueue(store, draft(run_at=clock.now + 5))
        await store.write(OTHER, partial(make_due, clock.now + 5))
        assert (await store.check()).problems
        clock.advance(5)
        assert (await store.check()).problems == []


async def test_the_offline_check_looks_where_the_settings_say(
    path: Path, clock: Clock, tmp_path: Path
) -> None:
    await fill(path, clock)
    home = tmp_path / "home"
    home.mkdir(0o700)
    assert offline(home, 0, DJOBS_DB_PATH=str(path))["path"] == str(path)
    error = offline(home, 78, DJOBS_DB_PATH="relative.db")["error"]
    assert "DJOBS_DB_PATH" in json.dumps(error)
