"""The demo, played for real: three processes killed in the middle of a call."""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_local import presence
from tests.cli.command import djobsctl
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome, wait_until
from tests.harness.length import all_but_slow

DEMO_SECONDS = 55.0


def run_demo(home: DaemonHome, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [PYTHON, "-m", "djobsctl", "demo", *arguments],
        env=home.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=DEMO_SECONDS,
        check=False,
    )


@pytest.fixture
def few_files(tmp_path: Path) -> Path:
    folder = tmp_path / ("a folder with a long name " * 6).strip()
    for number in range(5):
        file = folder / f"part {number}" / ("the file with a rather long name " * 4 + ".txt")
        file.parent.mkdir(parents=True)
        file.write_text("line\n" * number, "utf-8")
    return folder


def test_the_demo_keeps_its_promises_and_leaves_nothing_behind(
    daemon_home: DaemonHome, few_files: Path
) -> None:
    before = contents(few_files)
    ran = run_demo(daemon_home, str(few_files), "--json")
    assert ran.returncode == 0, ran
    document = json.loads(ran.stdout)
    assert (document["schema"], document["held"]) == ("djobs.demo/1", True)
    counts = document["counts"]
    assert counts["enqueued"] == 5
    assert counts["completed_before_kill"] + counts["recovered"] == 5
    assert (counts["lost"], counts["doubled"]) == (0, 0)
    assert counts["recovered"] >= 1
    assert not Path(document["home"]).exists()
    assert not any(runs(pid) for pid in document["killed"].values())
    assert contents(few_files) == before
    assert daemon_home.births() == [], "the demo touched the daemon of the account"


def contents(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


def runs(pid: int) -> bool:
    """Say whether a process runs; one that only waits for a slow init to collect it does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(b")")[2].split()[0] not in (b"Z", b"X")


@pytest.mark.slow
def test_a_kept_home_can_be_looked_at_and_the_text_tells_the_story(
    daemon_home: DaemonHome, few_files: Path
) -> None:
    ran = run_demo(daemon_home, str(few_files), "--keep")
    text = ran.stdout.decode()
    assert ran.returncode == 0, ran
    assert "SIGKILL" in text
    assert "lost 0  doubled 0" in text
    assert "\x1b" not in text
    found = re.search(r"Kept in (\S+)\.", text)
    assert found is not None
    with kept(found[1]) as home:
        listed = djobsctl(home, "list", "--json").document["jobs"]
        assert {job["state"] for job in listed} == {"succeeded"}
        assert djobsctl(home, "db", "verify").status == 0
        assert djobsctl(home, "stop").status == 0


class kept(DaemonHome):  # noqa: N801 - reads as the context it is
    """The home that a demo left, which is cleaned up like any other."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.folder.rmdir()
        self.folder, self.state = Path(path), path
        self.env["DJOBS_HOME"] = path


@pytest.fixture
def demo_process(daemon_home: DaemonHome) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [PYTHON, "-m", "djobsctl", "demo"],
        env=daemon_home.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        yield process
        process.kill()


@pytest.mark.parametrize(
    ("number", "status"),
    all_but_slow(1, [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]),
)
def test_an_interrupted_demo_ends_all_that_it_started(
    number: int, status: int, demo_process: "subprocess.Popen[bytes]"
) -> None:
    assert demo_process.stdout is not None
    told = b""
    while b"recorded" not in told:
        chunk = os.read(demo_process.stdout.fileno(), 65536)
        assert chunk, told
        told += chunk
    home = re.search(rb"Home: +(\S+),", told)
    assert home is not None
    path = os.fsdecode(home[1])
    demo_process.send_signal(number)
    demo_process.communicate(timeout=PATIENCE_SECONDS)
    assert demo_process.returncode == status
    assert not Path(path).exists()
    wait_until(lambda: not presence.is_alive(path), "the demo's daemon is gone")
    assert not [line for line in environments() if path in line]


def environments() -> Iterator[str]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                yield (folder / "environ").read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
