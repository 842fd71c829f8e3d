"""``-w``: an answer that stays on the screen, follows what happens, and gives the screen back."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import djobsctl, enqueue
from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome
from tests.harness.length import all_but_slow
from tests.harness.terminal import AtTerminal


@pytest.fixture(scope="module")
def shared() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        home.start()
        yield home


def at_terminal(home: DaemonHome, *words: str, columns: int = 80) -> AtTerminal:
    return AtTerminal([PYTHON, "-m", "djobsctl", *words], home.env, columns)


@pytest.mark.parametrize("command", all_but_slow(2, ["status", "list", "agents", "budget"]))
def test_each_view_is_painted_and_q_gives_the_terminal_back(
    command: str, shared: DaemonHome
) -> None:
    with at_terminal(shared, command, "-w") as terminal:
        terminal.see(str.strip)
        terminal.press("q")
        assert terminal.ended() == 0
        assert terminal.is_as_before


def test_a_job_that_comes_and_ends_is_seen_without_a_key(shared: DaemonHome) -> None:
    with at_terminal(shared, "list", "--state", "pending", "--watch") as terminal:
        terminal.see(str.strip)
        (job,) = enqueue(shared, "watched.py")
        terminal.sees(job, "watched.py")
        assert djobsctl(shared, "cancel", job).status == 0
        terminal.see(lambda text: job not in text)


@pytest.mark.parametrize(
    ("number", "status"),
    all_but_slow(2, [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]),
)
def test_a_signal_ends_it_and_the_terminal_is_given_back(
    number: int, status: int, shared: DaemonHome
) -> None:
    with at_terminal(shared, "status", "-w") as terminal:
        terminal.sees("serving")
        terminal.child.send_signal(number)
        assert terminal.ended() == status
        assert terminal.is_as_before


def test_it_goes_on_with_the_next_daemon_and_says_that_there_is_none(
    daemon_home: DaemonHome,
) -> None:
    daemon_home.start()
    with at_terminal(daemon_home, "status", "-w") as terminal:
        terminal.sees("serving")
        assert djobsctl(daemon_home, "stop").status == 0
        terminal.sees("stopped_by_user", "`djobsctl start` runs it again")
        assert djobsctl(daemon_home, "start").status == 0
        terminal.sees("serving", "Runs: nothing")
        terminal.child.send_signal(signal.SIGTERM)
        assert terminal.ended() == 143
    assert len(daemon_home.births()) == 2, "watching started a daemon"


def test_what_is_no_terminal_gets_each_new_answer_as_a_line_of_json(shared: DaemonHome) -> None:
    command = [PYTHON, "-m", "djobsctl", "list", "-w", "--json"]
    with subprocess.Popen(command, env=shared.env, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        try:
            assert json.loads(child.stdout.readline())["schema"] == "djobs.list/1"
            (job,) = enqueue(shared, "piped.py")
            assert json.loads(child.stdout.readline())["jobs"][0]["id"] == job
        finally:
            child.terminate()
            child.wait(PATIENCE_SECONDS)


def test_a_terminal_that_became_smaller_is_painted_anew(shared: DaemonHome) -> None:
    with at_terminal(shared, "status", "-w") as terminal:
        terminal.sees("serving")
        terminal.resize(44, 12)
        shown = terminal.sees("serving", "Runs:")
        assert len(shown.splitlines()) <= 12


def test_suspended_it_gives_the_terminal_back_and_takes_it_again(
    shared: DaemonHome, tmp_path: Path
) -> None:
    del tmp_path
    with at_terminal(shared, "status", "-w") as terminal:
        terminal.sees("serving")
        terminal.child.send_signal(signal.SIGTSTP)
        terminal.until(lambda screen: terminal.is_stopped() and screen.is_restored, "it stopped")
        terminal.child.send_signal(signal.SIGCONT)
        terminal.until(lambda screen: not screen.is_restored, "it goes on")
        terminal.sees("serving")
