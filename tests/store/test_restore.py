"""A backup takes the place of the database whole or not at all, and nothing is given out twice."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from djobs_daemon.store.sqlite.migrate import load
from djobs_daemon.store.sqlite.offline.given import COUNTS_SKIPPED, NUMBERS_SKIPPED
from djobs_daemon.store.sqlite.offline.restore import restore
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_local.backups import generations
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.job_replies import EnqueuedJobs
from djobs_protocol.states import EventKind, JobState
from tests.harness.database import foreign, newer, opened
from tests.store.ledger_tools import (
    ACTOR,
    OTHER,
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


def open_store(path: Path, clock: Clock) -> Any:
    return SqliteStore.open(str(path), backups=f"{path.parent}/backups", clock_ms=clock)


async def lived_on(path: Path, clock: Clock) -> tuple[str, list[str], list[str]]:
    """Make a backup of three jobs and go on; return it, its jobs, and the jobs that came later."""
    async with open_store(path, clock) as store:
        early = await enqueue(store, draft(), draft())
        await store.write(ACTOR, inserting(draft()), key("before"))
        copy = (await store.backup()).path
        clock.advance(1000)
        late = await enqueue(store, draft(type="late"), draft())
        await store.write(ACTOR, inserting(draft()), key("after"))
        await claim(store, early[0], actor=OTHER)
        await move(store, early[0], EventKind.RELEASED)
        clock.advance(1000)
    return copy, early, late


def restored(path: Path, source: str, clock: Clock) -> str | None:
    report, kept = restore(str(path), source, f"{path.parent}/backups", clock.now, load())
    assert report.ok
    assert report.path == str(path)
    assert not [name for name in os.listdir(path.parent) if "restored" in name]
    return kept


async def test_a_backup_takes_the_place_and_what_was_there_is_kept(
    path: Path, clock: Clock
) -> None:
    copy, early, late = await lived_on(path, clock)
    kept = restored(path, copy, clock)
    assert path.stat().st_mode & 0o777 == 0o600
    async with open_store(path, clock) as store:
        assert set(early) < set(await listed(store))
        assert not set(late) & set(await listed(store))
        assert (await store.check()).problems == []
    assert kept is not None
    assert [each.path for each in generations(str(path.parent / "backups"))] == [copy, kept]
    clock.advance(1)
    restored(path, kept, clock)  # and back again
    async with open_store(path, clock) as store:
        assert set(late) < set(await listed(store))
        assert (await store.check()).problems == []


async def test_no_id_and_no_generation_is_given_twice(path: Path, clock: Clock) -> None:
    copy, early, late = await lived_on(path, clock)
    restored(path, copy, clock)
    async with open_store(path, clock) as store:
        assert await store.read(lambda view: view.was_removed(late[0]))
        (new,) = await enqueue(store)
        assert int(new[1:-2]) == 7
        job = await get(store, early[0])
        assert (job.state, job.generation, job.revision) == (JobState.PENDING, 1, 4)
        events, _ = await store.read(lambda view: view.events_of(early[0], 9))
        assert events[-1].kind is EventKind.AMENDED
        assert "restored" in (events[-1].note or "")
        assert (await get(store, early[1])).revision == 1
        assert (await store.check()).problems == []


async def test_a_request_of_the_lost_time_happens_again_and_an_older_one_does_not(
    path: Path, clock: Clock
) -> None:
    copy, early, late = await lived_on(path, clock)
    restored(path, copy, clock)
    async with open_store(path, clock) as store:
        before = await store.write(ACTOR, inserting(draft()), key("before"))
        after = await store.write(ACTOR, inserting(draft()), key("after"))
        ids = [
            msgspec.json.decode(answer, type=EnqueuedJobs).jobs[0].id for answer in (before, after)
        ]
        assert [int(each[1:-2]) for each in ids] == [3, 7]
        assert not set(ids) & set(early + late)


async def test_a_database_that_cannot_be_read_is_kept_as_it_is_and_counts_as_far_ahead(
    path: Path, clock: Clock
) -> None:
    copy, early, _ = await lived_on(path, clock)
    path.write_bytes(b"garbage" * 1000)
    kept = restored(path, copy, clock)
    assert kept is not None
    assert Path(kept).read_bytes() == b"garbage" * 1000
    async with open_store(path, clock) as store:
        (new,) = await enqueue(store)
        assert int(new[1:-2]) == 3 + NUMBERS_SKIPPED + 1
        assert (await get(store, early[0])).generation == COUNTS_SKIPPED
        assert (await store.check()).problems == []


async def test_where_no_database_was_nothing_is_skipped_or_kept(path: Path, clock: Clock) -> None:
    copy, _, _ = await lived_on(path, clock)
    path.unlink()
    assert restored(path, copy, clock) is None
    async with open_store(path, clock) as store:
        (new,) = await enqueue(store)
        assert int(new[1:-2]) == 4
        assert (await store.check()).problems == []


def tamper(path: Path) -> None:
    with opened(path) as db:
        db.execute("UPDATE jobs SET priority = 1 WHERE seq = 1")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


@pytest.mark.parametrize(
    ("spoil", "code", "says"),
    [
        (tamper, ErrorCode.DB_CORRUPT, "priority is 1, its history says 5"),
        (cut, ErrorCode.DB_CORRUPT, "cut short"),
        (newer, ErrorCode.DB_NEWER, "schema 999"),
        (foreign, ErrorCode.DB_FOREIGN, "another program"),
    ],
)
async def test_what_is_no_sound_backup_is_refused_and_changes_nothing(
    spoil: Callable[[Path], None], code: ErrorCode, says: str, path: Path, clock: Clock
) -> None:
    copy, _, _ = await lived_on(path, clock)
    spoil(Path(copy))
    before = path.read_bytes()
    with pytest.raises(DjobsError) as refusal:
        restored(path, copy, clock)
    assert refusal.value.code is code
    assert says in refusal.value.message
    assert path.read_bytes() == before
    assert sorted(os.listdir(path.parent)) == ["backups", "jobs.db"]


async def test_another_programs_file_stays_where_it_is(path: Path, clock: Clock) -> None:
    copy, _, _ = await lived_on(path, clock)
    foreign(path)
    before = path.read_bytes()
    with pytest.raises(DjobsError) as refusal:
        restored(path, copy, clock)
    assert refusal.value.code is ErrorCode.DB_FOREIGN
    assert path.read_bytes() == before


class Died(BaseException):
    """Stands for SIGKILL."""


@pytest.mark.parametrize("step", ["replace", "rename"])
async def test_a_restore_that_is_cut_short_leaves_the_old_database_whole(
    step: str, path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, _, late = await lived_on(path, clock)
    with opened(path) as db:  # leaves a WAL behind
        db.execute("UPDATE sessions SET seen_at = 77")

        def die(*_: Any) -> None:
            raise Died

        with monkeypatch.context() as patch:
            patch.setattr(f"djobs_daemon.store.sqlite.offline.restore.os.{step}", die)
            with pytest.raises(Died):
                restored(path, copy, clock)
    with opened(path) as db:
        assert db.execute("SELECT max(seen_at) FROM sessions").fetchone() == (77,)
    async with open_store(path, clock) as store:
        assert set(late) < set(await listed(store))
        assert (await store.check()).problems == []
    clock.advance(1)
    restored(path, copy, clock)
