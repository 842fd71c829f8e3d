"""The unit under a real systemd user manager: one owner of the daemon's life (R32)."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_local.service import read_service
from djobs_protocol import endpoint
from tests.cli.command import djobsctl
from tests.harness.daemon import PYTHON, DaemonHome, wait_until
from tests.service.user_manager import UserManager, user_manager


@pytest.fixture(scope="module")
def manager() -> Iterator[UserManager]:
    with user_manager() as running:
        yield running


@pytest.fixture
def home(manager: UserManager) -> Iterator[DaemonHome]:
    """Return a home whose unit is installed and that no daemon serves yet."""
    with DaemonHome() as made:
        assert manager.djobsctl(made, "service", "install", "--no-start").status == 0
        yield made
        manager.djobsctl(made, "stop")
        manager.djobsctl(made, "service", "remove")


def unit_of(home: DaemonHome) -> str:
    entry = read_service(home.state)
    assert entry is not None
    return entry.name


def served_by(manager: UserManager, home: DaemonHome) -> dict[str, object]:
    """Return who serves, without starting anybody."""
    document = manager.djobsctl(home, "service", "status", "--json").document
    return {**document["daemon"], "main_pid": document["unit"]["main_pid"]}


def test_clients_that_find_no_daemon_all_have_the_unit_s(
    manager: UserManager, home: DaemonHome
) -> None:
    command = manager.entered(PYTHON, "-m", "djobsctl", "list", "--json")
    herd = [
        subprocess.Popen(command, env=manager.environment(home), stdout=subprocess.DEVNULL)
        for _ in range(3)
    ]
    assert [each.wait(60) for each in herd] == [0] * len(herd)
    serving = served_by(manager, home)
    assert serving["pid"] == serving["main_pid"]
    assert serving["owner"] == "service"
    assert len(home.births()) == 1


def test_what_was_stopped_on_purpose_is_started_by_nobody(
    manager: UserManager, home: DaemonHome
) -> None:
    unit = unit_of(home)
    assert manager.djobsctl(home, "start").status == 0
    assert manager.djobsctl(home, "stop").status == 0
    assert manager.show(unit, "ActiveState") == "inactive"
    assert manager.djobsctl(home, "list").status == 79
    assert manager.systemctl("start", unit).status != 0
    assert manager.show(unit, "ExecMainStatus") == "79"
    assert not home.look().running
    assert manager.djobsctl(home, "start").status == 0
    assert served_by(manager, home)["owner"] == "service"


@pytest.mark.slow
def test_a_daemon_that_was_killed_is_started_again_by_the_manager(
    manager: UserManager, home: DaemonHome
) -> None:
    assert manager.djobsctl(home, "start").status == 0
    first = served_by(manager, home)["pid"]
    manager.run("kill", "-9", str(first))
    wait_until(
        lambda: served_by(manager, home)["pid"] not in (first, None), "the manager starts another"
    )
    serving = served_by(manager, home)
    assert serving["pid"] == serving["main_pid"]


@pytest.mark.slow
def test_a_restart_stays_with_the_manager(manager: UserManager, home: DaemonHome) -> None:
    before = manager.djobsctl(home, "start", "--json").document["pid"]
    after = manager.djobsctl(home, "restart", "--json").document["pid"]
    assert before != after
    assert served_by(manager, home)["main_pid"] == after


@pytest.mark.slow
def test_a_daemon_that_becomes_a_newer_one_stays_the_manager_s(
    manager: UserManager, home: DaemonHome
) -> None:
    pid = manager.djobsctl(home, "start", "--json").document["pid"]
    upgraded = manager.djobsctl(home, "upgrade", "--again", "--json").document
    assert upgraded["instance"] != upgraded["was_instance"]
    assert served_by(manager, home)["main_pid"] == upgraded["pid"] == pid
    assert manager.show(unit_of(home), "ActiveState") == "active"
    assert manager.djobsctl(home, "stop").status == 0
    assert manager.show(unit_of(home), "ActiveState") == "inactive"


@pytest.mark.slow
def test_beside_a_daemon_started_by_hand_the_unit_leaves_and_says_why(
    manager: UserManager, home: DaemonHome
) -> None:
    unit = unit_of(home)
    record = Path(endpoint.state_file(home.state, endpoint.SERVICE_RECORD))
    kept = record.read_bytes()
    record.unlink()
    by_hand = manager.djobsctl(home, "start", "--json").document["pid"]
    record.write_bytes(kept)
    assert manager.systemctl("start", unit).status != 0
    assert manager.show(unit, "ExecMainStatus") == "75"
    assert "Another daemon" in manager.show(unit, "StatusText")
    assert served_by(manager, home)["pid"] == by_hand
    assert manager.djobsctl(home, "service", "install").status == 0
    assert served_by(manager, home)["owner"] == "service"


def test_a_start_that_fails_is_told_and_nobody_is_spawned_beside_the_manager(
    manager: UserManager, home: DaemonHome
) -> None:
    Path(home.state, endpoint.DATABASE).write_bytes(b"this is no database" * 100)
    said = manager.djobsctl(home, "list", "--json")
    assert said.status == 71
    error = json.loads(said.stdout)["error"]
    assert "database" in error["message"], error
    assert error["data"]["stage"] == "store"
    unit = Path(manager.home, ".config/systemd/user", unit_of(home))
    unit.write_text(unit.read_text("utf-8").replace("djobsd --", "djobsd-gone --"), "utf-8")
    Path(home.state, endpoint.DATABASE).unlink()
    manager.systemctl("daemon-reload")
    said = manager.djobsctl(home, "start", "--now", "--json")
    assert json.loads(said.stdout)["error"]["code"] == "start_failed", said
    assert not home.look().running


def test_the_manager_takes_over_a_running_daemon_and_gives_it_back_and_no_work_is_lost(
    manager: UserManager,
) -> None:
    with DaemonHome() as home:
        work = f"while [ ! -e {home.state}/go ]; do sleep 0.05; done"
        submitted = manager.djobsctl(home, "submit", "--json", "--", "sh", "-c", work)
        job = submitted.document["id"]
        assert served_by(manager, home)["owner"] == "djobsctl"
        assert manager.djobsctl(home, "service", "install").status == 0
        assert served_by(manager, home)["owner"] == "service"
        removed = manager.djobsctl(home, "service", "remove", "--json").document
        assert removed["daemon"]["owner"] == "djobsctl"
        assert not any((manager.home / ".config").rglob("djobs*"))
        Path(home.state, "go").touch()
        assert manager.djobsctl(home, "wait", job).status == 0
        manager.djobsctl(home, "stop")


def test_without_a_manager_clients_start_the_daemon_themselves(daemon_home: DaemonHome) -> None:
    entry = daemon_home.folder / "djobs.service"
    entry.touch()
    record = {"schema": 1, "manager": "systemd", "name": "djobs.service", "file": str(entry)}
    Path(endpoint.state_file(daemon_home.state, endpoint.SERVICE_RECORD)).write_text(
        json.dumps(record), "utf-8"
    )
    nowhere = {"XDG_RUNTIME_DIR": str(daemon_home.folder / "nowhere")}
    assert djobsctl(daemon_home, "list", **nowhere).status == 0
    assert daemon_home.record()["owner"] == "djobsctl"
