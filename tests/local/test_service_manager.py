"""What service managers answer, and what follows from it; their commands are stood in for."""

import os
from pathlib import Path

import pytest

from djobs_local import service_manager
from djobs_local.service import LAUNCHD, SYSTEMD, Service, read_service, write_service
from djobs_local.service_manager import Heard

UNIT = Service(SYSTEMD, "djobs.service", "/x/djobs.service")
AGENT = Service(LAUNCHD, "io.djobs.daemon", "/x/io.djobs.daemon.plist")


def stand_in(folder: Path, name: str, script: str) -> None:
    """Put a manager's command on the path that does what the script says."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "systemd").mkdir()
    (tmp_path / "systemd" / "private").touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("shown", "heard"),
    [
        ({}, Heard.NO_MANAGER),
        ({"LoadState": "not-found"}, Heard.NO_MANAGER),
        ({"LoadState": "loaded", "ExecMainStatus": "79"}, Heard.STOPPED),
        ({"LoadState": "loaded", "ExecMainStatus": "203", "Result": "exit-code"}, Heard.FAILED),
    ],
)
def test_why_systemd_did_not_start_it_follows_from_the_unit(
    shown: dict[str, str], heard: Heard
) -> None:
    assert service_manager.systemd_failure("djobs.service", shown).heard is heard


def test_launchd_that_does_not_know_the_agent_is_no_manager(tools: Path) -> None:
    stand_in(tools, "launchctl", "exit 113")
    assert service_manager.start(AGENT, 5).heard is Heard.NO_MANAGER


def test_launchd_is_asked_in_the_domain_of_the_user_s_session(tools: Path) -> None:
    stand_in(tools, "launchctl", f'echo "$@" >> {tools}/asked')
    assert service_manager.start(AGENT, 5).heard is Heard.STARTED
    asked = (tools / "asked").read_text("utf-8")
    assert asked == f"kickstart gui/{os.getuid()}/io.djobs.daemon\n"


def test_a_manager_that_is_silent_is_waited_for_no_longer_than_said(tools: Path) -> None:
    stand_in(tools, "systemctl", "exec sleep 600")
    assert service_manager.start(UNIT, 0.2).heard is Heard.SILENT


def test_no_command_at_all_is_no_manager(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tools))
    assert service_manager.start(UNIT, 5).heard is Heard.NO_MANAGER


def test_an_entry_whose_file_is_gone_counts_no_more(tmp_path: Path) -> None:
    entry = tmp_path / "djobs.service"
    entry.touch()
    write_service(str(tmp_path), Service(SYSTEMD, "djobs.service", str(entry)))
    found = read_service(str(tmp_path))
    assert found is not None
    assert found.name == "djobs.service"
    entry.unlink()
    assert read_service(str(tmp_path)) is None
