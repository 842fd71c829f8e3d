"""Whatever happens to the snapshot, it becomes again what the history says."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from djobs_daemon.store.interface import Ledger
from djobs_daemon.store.records import Bounds, Done, Limited
from djobs_daemon.store.sqlite.migrate import load
from djobs_daemon.store.sqlite.offline.rebuild import Rebuilt, rebuild
from djobs_daemon.store.sqlite.offline.salvage import BESIDE, HISTORY
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_local.backups import generations
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import EnqueuedJobs
from djobs_protocol.states import EventKind
from tests.store.conformance_evidence import mark, offered
from tests.store.ledger_tools import (
    ACTOR,
    HERE,
    Clock,
    claim,
    draft,
    enqueue,
    get,
    inserting,
    key,
    listed,
    move,
)
from tests.store.lived_in import Tampering, live, other

SNAPSHOT = ("jobs", "dependencies", "tallies", "sqlite_sequence")


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, int]:
    path, clock = tmp_path_factory.mktemp("ledger") / "jobs.db", Clock()
    anyio.run(live, path, clock)
    return path.read_bytes(), clock.now


@pytest.fixture
def tampering(path: Path, lived_in: tuple[bytes, int]) -> Tampering:
    path.write_bytes(lived_in[0])
    return Tampering(path, *lived_in)


def rebuilt(tampering: Tampering, keep_until: int | None = None) -> Rebuilt:
    path = tampering.path
    done = rebuild(str(path), f"{path.parent}/backups", tampering.now, load(), keep_until)
    assert done.report.ok
    assert not [name for name in os.listdir(path.parent) if "rebuilt" in name]
    return done


def rows(path: Path, *tables: str) -> dict[str, list[Any]]:
    """Return all rows of tables, or of all there are; a count of none says the same as no row."""
    with closing(sqlite3.connect(path)) as db:
        there = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
        names = tables or tuple(name for (name,) in db.execute(there))
        found = {}
        for name in names:
            columns = sorted(row[1] for row in db.execute(f"PRAGMA table_info({name})"))
            speaking = "WHERE jobs > 0" if name == "tallies" else ""
            sql = f"SELECT {', '.join(map(_quoted, columns))} FROM {name} {speaking} ORDER BY 1, 2"
            found[name] = db.execute(sql).fetchall()
        return found


def _quoted(name: str) -> str:
    return f'"{name}"'


def columns_of_jobs() -> list[str]:
    with closing(sqlite3.connect(":memory:")) as db:
        for migration in load():
            db.executescript(migration.sql)
        return [row[1] for row in db.execute("PRAGMA table_info(jobs)")]


def test_a_rebuild_of_a_sound_database_changes_no_row(tampering: Tampering) -> None:
    before = rows(tampering.path)
    done = rebuilt(tampering)
    assert rows(tampering.path) == before
    assert done.lost == []
    (kept,) = generations(str(tampering.path.parent / "backups"))
    assert (kept.path, kept.was_replaced) == (done.kept, True)


def test_jobs_whose_every_column_is_damaged_are_what_they_were_again(tampering: Tampering) -> None:
    before = rows(tampering.path, *SNAPSHOT)
    changes: list[tuple[str, list[Any]]] = []
    for column in columns_of_jobs():
        for _, (seq,), value in tampering.rows("jobs", column):
            # How far a lease was renewed stands nowhere else.
            if column != "seq" and not (column == "lease_expires_at" and value is not None):
                change = f"UPDATE jobs SET {column} = ? WHERE seq = ?"
                changes.append((change, [other(value, column), seq]))
    assert len(changes) > 200
    tampering.change(*changes)
    rebuilt(tampering)
    assert rows(tampering.path, *SNAPSHOT) == before


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM jobs WHERE seq = 3",
        "UPDATE jobs SET seq = 99 WHERE seq = 3",
        "DELETE FROM dependencies",
        "UPDATE jobs SET parked = 1 WHERE resource_key = 'free'",
        "UPDATE dependencies SET on_failure = 'run'",
        "UPDATE tallies SET jobs = 77 WHERE what = 'running'",
        "UPDATE events SET terminal = 1 WHERE seq = 2",
        "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'jobs'",
    ],
)
def test_what_else_is_made_of_the_history_is_what_it_was_again(
    statement: str, tampering: Tampering
) -> None:
    before = rows(tampering.path, *SNAPSHOT, "events")
    tampering.change((statement, []))
    rebuilt(tampering)
    assert rows(tampering.path, *SNAPSHOT, "events") == before


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE events SET note = 'nicer' WHERE seq = 7", 7),
        ("DELETE FROM events WHERE seq = 7", 7),
        ("UPDATE texts SET body = 'nicer' WHERE event = 3", 3),
        ("DELETE FROM texts WHERE event = 4", 4),
        ("UPDATE types SET name = 'nicer' WHERE seq = 2", 6),
        ("UPDATE meta SET value = 'x' WHERE name = 'uuid'", 1),
    ],
)
async def test_a_broken_history_is_refused_with_where_and_what_may_be_given_up(
    statement: str, broken: int, tampering: Tampering, clock: Clock
) -> None:
    tampering.change((statement, []))
    before = tampering.path.read_bytes()
    with pytest.raises(DjobsError) as refusal:
        rebuilt(tampering)
    assert refusal.value.code is ErrorCode.DB_CORRUPT
    assert f"broken at event {broken} of" in refusal.value.message
    assert f"--keep-until {broken - 1}" in refusal.value.hint
    assert tampering.path.read_bytes() == before
    assert not [name for name in os.listdir(tampering.path.parent) if "rebuilt" in name]
    if broken == 1:
        return
    done = rebuilt(tampering, broken - 1)
    assert done.report.events >= broken - 1
    assert f" after {broken - 1}, about" in " ".join(done.lost)
    backups = str(tampering.path.parent / "backups")
    async with SqliteStore.open(str(tampering.path), backups=backups, clock_ms=clock) as store:
        (new,) = await enqueue(store)
        assert int(new[1:-2]) == 9, "a number was given twice"
        assert (await store.check()).problems == []


async def test_what_was_given_out_in_the_dropped_part_does_not_return(
    tampering: Tampering, clock: Clock
) -> None:
    done = rebuilt(tampering, 8)  # before the first claim
    assert done.report.ok
    backups = str(tampering.path.parent / "backups")
    async with SqliteStore.open(str(tampering.path), backups=backups, clock_ms=clock) as store:
        jobs = [await get(store, each) for each in await listed(store)]
        assert {job.seq: job.generation for job in jobs}[1] == 1
        assert {job.state for job in jobs} == {"pending"}


def test_every_table_is_copied_or_made_anew(tampering: Tampering) -> None:
    made = {"jobs", "dependencies", "tallies", "transitions", "sqlite_sequence"}
    assert set(rows(tampering.path)) == made | {"meta", *HISTORY, *BESIDE}


def two_at_once(ledger: Ledger) -> Done:
    ledger.limit(Limited("resource", "gpu", HERE), Bounds(running=2, starts=None, window_ms=None))
    return Done()


async def test_jobs_that_share_a_resource_share_it_afterwards(path: Path, clock: Clock) -> None:
    backups = f"{path.parent}/backups"
    async with SqliteStore.open(str(path), backups=backups, clock_ms=clock) as store:
        ids = await enqueue(store, *[draft(resource_key="gpu")] * 3)
        await store.write(ACTOR, two_at_once)
        for each in ids[:2]:
            await claim(store, each)
    before = rows(path, *SNAPSHOT)
    rebuild(str(path), backups, clock.now, load())
    assert rows(path, *SNAPSHOT) == before


async def test_an_answer_kept_of_what_was_dropped_is_dropped_as_well(
    path: Path, clock: Clock
) -> None:
    backups = f"{path.parent}/backups"
    async with SqliteStore.open(str(path), backups=backups, clock_ms=clock) as store:
        await store.write(ACTOR, inserting(draft()), key("1"))
        clock.advance(1)
        await store.write(ACTOR, inserting(draft()), key("2"))
    rebuild(str(path), backups, clock.now, load(), keep_until=1)
    async with SqliteStore.open(str(path), backups=backups, clock_ms=clock) as store:
        for number, job in (("1", 1), ("2", 3)):
            answer = await store.write(ACTOR, inserting(draft()), key(number))
            made = msgspec.json.decode(answer, type=EnqueuedJobs).jobs[0].id
            assert int(made[1:-2]) == job
        assert (await store.check()).problems == []


def test_pages_that_cannot_be_read_cost_what_stands_in_them(tampering: Tampering) -> None:
    """The index pages of jobs are overwritten; the history is elsewhere in the file."""
    with closing(sqlite3.connect(tampering.path)) as db:
        (page,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'jobs'").fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    before = rows(tampering.path, "dependencies", "events")
    content = bytearray(tampering.path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    tampering.path.write_bytes(content)
    rebuilt(tampering)
    assert rows(tampering.path, "dependencies", "events") == before


async def test_a_rebuild_keeps_what_was_verified_and_what_is_being_checked(path: Path) -> None:
    clock = Clock()
    async with SqliteStore.open(str(path), backups="/nowhere", clock_ms=clock) as store:
        done, refused = await offered(store, clock), await offered(store, clock)
        await mark(store, done, EventKind.CHECKED, receipt="y", verified=True, offered_in=None)
        await move(store, done, EventKind.SUCCEEDED, evidence="did it")
        await mark(store, refused, EventKind.CHECKED, receipt="n", verified=False, offered_in=None)
        await offered(store, clock)
    before = rows(path)
    assert rebuild(str(path), f"{path.parent}/backups", clock.now, load()).report.ok
    assert rows(path) == before
