"""A disk that fills up under a daemon, and is freed again, on a real small file system."""

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import djobsctl
from tests.harness import needs
from tests.harness.daemon import DaemonHome, StartFailed
from tests.harness.editor import Editor
from tests.hostile.peer import Peer, greeted

DISK_BYTES = 3 * 1024 * 1024
SMALLEST_DISK_BYTES = 64 * 1024
PAYLOAD_BYTES = 50_000
PAGE_BYTES = 4096


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
        status = home.status()
        assert status["phase"] == "degraded"
        assert str(small_disk) in status["problems"][0]
        assert program.ask("daemon.health")["result"]["status"] == "degraded"

        ballast.unlink()
        editor.call("enqueue_task", task_type="x")
        assert home.status()["phase"] == "serving"
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


@pytest.fixture
def full_home(daemon_home: DaemonHome) -> Iterator[DaemonHome]:
    """Return a home on a disk of its own, on which nothing is free."""
    folder = daemon_home.folder
    with needs.small_disk(folder, SMALLEST_DISK_BYTES):
        for name in ("logs", "run"):
            (folder / name).mkdir(mode=0o700)
        with suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(b"\0" * PAGE_BYTES)
        yield daemon_home
        daemon_home.cleanup()
    folder.rmdir()


def test_a_start_on_a_full_disk_names_path_and_stage(full_home: DaemonHome) -> None:
    started = djobsctl(full_home, "start", "--json")
    assert started.status == 71
    error = started.document["error"]
    assert error["data"]["errno"] == errno.ENOSPC
    assert error["data"]["stage"]
    assert error["data"]["path"].startswith(full_home.state)
    assert full_home.state in error["message"]


def test_a_daemon_that_starts_on_a_full_disk_names_path_and_stage(full_home: DaemonHome) -> None:
    ballast = full_home.folder / "ballast"
    os.truncate(ballast, ballast.stat().st_size - PAGE_BYTES)  # for the line that tests count by
    with pytest.raises(StartFailed) as failed:
        full_home.start()
    assert failed.value.info["stage"] == "endpoint"
    assert failed.value.info["errno"] == errno.ENOSPC
    assert full_home.state in failed.value.info["path"]
