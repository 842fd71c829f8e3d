"""A full disk refuses writes, loses nothing, and is over when space is back (R8)."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_daemon.store.records import Done
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness import needs
from tests.store.ledger_tools import ACTOR, Clock, draft, enqueue, listed

DISK_BYTES = 3 * 1024 * 1024
ROUNDS_MAX = 500


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Return a file system of ``DISK_BYTES``."""
    with (
        tempfile.TemporaryDirectory(prefix="dj", dir="/tmp") as folder,
        needs.small_disk(Path(folder), DISK_BYTES) as disk,
    ):
        yield disk


def fill_disk(folder: Path) -> Path:
    """Take every byte that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            pass
    return ballast


async def test_a_full_disk_loses_nothing_and_heals(small_disk: Path, clock: Clock) -> None:
    path = small_disk / "jobs.db"
    async with SqliteStore.open(str(path), backups=str(small_disk / "b"), clock_ms=clock) as store:
        stored = await enqueue(store)
        ballast = fill_disk(small_disk)
        refusals = 0
        for _ in range(ROUNDS_MAX):
            try:
                stored += await enqueue(store, *[draft(payload='"' + "x" * 2000 + '"')] * 20)
            except DjobsError as error:
                if error.code is not ErrorCode.STORAGE_FULL:
                    raise
                refusals += 1
                if refusals == 5:
                    break
        assert refusals == 5
        assert await listed(store) == stored[::-1]  # reading still works, and shows just this
        with pytest.raises(DjobsError) as refusal:
            await store.backup()
        assert refusal.value.code in (ErrorCode.STORAGE_FULL, ErrorCode.STORAGE_FAILED)
        ballast.unlink()
        stored += await enqueue(store)
        assert await listed(store) == stored[::-1]
        assert (await store.check()).problems == []
    async with SqliteStore.open(str(path), backups=str(small_disk / "b"), clock_ms=clock) as store:
        assert await listed(store) == stored[::-1]


async def test_what_writes_nothing_does_not_pass_for_a_disk_with_space(
    small_disk: Path, clock: Clock
) -> None:
    told: list[DjobsError | None] = []
    path = str(small_disk / "jobs.db")
    async with SqliteStore.open(
        path, backups=str(small_disk / "b"), clock_ms=clock, on_trouble=told.append
    ) as store:
        ballast = fill_disk(small_disk)
        with pytest.raises(DjobsError):
            await enqueue(store, *[draft(payload='"' + "x" * 2000 + '"')] * 500)
        await store.write(ACTOR, lambda _ledger: Done())
        assert [each and each.code for each in told] == [ErrorCode.STORAGE_FULL]
        ballast.unlink()
        await enqueue(store)
        assert told[1:] == [None]
