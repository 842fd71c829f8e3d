"""``djobsctl config`` shows every setting, whatever state the daemon and the file are in."""

from pathlib import Path

import pytest

from djobs_local.settings import SETTINGS
from djobsctl.commands.config import describe, render
from djobsctl.present.screen import Screen
from djobsctl.present.table import columns_of
from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome


def test_a_running_daemon_answers_with_its_own_values(running_daemon: DaemonHome) -> None:
    ran = djobsctl(running_daemon, "config", "--json", DJOBS_DRAIN_S="1.5")
    assert ran.document["answered_by"] == "daemon"
    values = {each["name"]: each for each in ran.document["settings"]}
    assert values.keys() == {setting.name for setting in SETTINGS}
    assert values["drain_seconds"]["value"] == 5.0
    assert values["home"]["value"] == running_daemon.state


def test_without_a_daemon_the_file_and_the_environment_answer(daemon_home: DaemonHome) -> None:
    Path(daemon_home.state, "config.toml").write_text("drain_seconds = 2.5\n", "utf-8")
    ran = djobsctl(daemon_home, "config", "--json", DJOBS_LOG_LEVEL="debug")
    assert (ran.status, ran.document["answered_by"]) == (0, "files")
    values = {each["name"]: each for each in ran.document["settings"]}
    assert (values["drain_seconds"]["value"], values["drain_seconds"]["source"]) == (2.5, "file")
    assert values["log_level"]["source"] == "DJOBS_LOG_LEVEL"
    assert daemon_home.births() == []


def test_a_wrong_setting_is_named_beside_the_settings_there_are(daemon_home: DaemonHome) -> None:
    Path(daemon_home.state, "config.toml").write_text("log_level = 'LOUD'\n", "utf-8")
    ran = djobsctl(daemon_home, "config", "--json")
    assert ran.status == 78
    assert "LOUD" in ran.document["problem"]
    assert len(ran.document["settings"]) == len(SETTINGS)


def test_a_wrong_setting_does_not_keep_anybody_from_a_running_daemon(
    running_daemon: DaemonHome,
) -> None:
    Path(running_daemon.state, "config.toml").write_text("log_level = 'LOUD'\n", "utf-8")
    assert djobsctl(running_daemon, "list", "--json").document["jobs"] == []


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_on_a_terminal_of_any_width_every_setting_can_be_read(columns: int) -> None:
    document = {
        "answered_by": "files",
        "problem": None,
        "config_file": "/home/me/.config/djobs/config.toml",
        "settings": [
            {**describe(each), "value": each.default, "source": "default"} for each in SETTINGS
        ],
    }
    shown = render(document, Screen(columns, color=True, now=0))
    assert columns_of(shown) <= columns
    words = " ".join(shown.split())
    assert "…" not in words
    for setting in SETTINGS:
        assert setting.doc in words
        assert setting.env in words
