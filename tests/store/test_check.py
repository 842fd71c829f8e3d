"""The check names every way in which a ledger can have been tampered with."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_local.database_lock import lock_database
from djobs_local.locks import KernelLock
from djobs_protocol.states import EventKind
from tests.store.ledger_tools import OTHER, Clock, claim, draft, enqueue, move

OFFLINE = [sys.executable, "-I", "-m", "djobs_daemon.store.sqlite.offline", "--json", "--home"]
OPEN_GATES = """
    DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_removed;
    DROP TRIGGER events_follow_the_table; DROP TRIGGER jobs_move_legally;
    DROP TRIGGER jobs_outlive_their_run; DROP TRIGGER texts_are_not_changed;
"""
TAMPERINGS = {
    "UPDATE events SET note = 'nicer' WHERE seq = 6": "event 6 is not what was written",
    "UPDATE events SET session = 2 WHERE seq = 2": "event 2 is not what was written",
    "UPDATE events SET terminal = 1 WHERE seq = 2": "event 2 is not what was written",
    "UPDATE sessions SET id = 'somebody-else' WHERE seq = 1": "event 1 is not what was written",
    "UPDATE types SET name = 'other' WHERE seq = 1": "event 1 is not what was written",
    "UPDATE workspaces SET path = '/other' WHERE seq = 1": "event 1 is not what was written",
    "UPDATE workflows SET correlation_id = 'x' WHERE seq = 1": "event 1 is not what was written",
    "DELETE FROM events WHERE seq = 3": "event 3 is missing",
    "DELETE FROM events WHERE seq = 8": "its history says pending",
    "DELETE FROM events WHERE seq = 9": "its end is missing",
    "UPDATE texts SET body = 'nicer' WHERE event = 1": "text of event 1 is not what was written",
    "DELETE FROM texts WHERE event = 2": "j2.*its payload: not what",
    "DELETE FROM texts WHERE event = 8": "j1.*evidence",
    "UPDATE jobs SET payload_in = 8 WHERE seq = 2": "j2.*its payload: not what",
    "UPDATE jobs SET payload_in = NULL WHERE seq = 2": "j2.*its payload: not what",
    "UPDATE jobs SET evidence_in = 2 WHERE seq = 1": "j1.*evidence",
    "UPDATE jobs SET error_in = 2 WHERE seq = 1": "j1.*error",
    "UPDATE jobs SET finished_at = 7 WHERE seq = 1": "j1.*time it finished",
    "UPDATE jobs SET run = 2 WHERE seq = 2": "j2.*run 2",
    "UPDATE jobs SET type = 2 WHERE seq = 2": "j2.*its type: not what",
    "UPDATE jobs SET priority = 1 WHERE seq = 2": "j2.*its priority: not what",
    "UPDATE jobs SET max_attempts = 9 WHERE seq = 2": "j2.*its max_attempts: not what",
    "UPDATE jobs SET managed_by = 'executor' WHERE seq = 2": "j2.*who manages it: not what",
    "UPDATE jobs SET resource_key = 'r', resource_scope = 1 WHERE seq = 2": "j2.*resource_key: not",
    "UPDATE jobs SET attempt = 1 WHERE seq = 2": "j2.*attempt 1",
    "UPDATE jobs SET generation = 7 WHERE seq = 2": "j2.*claimed 7 times",
    "UPDATE jobs SET finished_by = 2 WHERE seq = 1": "j1.*reported by",
    "UPDATE jobs SET blockers = 3 WHERE seq = 3": "j3.*blockers is 3",
    "UPDATE jobs SET state='failed', finished_at=5, finished_by=1 WHERE seq = 2": "j2.*is failed",
    "UPDATE tallies SET jobs = 9 WHERE what = 'pending'": "9 jobs counted as pending",
    "DELETE FROM jobs WHERE seq = 4": "j4.*it is gone",
    "INSERT INTO dependencies (job, position, needs) VALUES (4, 0, 2)": "j4.*blockers is 0",
    "UPDATE dependencies SET on_failure = 'run'": "j3.*what it depends on: not what",
    "UPDATE events SET data = '{' WHERE seq = 3": "event 3 is impossible",
    "UPDATE events SET data = '[1]' WHERE seq = 3": "event 3 is impossible",
    "UPDATE events SET kind = 'bogus' WHERE seq = 3": "event 3 is impossible",
}


async def fill(path: Path, clock: Clock) -> None:
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        first, second = await enqueue(store, draft(), draft())
        await enqueue(store, draft(depends_on=(second,), blockers=1), draft())
        clock.advance(5)
        await enqueue(store, draft(type="b"))
        await claim(store, first)
        await move(store, first, EventKind.RELEASED, attempt=0)
        await move(store, first, EventKind.SUCCEEDED, "fine", evidence="fine")
        await enqueue(store, draft(type="c"), actor=OTHER)
        assert (await store.check()).problems == []


def offline(home: Path, status: int, **environ: str) -> dict[str, object]:
    done = subprocess.run(
        [*OFFLINE, home],
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
        db.executescript(OPEN_GATES)
        db.execute("PRAGMA ignore_check_constraints = ON")
        with db:
            assert db.execute(tampering).rowcount >= 1
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
        assert offline(path.parent, 75) == {}


async def test_the_offline_check_leaves_a_database_alone_that_another_folder_serves(
    path: Path, clock: Clock
) -> None:
    await fill(path, clock)
    with lock_database(str(path), "/srv/another"):
        assert offline(path.parent, 75) == {}
    assert offline(path.parent, 0)["ok"] is True


async def test_the_offline_check_looks_where_the_settings_say(
    path: Path, clock: Clock, tmp_path: Path
) -> None:
    await fill(path, clock)
    home = tmp_path / "home"
    home.mkdir(0o700)
    assert offline(home, 0, DJOBS_DB_PATH=str(path))["path"] == str(path)
    error = offline(home, 78, DJOBS_DB_PATH="relative.db")["error"]
    assert "DJOBS_DB_PATH" in json.dumps(error)
