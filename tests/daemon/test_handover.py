"""A daemon becomes the version that is installed, and nobody loses anything (R16, R17)."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from djobs import Client
from djobs_daemon.binding import file_id
from djobs_local import locks
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.daemon.installation import Installation, InstalledHome
from tests.harness.daemon import DaemonHome
from tests.harness.editor import Editor
from tests.harness.waiting import wait_until

CLIENTS = 4


@pytest.fixture
def home(tmp_path: Path) -> Iterator[InstalledHome]:
    installation = Installation(tmp_path / "installed")
    installation.upgrade("1.0.0")
    with InstalledHome(installation, DJOBS_UPGRADE="ask") as home:
        yield home


def hand_over(home: InstalledHome) -> dict[str, Any]:
    """Ask for it, and return the status of the successor."""
    before = home.instance()
    with home.connect() as connection:
        connection.call("daemon.hand_over", {}, timeout_seconds=60)
    wait_until(lambda: instance_now(home) not in (before, ""), "the successor answers")
    return home.status()


def instance_now(home: InstalledHome) -> str:
    try:
        return home.instance()
    except DjobsError as error:
        if error.code is not ErrorCode.DRAINING:
            raise
        return ""


def refusal(home: InstalledHome) -> DjobsError:
    with home.connect() as connection, pytest.raises(DjobsError) as refused:
        connection.call("daemon.hand_over", {}, timeout_seconds=60)
    return refused.value


def test_the_process_its_locks_and_its_socket_stay(home: InstalledHome) -> None:
    home.start()
    pid, socket = home.pid(), file_id(home.socket)
    home.installation.upgrade("1.1.0")
    assert home.status()["installed_build"] == "1.1.0"

    with watched(home.lock, home.state, f"{home.folder}/jobs.db.lock") as free:
        after = hand_over(home)

    assert (after["build"], after["pid"], file_id(home.socket)) == ("1.1.0", pid, socket)
    assert "installed_build" not in after
    assert free == []
    assert home.record()["build"] == "1.1.0"
    assert [entry["to_build"] for entry in home.logged("Handing over.")] == ["1.1.0"]


class watched:  # noqa: N801 - used like a function
    """Look at locks all the time; yields those that somebody could have taken."""

    def __init__(self, *paths: str) -> None:
        self._paths = paths
        self._over = threading.Event()
        self._free: list[str] = []
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> list[str]:
        self._thread.start()
        return self._free

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.001):
            self._free += [path for path in self._paths if not locks.is_held(path)]


@pytest.mark.parametrize("upgrades", [2, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.timeout(1800)
def test_upgrades_under_load_lose_and_double_nothing(
    home: InstalledHome, tmp_path: Path, upgrades: int
) -> None:
    home.start()
    over = threading.Event()
    with Editor(home, str(tmp_path)) as editor:
        editor.open()
        run = submitted(home, f"for n in 1 2 3; do echo $n; sleep {upgrades / 3}; done")
        loads = [Load(home, number, over) for number in range(CLIENTS)]
        written = []
        for number in range(upgrades):
            home.installation.upgrade(f"1.0.{number + 1}")
            written.append(editor.call("enqueue_task", task_type="edited")["id"])
            assert hand_over(home)["build"] == f"1.0.{number + 1}"
        over.set()
        for load in loads:
            load.join()
        written.append(editor.call("enqueue_task", task_type="edited")["id"])

    with home.connect() as connection:
        counts = connection.call("daemon.health")["counts"]
        done = connection.call("job.wait", {"job_ids": [run], "wait_seconds": 60}, 70)["jobs"][0]
        log = connection.call("job.log", {"job_id": run})
    sent = sum(load.answered for load in loads)
    assert [load.trouble for load in loads] == [None] * CLIENTS
    assert len({*written}) == upgrades + 1
    assert counts["succeeded"] + counts.get("running", 0) == sent + 1
    assert counts["pending"] == upgrades + 1
    assert (done["state"], log["end"]) == ("succeeded", 6)


class Load(threading.Thread):
    """A program that enqueues and completes without a pause until it is told that it is over."""

    def __init__(self, home: InstalledHome, number: int, over: threading.Event) -> None:
        super().__init__()
        self.answered = 0
        self.trouble: Exception | None = None
        self._home, self._number, self._over = home, number, over
        self.start()

    def run(self) -> None:
        try:
            anyio.run(self._work)
        except Exception as error:  # noqa: BLE001 - the test says what it was
            self.trouble = error

    async def _work(self) -> None:
        async with Client(home=self._home.state, workspace=f"/{self._number}") as client:
            while not self._over.is_set():
                job = await client.enqueue("load", {"n": self.answered})
                await client.complete(job, evidence="done")
                self.answered += 1


def submitted(home: InstalledHome, line: str) -> str:
    with home.connect(workspace=str(home.folder)) as connection:
        spec = {
            "type": "shell",
            "payload": {"spec": ["sh", "-c", line]},
            "managed_by": "executor",
        }
        return str(connection.call("job.enqueue", {"jobs": [spec]})["jobs"][0]["id"])


def test_what_would_not_serve_or_is_older_is_not_handed_over_to(home: InstalledHome) -> None:
    home.start()
    before = home.instance()
    home.installation.upgrade("0.9.0")
    older = refusal(home)
    broken = "daemon/djobs_daemon/scheduler/rules.py"
    home.installation.replace(broken, lambda text: text + "\nraise RuntimeError('half written')\n")
    refused = refusal(home)

    assert older.code is ErrorCode.CONFLICT
    assert "0.9.0 is installed, and this daemon is 1.0.0" in older.message
    assert refused.code is ErrorCode.START_FAILED
    assert "RuntimeError: half written" in refused.message
    assert home.instance() == before
    assert home.status()["phase"] == "serving"


@pytest.mark.parametrize("place", ["", "relative/python", "/nowhere/at/all"])
def test_a_program_that_is_no_file_is_not_handed_over_to(
    daemon_home: DaemonHome, place: str
) -> None:
    daemon_home.start()
    with daemon_home.connect() as connection, pytest.raises(DjobsError) as refused:
        connection.call("daemon.hand_over", {"program": [sys.executable, place]})
    assert refused.value.code is ErrorCode.INVALID_PARAMS
    assert f"{place!r} is not the absolute path of a file" in refused.value.message
    assert daemon_home.status()["phase"] == "serving"


def test_a_handover_that_fails_halfway_is_a_daemon_that_ended(home: InstalledHome) -> None:
    home.start(DJOBS_FP="succession.exec=raise:EIO")
    with home.connect() as connection:
        connection.call("job.enqueue", {"jobs": [{"type": "kept"}], "correlation_id": "w"})
        connection.call("daemon.hand_over", {}, timeout_seconds=60)
    home.wait_gone()
    assert not Path(home.socket).exists()

    home.start()

    with home.connect() as connection:
        assert connection.call("daemon.health")["counts"] == {"pending": 1}


@pytest.mark.slow
def test_an_idle_daemon_follows_an_upgrade_by_itself(home: InstalledHome) -> None:
    home.start(DJOBS_UPGRADE="idle")
    home.installation.upgrade("1.1.0")
    broken = "daemon/djobs_daemon/scheduler/rules.py"
    home.installation.replace(broken, lambda text: text + "\nraise RuntimeError('half written')\n")
    for _ in range(2):
        assert home.status()["build"] == "1.0.0"
        wait_until(lambda: home.logged("No handover."), "the new version was tried")
    assert len(home.logged("No handover.")) == 1  # not by every client that comes and goes

    home.installation.replace(broken, lambda text: text.replace("raise RuntimeError", "str"))
    home.installation.upgrade("1.1.1")
    with home.connect() as busy:
        assert home.status()["build"] == "1.0.0"
        assert busy.call("daemon.status")["build"] == "1.0.0"

    wait_until(lambda: home.record().get("build") == "1.1.1", "it has followed")
    assert home.status()["build"] == "1.1.1"
