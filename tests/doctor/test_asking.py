"""``djobsctl doctor`` as a command: its answer, its status, and what it leaves alone."""

import os
from pathlib import Path
from typing import Any

import pytest

from djobsctl.doctor.table import NAMES
from tests.cli.command import djobsctl
from tests.cli.states import made
from tests.doctor.bench import Bench
from tests.harness.daemon import DaemonHome

OF_THE_HOME = [name for name in NAMES if name not in ("environment", "wiring", "guests")]
"""All but what depends on what else there is on the machine of the tests."""


def only(*names: str) -> list[str]:
    return [word for name in names for word in ("--only", name)]


def tree(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return every file below a folder, with mode, size and time of its last change."""
    found = {}
    for path in folder.rglob("*"):
        seen = path.lstat()
        found[str(path)] = (seen.st_mode, seen.st_size, seen.st_mtime_ns)
    return found


def test_a_home_in_use_is_well_and_says_so_in_a_line_for_each_area(bench: Bench) -> None:
    bench.used()
    ran = djobsctl(bench.home, "doctor", *only(*OF_THE_HOME))
    *areas, blank, verdict = ran.stdout.splitlines()
    assert (ran.status, blank, verdict) == (0, "", "All is well.")
    assert [line.split()[0] for line in areas] == ["ok"] * len(OF_THE_HOME)


def test_looking_starts_nothing_and_changes_nothing(bench: Bench) -> None:
    bench.used()
    before = tree(bench.state)
    assert djobsctl(bench.home, "doctor", "--json", *only(*OF_THE_HOME)).document["well"]
    assert tree(bench.state) == before
    assert bench.home.births() == []


def test_a_home_that_is_not_there_is_well_and_stays_away(bench: Bench) -> None:
    bench.home.env["DJOBS_HOME"] = str(bench.tools / "none")
    ran = djobsctl(bench.home, "doctor", *only(*OF_THE_HOME))
    assert ran.stdout.endswith("All is well.\n")
    assert not (bench.tools / "none").exists()


def test_the_document_has_code_reason_and_fix_of_each_finding(bench: Bench) -> None:
    bench.state.chmod(0o755)
    ran = djobsctl(bench.home, "doctor", "--json", "--only", "folders")
    assert ran.status == 1
    document = ran.document
    assert document["schema"] == "djobs.doctor/1"
    assert (document["well"], document["repaired"]) == (False, [])
    (check,) = document["checks"]
    assert (check["name"], check["level"]) == ("folders", "problem")
    (finding,) = check["findings"]
    assert finding["code"] == "folder-open"
    assert finding["why"]
    command = f"chmod 700 {bench.state}"
    assert finding["fix"] == {"commands": [command], "steps": None, "safe": True}


def test_only_looks_at_nothing_else(bench: Bench) -> None:
    bench.state.chmod(0o755)
    ran = djobsctl(bench.home, "doctor", "--json", "--only", "clock", "--only", "disk")
    assert [each["name"] for each in ran.document["checks"]] == ["disk", "clock"]
    assert ran.status == 0


def test_an_area_that_does_not_exist_is_a_mistake(daemon_home: DaemonHome) -> None:
    ran = djobsctl(daemon_home, "doctor", "--only", "horoscope")
    assert ran.status == 2
    assert "horoscope" in ran.stderr


def test_a_terminal_without_a_home_is_told_what_is_wrong(daemon_home: DaemonHome) -> None:
    ran = djobsctl(daemon_home, "doctor", "--json", DJOBS_HOME="here")
    names = {each["name"]: each["findings"] for each in ran.document["checks"]}
    assert names["environment"][0]["code"] == "home-relative"
    assert ran.document["home"] is None


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "state", [pytest.param("starting", marks=SLOW), pytest.param("draining", marks=SLOW), "mute"]
)
def test_it_answers_about_a_daemon_in_every_state(state: str, daemon_home: DaemonHome) -> None:
    with made(state, daemon_home):
        areas = ("daemon", "database", "leftovers", "address")
        document = djobsctl(daemon_home, "doctor", "--json", *only(*areas)).document
        codes = [
            finding.get("code") for check in document["checks"] for finding in check["findings"]
        ]
        assert "unseen" not in codes
        assert ("daemon-mute" in codes) == (state == "mute")


def fixed(bench: Bench, *arguments: str) -> Any:
    return djobsctl(bench.home, "doctor", "--json", "--fix", *arguments)


def test_fix_asks_and_does_nothing_where_nobody_can_agree(bench: Bench) -> None:
    bench.state.chmod(0o755)
    ran = fixed(bench, *only("folders"))
    assert ran.status == 2
    assert f"rights of others away from {bench.state}" in ran.document["error"]["message"]
    assert bench.state.stat().st_mode & 0o777 == 0o755


def test_fix_mends_what_is_safe_and_nothing_else(bench: Bench) -> None:
    bench.used()
    bench.write("secrets.env", "A=b\n", 0o644)
    bench.write("last_start.json", "{]")
    bench.write("config.toml", "log_level = 1\n")
    ran = fixed(bench, "--yes", *only("folders", "leftovers", "settings"))
    assert [each["failed"] for each in ran.document["repaired"]] == [None, None]
    assert (bench.state / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert not (bench.state / "last_start.json").exists()
    assert (bench.state / "config.toml").read_text() == "log_level = 1\n"
    assert ran.status == 1
    assert bench.home.births() == []


def test_fix_with_nothing_to_mend_asks_nothing(bench: Bench) -> None:
    ran = fixed(bench, *only("folders", "leftovers"))
    assert (ran.status, ran.document["repaired"]) == (0, [])


def test_a_failing_look_does_not_keep_the_others_from_looking(bench: Bench) -> None:
    bench.used()
    os.mkfifo(bench.state / "config.toml")
    names = [name for name in NAMES if name not in ("shim", "database", "backups")]
    document = djobsctl(bench.home, "doctor", "--json", *only(*names)).document
    assert [each["name"] for each in document["checks"]] == names
