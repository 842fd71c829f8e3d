"""The service files run this installation's daemon as R33 asks."""

import configparser
import os
import plistlib
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djobs_daemon.supervision import FINAL_STATUSES
from djobs_local.service import LAUNCHD, MANAGERS, SYSTEMD, TASK_SCHEDULER
from djobs_service import Target, installed_daemon, plan
from tests.harness import needs

GOLDEN = Path(__file__).with_name("golden")
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
POSIX = Target(
    manager=SYSTEMD,
    state="/home/ada/.local/state/djobs",
    default=True,
    daemon="/home/ada/.venv/bin/djobsd",
    folder="/home/ada/.config/systemd/user",
    path="/home/ada/bin:/usr/bin:/bin",
    user="ada",
    uid=1000,
)
MAC = POSIX._replace(
    manager=LAUNCHD,
    state="/Users/ada/Library/Application Support/djobs",
    daemon="/Users/ada/My Tools & Co/bin/djobsd",
    folder="/Users/ada/Library/LaunchAgents",
)
WINDOWS = POSIX._replace(
    manager=TASK_SCHEDULER,
    state=r"C:\Users\ada\AppData\Local\djobs",
    default=False,
    daemon=r"C:\Program Files\djobs\djobsd.exe",
    folder=r"C:\Users\ada\AppData\Local\djobs",
    user=r"TERN\ada",
)
LINES = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\x85\u2028\u2029")
)
"""What may stand in a path: no control characters, which no file of these can hold."""


def parsed(unit: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as systemd reads them
    parser.read_string(unit)
    return parser


@pytest.mark.parametrize("target", [POSIX, MAC, WINDOWS], ids=MANAGERS)
def test_the_file_is_the_one_that_was_looked_at(target: Target) -> None:
    entry = plan(target).files[0]
    golden = GOLDEN / entry.path.replace("\\", "/").rpartition("/")[2]
    if os.environ.get("DJOBS_UPDATE_GOLDEN"):
        golden.write_text(entry.content, "utf-8")
    assert golden.read_text("utf-8") == entry.content


def test_the_unit_is_one_that_systemd_finds_no_fault_in(tmp_path: Path) -> None:
    needs.program("systemd-analyze")
    awkward = tmp_path / "my djobs;100%'"
    awkward.mkdir()
    daemon = awkward / "djobsd"
    daemon.write_text("#!/bin/sh\n")
    daemon.chmod(0o755)
    made = plan(POSIX._replace(daemon=str(daemon), path='/a b:/50%:/"q"', default=False))
    unit = tmp_path / "djobs.service"
    unit.write_text(made.files[0].content, "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", "--recursive-errors=no", str(unit)],
        env={"PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_exit_statuses_that_end_it_for_good_are_those_of_the_daemon() -> None:
    unit = parsed(plan(POSIX).files[0].content)
    assert unit["Service"]["RestartPreventExitStatus"].split() == [str(n) for n in FINAL_STATUSES]


def test_a_home_of_its_own_has_an_entry_of_its_own() -> None:
    other = plan(POSIX._replace(state="/srv/djobs", default=False))
    assert other.name != plan(POSIX).name
    assert "Environment=DJOBS_HOME=/srv/djobs\n" in other.files[0].content
    assert "DJOBS_HOME" not in plan(POSIX).files[0].content


@given(daemon=LINES, path=LINES, state=LINES)
def test_the_agent_runs_exactly_the_words_it_was_given(daemon: str, path: str, state: str) -> None:
    target = MAC._replace(daemon=f"/{daemon}", path=path, state=f"/{state}", default=False)
    agent = plistlib.loads(plan(target).files[0].content.encode())
    assert agent["ProgramArguments"] == [f"/{daemon}", "--foreground", "--owner", "launchd"]
    assert agent["EnvironmentVariables"] == {"PATH": path, "DJOBS_HOME": f"/{state}"}


def test_the_agent_is_one_that_launchd_keeps_and_lets_work_outlive() -> None:
    agent = plistlib.loads(plan(MAC).files[0].content.encode())
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["AbandonProcessGroup"] is True
    assert agent["ProcessType"] == "Interactive"


def test_the_task_ends_neither_after_three_days_nor_on_battery() -> None:
    content = plan(WINDOWS).files[0].content
    settings = ET.fromstring(content.split("\n", 1)[1]).find(f"{TASK}Settings")
    assert settings is not None
    said = {each.tag.removeprefix(TASK): each.text for each in settings}
    assert said["ExecutionTimeLimit"] == "PT0S"
    assert said["DisallowStartIfOnBatteries"] == said["StopIfGoingOnBatteries"] == "false"
    assert said["MultipleInstancesPolicy"] == "IgnoreNew"


def test_a_path_that_no_unit_can_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="control character"):
        plan(POSIX._replace(path="/a\n/b"))


def test_the_printed_file_names_the_daemon_that_is_there() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "djobs_service"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    assert installed_daemon() in printed
