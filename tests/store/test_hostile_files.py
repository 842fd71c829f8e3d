"""A file that cannot be served is refused with its path and left as it is (R7, D21)."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from djobs_daemon.store.sqlite import files
from djobs_daemon.store.sqlite.store import SqliteStore
from djobs_protocol.errors import DjobsError, ErrorCode
from djobs_protocol.version import SCHEMA_VERSION
from tests.harness import needs
from tests.store.ledger_tools import Clock, draft, enqueue, listed

PAGE_BYTES = 4096


async def fill(path: Path) -> list[str]:
    """Leave a closed ledger with some jobs."""
    async with opened(path) as store:
        return await enqueue(store, *[draft(payload='"' + "x" * 3000 + '"')] * 40)


def opened(path: Path):  # type: ignore[no-untyped-def]
    return SqliteStore.open(str(path), backups=str(path) + "-backups", clock_ms=Clock())


async def refusal(path: Path) -> DjobsError:
    """Open what must not open; the file and its folder stay as they are."""
    before = snapshot(path.parent)
    with pytest.raises(DjobsError) as refused:
        async with opened(path):
            pass
    assert snapshot(path.parent) == before
    assert str(path) in refused.value.message
    return refused.value


def snapshot(folder: Path) -> dict[str, bytes]:
    regular = (each for each in folder.iterdir() if each.is_file() and not each.is_symlink())
    return {each.name: each.read_bytes() for each in regular if not each.name.endswith("-shm")}


@pytest.mark.parametrize(
    "content", [b"garbage", b"x" * 5000, b"SQLite format 3\0", b"\0" * 4096, b'{"jobs":[]}']
)
async def test_d21_garbage_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert (await refusal(path)).code is ErrorCode.DB_CORRUPT


async def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.touch()
    async with opened(path) as store:
        await enqueue(store)
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_database_of_another_program_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE cookies (a)")
    assert (await refusal(path)).code is ErrorCode.DB_FOREIGN


async def test_d10_a_newer_schema_is_refused(path: Path) -> None:
    await fill(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    error = await refusal(path)
    assert error.code is ErrorCode.DB_NEWER
    assert error.data == {"schema": SCHEMA_VERSION + 1, "schema_max": SCHEMA_VERSION}


async def test_d10_a_newer_schema_that_is_only_in_the_wal_is_refused(path: Path) -> None:
    await fill(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        copies = [Path(f"{path}{end}").read_bytes() for end in ("", "-wal")]
    for end, content in zip(("", "-wal"), copies, strict=True):
        Path(f"{path}{end}").write_bytes(content)
    assert (await refusal(path)).code is ErrorCode.DB_NEWER


@pytest.mark.parametrize("cut", [50, 100, 1000, 4096, 5000, 40_960, -4096, -1])
async def test_a_truncated_file_is_refused(path: Path, cut: int) -> None:
    await fill(path)
    os.truncate(path, cut if cut > 0 else path.stat().st_size + cut)
    assert (await refusal(path)).code is ErrorCode.DB_CORRUPT


async def test_d21_a_flipped_page_is_refused_or_found(path: Path) -> None:
    """Every page in turn: opening refuses, or the check names the damage; never silence."""
    await fill(path)
    sound = path.read_bytes()
    silent = []
    for offset in range(PAGE_BYTES, len(sound), PAGE_BYTES):
        page = sound[offset : offset + PAGE_BYTES]
        if not any(page):
            continue  # a free page
        flipped = bytes(byte ^ 0xFF for byte in page)
        path.write_bytes(sound[:offset] + flipped + sound[offset + PAGE_BYTES :])
        try:
            async with opened(path) as store:
                if (await store.check()).ok:
                    silent.append(offset // PAGE_BYTES)
        except DjobsError as error:
            if error.code is not ErrorCode.DB_CORRUPT:
                raise
    assert silent == []


@pytest.mark.parametrize("left", [0, 10, 32, 5000, -1, -4096])
async def test_a_cut_wal_opens_with_whole_transactions(path: Path, left: int) -> None:
    wal = Path(f"{path}-wal")
    async with opened(path) as store:
        for _ in range(10):
            await enqueue(store, draft(), draft())
        copies = path.read_bytes(), wal.read_bytes()
    path.write_bytes(copies[0])
    wal.write_bytes(copies[1][:left])
    async with opened(path) as store:
        assert (await store.check()).problems == []
        assert len(await listed(store)) % 2 == 0


async def test_a_wal_without_its_database_is_not_thrown_away(path: Path) -> None:
    Path(f"{path}-wal").write_bytes(b"what was acknowledged")
    assert (await refusal(path)).code is ErrorCode.DB_CORRUPT
    path.touch()
    assert (await refusal(path)).code is ErrorCode.DB_CORRUPT


async def test_a_folder_is_refused(path: Path) -> None:
    path.mkdir()
    assert (await refusal(path)).code is ErrorCode.DB_FOREIGN


async def test_a_loop_of_links_is_refused(path: Path) -> None:
    path.symlink_to(path)
    assert (await refusal(path)).code is ErrorCode.STORAGE_FAILED


async def test_a_missing_folder_is_refused_and_not_made(home: Path) -> None:
    with pytest.raises(DjobsError) as refused:
        async with opened(home / "no" / "jobs.db"):
            pass
    assert refused.value.code is ErrorCode.STORAGE_FAILED
    assert not (home / "no").exists()


async def test_a_read_only_folder_is_refused(path: Path) -> None:
    await fill(path)
    with unwritable(path.parent):
        assert (await refusal(path)).code is ErrorCode.PERMISSION


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Deny this process, root or not, to write."""
    if os.geteuid() == 0:
        with needs.read_only(folder):
            yield
        return
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o700)


def test_the_application_id_is_ours() -> None:
    assert files.APPLICATION_ID.to_bytes(4, "big") == b"djob"
