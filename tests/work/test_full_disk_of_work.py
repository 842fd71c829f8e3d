"""The disk under the daemon, its database and its runs fills up; no work is lost or done twice."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from djobs_local.call import Connection
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness import needs
from tests.harness.daemon import DaemonHome, wait_until
from tests.work.hand_over import ended, job_of, log_of, submit, wait_running

DISK_BYTES = 24 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


@pytest.fixture
def home() -> Iterator[DaemonHome]:
    """Give a home whose whole state folder is a small disk of its own."""
    home = DaemonHome()
    with needs.small_disk(Path(home.state), DISK_BYTES):
        home.start()
        yield home
        home.cleanup()


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * CHUNK_BYTES)
    with path.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0")


def refusal_of_more(at: Connection) -> DjobsError:
    """Hand over until it is refused; return the refusal."""
    for _ in range(1000):
        try:
            submit(at, ["true"], payload={"cwd": "." + "/." * 400}, run_at="2100-01-01T00:00:00Z")
        except DjobsError as refusal:
            return refusal
    raise AssertionError("the disk is never full")


def test_work_goes_on_and_ends_exactly_once_whoever_filled_the_disk(
    home: DaemonHome, tmp_path: Path
) -> None:
    ballast, go = Path(home.state, "ballast"), tmp_path / "go"
    flood = f"until test -e {go}; do sleep 0.1; done; echo x >> ran; yes | head -c 9000000; exit 7"
    with home.connect(workspace=str(tmp_path)) as at:
        running = submit(at, ["sh", "-c", f"echo begun; {flood}"])
        wait_running(at, running)
        waiting = submit(at, ["sh", "-c", "echo x >> later"], depends_on=[running])
        instance = home.instance()
        fill(ballast)
        assert refusal_of_more(at).code is ErrorCode.STORAGE_FULL
        go.touch()
        wait_until(lambda: (tmp_path / "ran").exists(), "the work to go on", 30)
        result = Path(home.state, "runs", f"{running}.1", "result.json")
        wait_until(lambda: result.exists() and result.stat().st_size, "its result", 30)
        assert home.instance() == instance  # nobody died of it
        ballast.unlink()
        job = ended(at, running)
        assert (job["state"], job["exit_code"], job["attempt"]) == ("failed", 7, 1), job
        assert log_of(at, running).startswith(b"begun\n")
        at.call("job.retry", {"job_id": running})
        assert ended(at, running)["exit_code"] == 7
        assert job_of(at, waiting)["state"] == "pending"
        at.call("job.cancel", {"job_id": waiting})
        assert at.call("db.check").get("problems", []) == []
    assert (tmp_path / "ran").read_text() == "x\nx\n"
    assert not (tmp_path / "later").exists()
    assert os.path.isdir(home.state)
