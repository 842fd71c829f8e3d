"""A disk that fills up under a daemon, and is freed again, on a real small file system."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness import needs
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.hostile.peer import Peer, greeted

DISK_BYTES = 3 * 1024 * 1024
PAYLOAD_BYTES = 50_000


@pytest.fixture
def small_disk(daemon_home: DaemonHome) -> Iterator[Path]:
    """Return a folder on a disk of its own, for the database alone."""
    disk = daemon_home.folder.with_suffix(".disk")
    disk.mkdir(mode=0o700)
    try:
        with needs.small_disk(disk, DISK_BYTES):
            yield disk
            daemon_home.cleanup()
    finally:
        disk.rmdir()


@pytest.fixture
def home_on_small_disk(daemon_home: DaemonHome, small_disk: Path) -> DaemonHome:
    """Return a home whose database is on the small disk; a daemon serves it."""
    daemon_home.env["DJOBS_DB_PATH"] = str(small_disk / "jobs.db")
    daemon_home.start()
    return daemon_home


def fill_over_rpc(peer: Peer) -> tuple[list[str], dict[str, Any]]:
    """Enqueue until it is refused; return the acknowledged ids and the refusal."""
    ids: list[str] = []
    while True:
        jobs = [{"type": "x", "payload": "y" * PAYLOAD_BYTES}]
        answer = peer.ask("job.enqueue", jobs=jobs)
        if "error" in answer:
            return ids, answer["error"]
        ids.append(answer["result"]["jobs"][0]["id"])
        assert len(ids) < DISK_BYTES // PAYLOAD_BYTES * 2, "the disk is never full"


def total(peer: Peer) -> int:
    return int(peer.ask("daemon.health")["result"]["total"])


def test_a_full_disk_is_named_through_both_doors_and_costs_nothing_acknowledged(
    home_on_small_disk: DaemonHome, small_disk: Path
) -> None:
    home = home_on_small_disk
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (DISK_BYTES // 3))
    instance = home.instance()
    with greeted(home) as program, Editor(home) as editor:
        editor.open()
        ids, refusal = fill_over_rpc(program)
        assert refusal["data"]["code"] == "storage_full"
        assert str(small_disk) in refusal["message"]
        refused = editor.refusal("enqueue_task", task_type="x", payload={"y": "z" * PAYLOAD_BYTES})
        assert refused["error"] == "storage_full"
        assert total(program) == len(ids)
        assert editor.call("health")["total"] == len(ids)

        ballast.unlink()
        editor.call("enqueue_task", task_type="x")
        more, _ = fill_over_rpc(program)
        assert more
        assert total(program) == len(ids) + 1 + len(more)
        assert program.ask("db.check")["result"]["ok"]
    assert home.instance() == instance


def test_what_was_acknowledged_on_a_full_disk_is_there_after_a_crash(
    home_on_small_disk: DaemonHome,
) -> None:
    home = home_on_small_disk
    with greeted(home) as program:
        ids, _ = fill_over_rpc(program)
        home.kill9()
    home.start()
    with greeted(home) as program:
        assert total(program) == len(ids)
        assert program.ask("db.check")["result"]["ok"]
        assert home.status()["phase"] == "serving"
