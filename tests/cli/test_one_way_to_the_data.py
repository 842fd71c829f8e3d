"""No client opens the database, least of all when there is no daemon (R5)."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.harness.daemon import DaemonHome
from tests.harness.length import all_but_slow
from tests.shim import patched
from tests.shim.process import running

WATCH = """
import os, sys

def watch(event, arguments):
    if event in ("open", "os.open", "sqlite3.connect"):
        os.write(2, f"opened {arguments[0]}\\n".encode())

sys.addaudithook(watch)
"""
"""Each file that the process opens becomes a line on standard error."""

DJOBSCTL = """
sys.argv = ["djobsctl", *sys.argv[1:]]
from djobsctl.__main__ import main
sys.exit(main())
"""


class Hindrance(NamedTuple):
    """Why no daemon can be had, and how clients must say so."""

    status: int
    word: str
    config: str = ""
    environ: tuple[tuple[str, str], ...] = ()


HINDRANCES = {
    "may not start": Hindrance(69, "No daemon", environ=(("DJOBS_NO_SPAWN", "1"),)),
    "dies while it starts": Hindrance(
        71, "died before it was ready", environ=(("DJOBS_FP", "start.bound=exit:7"),)
    ),
    "wrong setting": Hindrance(78, "log_level", config="log_level = 'LOUD'\n"),
}
ASKING = [
    *(["list"], ["show", "j1kt"], ["audit"], ["logs", "j1kt"], ["submit", "--", "true"]),
    *(["enqueue", "a"], ["claim"], ["complete", "j1kt"]),
]
LOOKING = [["status"], ["config"], ["logs"]]


@pytest.fixture(params=HINDRANCES)
def hindrance(request: pytest.FixtureRequest, daemon_home: DaemonHome) -> Hindrance:
    """Return what keeps a daemon from coming back to a home that has a database."""
    chosen = HINDRANCES[request.param]
    daemon_home.start()
    daemon_home.kill9()
    (daemon_home.folder / "config.toml").write_text(chosen.config)
    daemon_home.env.update(chosen.environ)
    return chosen


def watched(home: DaemonHome, command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", WATCH + DJOBSCTL, *command],
        env=home.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_opened_no_database(errors: str) -> None:
    opened = [line for line in errors.splitlines() if line.startswith("opened ")]
    assert opened, "the hook saw nothing at all"
    assert [line for line in opened if "jobs.db" in line] == []


@pytest.mark.parametrize("command", all_but_slow(3, ASKING), ids=" ".join)
def test_a_command_that_needs_the_daemon_fails_with_the_reason_and_opens_no_database(
    daemon_home: DaemonHome, hindrance: Hindrance, command: list[str]
) -> None:
    done = watched(daemon_home, command)
    assert_opened_no_database(done.stderr)
    assert done.returncode == hindrance.status, done.stderr
    assert hindrance.word in done.stderr


@pytest.mark.parametrize("command", LOOKING, ids=lambda command: command[0])
def test_a_command_that_looks_from_outside_opens_no_database(
    daemon_home: DaemonHome, hindrance: Hindrance, command: list[str]
) -> None:
    done = watched(daemon_home, command)
    assert_opened_no_database(done.stderr)
    assert "Traceback" not in done.stderr


def test_the_shim_leaves_with_the_reason_and_opens_no_database(
    daemon_home: DaemonHome, hindrance: Hindrance
) -> None:
    environ = dict(hindrance.environ)
    with running(Path(daemon_home.state), run=patched.shim(WATCH), **environ) as shim:
        assert shim.status() == hindrance.status
        errors = shim.errors()
    assert_opened_no_database(errors)
    assert hindrance.word in errors
