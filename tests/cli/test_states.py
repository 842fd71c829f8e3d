"""``status`` answers from every state, and no command breaks its JSON in any of them."""

import subprocess

import pytest

from djobs_protocol.errors import CATALOGUE
from djobsctl.commands.status import EXIT_BY_STATE
from djobsctl.commands.table import COMMANDS
from tests.cli.command import djobsctl
from tests.cli.states import MAKERS, made
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome
from tests.harness.length import all_but_slow

LOOKING = (
    "status", "list", "show j1bb", "audit --detail", "logs", "logs j1bb", "config", "db verify",
    "doctor --only daemon",
)  # fmt: skip
"""Commands that change nothing."""


def test_every_state_has_an_exit_status_and_a_way_to_make_it() -> None:
    assert EXIT_BY_STATE.keys() == MAKERS.keys()


@pytest.mark.parametrize("state", all_but_slow(5, MAKERS))
def test_status_names_the_state_and_exits_with_its_status(
    state: str, daemon_home: DaemonHome
) -> None:
    with made(state, daemon_home):
        births = len(daemon_home.births())
        ran = djobsctl(daemon_home, "status", "--json")
        assert ran.document["state"] == state, ran.document
        assert ran.status == EXIT_BY_STATE[state]
        screen = djobsctl(daemon_home, "status")
        assert f": {state}" in screen.stdout.splitlines()[0]
        assert daemon_home.state in screen.stdout
        assert (screen.status, screen.stderr) == (ran.status, "")
        assert len(daemon_home.births()) == births, "status started a daemon"


@pytest.mark.parametrize("state", all_but_slow(3, MAKERS))
def test_every_looking_command_prints_one_document_in_every_state(
    state: str, daemon_home: DaemonHome
) -> None:
    with made(state, daemon_home):
        for command in LOOKING:
            ran = djobsctl(daemon_home, *command.split(), "--json")
            document = ran.document
            if document["schema"] == "djobs.error/1":
                code = document["error"]["code"]
                assert ran.status == CATALOGUE[code].exit == document["error"]["exit_status"]
                assert document["error"]["hint"]
            else:
                name = command.partition(" -")[0].partition(" j")[0].replace(" ", "_")
                assert document["schema"] == f"djobs.{name}/1"


def test_a_mute_daemon_is_named_with_its_pid_and_the_way_out(daemon_home: DaemonHome) -> None:
    with made("mute", daemon_home):
        ran = djobsctl(daemon_home, "status")
        assert f"pid {daemon_home.pid()}" in ran.stdout
        assert "djobsctl stop --force" in ran.stdout


def test_a_failed_start_shows_its_stage_and_the_file_it_is_about(daemon_home: DaemonHome) -> None:
    with made("start_failed", daemon_home):
        failure = djobsctl(daemon_home, "status", "--json").document["last_failure"]
        assert failure["stage"]
        assert "jobs.db" in failure["reason"] + failure["path"]


def test_status_does_not_promise_a_start_that_a_wrong_setting_prevents(
    daemon_home: DaemonHome,
) -> None:
    (daemon_home.folder / "config.toml").write_text("log_level = 'LOUD'")
    ran = djobsctl(daemon_home, "status", "--json")
    assert (ran.status, ran.document["state"]) == (69, "absent")
    assert "log_level to 'LOUD'" in ran.document["wrong_setting"]
    assert "none can start before" in djobsctl(daemon_home, "status").stdout


def test_status_does_not_promise_a_start_that_no_client_may_make(daemon_home: DaemonHome) -> None:
    assert "or the next editor, starts it" in djobsctl(daemon_home, "status").stdout
    ran = djobsctl(daemon_home, "status", DJOBS_NO_SPAWN="1")
    assert "with no_spawn set, nothing else does" in ran.stdout


def test_a_failed_start_says_what_helps_against_its_cause(daemon_home: DaemonHome) -> None:
    (daemon_home.folder / "jobs.db").write_text("no database")
    error = djobsctl(daemon_home, "list", "--json").document["error"]
    assert (error["code"], error["data"]["cause"]) == ("start_failed", "db_corrupt")
    assert "djobsctl help db verify" in error["hint"]
    assert "backups" in djobsctl(daemon_home, "help", "db", "verify").stdout


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("command", ["--version", "help", "config --json", "nonsense"])
def test_closed_output_is_no_fault(closed: str, command: str, daemon_home: DaemonHome) -> None:
    ran = subprocess.run(
        ["sh", "-c", f"{PYTHON} -m djobsctl {command} {closed}"],
        env=daemon_home.env,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert ran.returncode == (2 if command == "nonsense" else 0)
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "command", all_but_slow(12, [name for name in COMMANDS if name not in ("demo", "bench")])
)
def test_a_wrong_argument_is_one_json_error_document(command: str, daemon_home: DaemonHome) -> None:
    ran = djobsctl(daemon_home, *command.split(), "--json", "--no-such-option")
    assert ran.document["error"]["code"] == "invalid_params"
    assert ran.status == 2
    assert daemon_home.births() == []


@pytest.mark.parametrize("command", all_but_slow(12, COMMANDS))
def test_help_is_one_document_and_starts_nothing(command: str, daemon_home: DaemonHome) -> None:
    ran = djobsctl(daemon_home, *command.split(), "--help", "--json")
    assert ran.document["command"] == command
    assert daemon_home.births() == []


def test_json_may_stand_before_the_command(daemon_home: DaemonHome) -> None:
    assert djobsctl(daemon_home, "--json", "status").document["schema"] == "djobs.status/1"


def test_start_stop_and_restart_print_one_document_each(daemon_home: DaemonHome) -> None:
    for command in ("start", "start --now", "restart", "stop", "stop", "schema", "help"):
        ran = djobsctl(daemon_home, *command.split(), "--json")
        assert ran.status == 0, ran
        assert ran.document["schema"] == f"djobs.{command.split()[0]}/1"
