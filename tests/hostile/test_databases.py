"""Files at the database's path that the daemon cannot or must not serve (R7)."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import needs
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, StartFailed
from tests.harness.database import foreign, newer
from tests.harness.editor import Editor, EditorGone
from tests.harness.length import all_but_slow
from tests.hostile.peer import enqueue, greeted

APPLICATION_ID = 0x646A6F62


def fill(home: DaemonHome) -> Path:
    """Return the database of a daemon that has worked and stopped."""
    home.start()
    with greeted(home) as peer:
        for n in range(200):
            enqueue(peer, {"n": n, "x": "y" * 2000})
    home.stop()
    return home.folder / "jobs.db"


def garbage(path: Path) -> None:
    path.write_bytes(os.urandom(8192))


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_to_a_stump(path: Path) -> None:
    os.truncate(path, 50)


def header_overwritten(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * 100)


def holes_in_the_middle(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        for page in range(4096, size, 8192):
            file.seek(page)
            file.write(os.urandom(4096))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CASES: list[tuple[Callable[[Path], None], str]] = [
    (holes_in_the_middle, "db_corrupt"),
    (truncated, "db_corrupt"),
    (newer, "db_newer"),
    (foreign, "db_foreign"),
    (garbage, "db_corrupt"),
    (cut_to_a_stump, "db_corrupt"),
    (header_overwritten, "db_corrupt"),
    (folder, "db_foreign"),
]


def fingerprint(path: Path) -> dict[str, str]:
    """Return what every file of the database holds; not who has its lock, nor SQLite's scratch."""
    return {
        each.name: hashlib.sha256(each.read_bytes()).hexdigest() if each.is_file() else "folder"
        for each in path.parent.glob("jobs.db*")
        if each.stat().st_size and not each.name.endswith(("-shm", ".lock"))
    }


def djobsctl(home: DaemonHome, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "djobsctl", *arguments],
        env=home.env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.mark.parametrize(
    ("harm", "code"), all_but_slow(3, CASES), ids=lambda case: getattr(case, "__name__", None)
)
def test_a_database_that_cannot_be_served_is_named_everywhere_and_left_alone(
    daemon_home: DaemonHome, harm: Callable[[Path], None], code: str
) -> None:
    path = fill(daemon_home)
    harm(path)
    before = fingerprint(path)
    with pytest.raises(StartFailed) as refused:
        daemon_home.start()
    assert refused.value.info["code"] == code, refused.value.info
    assert str(path) in refused.value.info["text"]
    assert fingerprint(path) == before

    started = djobsctl(daemon_home, "start")
    assert started.returncode != 0
    assert str(path) in started.stderr
    status = djobsctl(daemon_home, "status", "--json")
    assert str(path) in json.dumps(json.loads(status.stdout)), status.stdout
    with Editor(daemon_home) as editor:
        with pytest.raises(EditorGone):
            editor.open()
        assert str(path) in editor.errors()
    assert fingerprint(path) == before


def test_a_read_only_folder_is_named(daemon_home: DaemonHome) -> None:
    fill(daemon_home)
    daemon_home.folder.chmod(0o500)
    daemon_home.launcher = needs.without_powers()
    try:
        with pytest.raises(StartFailed) as refused:
            daemon_home.start()
        assert daemon_home.state in refused.value.info["text"]
    finally:
        daemon_home.folder.chmod(0o700)


def test_a_read_only_file_system_is_named(daemon_home: DaemonHome) -> None:
    path = fill(daemon_home)
    with needs.read_only(daemon_home.folder):
        before = fingerprint(path)
        with pytest.raises(StartFailed) as refused:
            daemon_home.start()
        assert daemon_home.state in str(refused.value.info), refused.value.info
        assert "ead-only" in str(refused.value.info)
        assert fingerprint(path) == before
        assert daemon_home.state in djobsctl(daemon_home, "start").stderr
