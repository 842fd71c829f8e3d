"""The live screen at a real terminal, over a real daemon: keys do what they say."""

import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from djobs_local.call import Connection
from tests.cli.command import djobsctl
from tests.harness.daemon import PYTHON, DaemonHome
from tests.harness.length import all_but_slow
from tests.harness.terminal import AtTerminal
from tests.work.hand_over import ended, job_of, submit, wait_running

LASTING = ["sh", "-c", "echo hello from inside; exec sleep 1000"]


@pytest.fixture(scope="module")
def shared() -> Iterator[DaemonHome]:
    with DaemonHome() as home:
        home.start()
        yield home


def top(home: DaemonHome, columns: int = 100, lines: int = 28) -> AtTerminal:
    return AtTerminal([PYTHON, "-m", "djobsctl", "top"], home.env, columns, lines)


def select(terminal: AtTerminal, job_id: str) -> None:
    """Leave only that job in the list."""
    terminal.press(f"/{job_id}\r")
    terminal.sees(f"/{job_id}: 1 of")


def test_keys_hold_let_go_on_cancel_and_retry_a_job_and_its_output_is_shown(
    shared: DaemonHome,
) -> None:
    with shared.connect(workspace="/tmp") as at, top(shared, columns=120) as terminal:
        job_id = submit(at, LASTING)
        wait_running(at, job_id)
        terminal.sees(job_id, "running")
        select(terminal, job_id)
        terminal.sees("hello from inside")
        terminal.press("p")
        terminal.sees(f"{job_id} is held.", "paused")
        assert job_of(at, job_id)["paused_at"]
        terminal.press("p")
        terminal.sees(f"{job_id} goes on.")
        assert "paused_at" not in job_of(at, job_id)
        terminal.press("cn")
        terminal.sees("Nothing was cancelled.")
        assert job_of(at, job_id)["state"] == "running"
        terminal.press("c")
        terminal.sees(f"Cancel {job_id}? y / n")
        terminal.press("y")
        assert ended(at, job_id)["state"] == "stopped"
        terminal.sees("stopped  shell")
        terminal.press("r")
        terminal.sees(f"{job_id} is open again.")
        wait_running(at, job_id)
        terminal.press("\r")
        terminal.sees("Managed by: executor", "works on it")
        terminal.press("ql")
        terminal.sees(f"What {job_id} printed", "hello from inside")
        terminal.press("qq")
        assert terminal.ended() == 0
        assert terminal.is_as_before
        at.call("job.cancel", {"job_id": job_id})


def test_what_the_daemon_refuses_is_said_on_the_screen(shared: DaemonHome) -> None:
    with shared.connect(workspace="/tmp") as at, top(shared) as terminal:
        job_id = enqueue(at, idempotency_key="one")
        at.call("job.fail", {"job_id": job_id, "error": "no", "retry": False})
        enqueue(at, idempotency_key="one")
        select(terminal, job_id)
        terminal.press("r")
        terminal.see(lambda shown: "key" in shown.splitlines()[-1], "the refusal")


def enqueue(at: Connection, **more: Any) -> str:
    job_id: str = at.call("job.enqueue", {"jobs": [{"type": "t", **more}]})["jobs"][0]["id"]
    return job_id


@pytest.mark.parametrize(
    ("number", "status"),
    all_but_slow(2, [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]),
)
def test_a_signal_ends_it_and_the_terminal_is_as_before(
    number: int, status: int, shared: DaemonHome
) -> None:
    with top(shared) as terminal:
        terminal.sees("djobs", "q quit")
        terminal.child.send_signal(number)
        assert terminal.ended() == status
        assert terminal.is_as_before


def test_a_fault_in_it_gives_the_terminal_back_before_it_is_reported(shared: DaemonHome) -> None:
    code = (
        "import sys; from djobsctl.top import loop; from djobsctl.__main__ import main\n"
        "def fault(_typed): raise RuntimeError('a fault')\n"
        "loop.keys_of = fault; sys.exit(main(['top']))"
    )
    with AtTerminal([PYTHON, "-c", code], shared.env) as terminal:
        assert terminal.ended() == 70
        assert terminal.is_as_before
        assert "a fault" in "".join(terminal.screen.above)


def test_suspended_it_gives_the_terminal_back_and_takes_it_again(shared: DaemonHome) -> None:
    with top(shared) as terminal:
        terminal.sees("q quit")
        terminal.press("\x1a")
        terminal.until(lambda screen: terminal.is_stopped() and screen.is_restored, "it stopped")
        terminal.child.send_signal(signal.SIGCONT)
        terminal.until(lambda screen: not screen.is_restored, "it goes on")
        terminal.press("q")
        assert terminal.ended() == 0
        assert terminal.is_as_before


def test_another_size_is_filled_at_once(shared: DaemonHome) -> None:
    with top(shared) as terminal:
        terminal.sees("q quit")
        terminal.resize(60, 12)
        shown = terminal.see(lambda text: len(text.splitlines()) == 12 and "j/k" in text)
        assert shown.splitlines()[-1].startswith("j/k move")


def test_it_says_that_the_daemon_went_and_goes_on_with_the_next(daemon_home: DaemonHome) -> None:
    daemon_home.start()
    with daemon_home.connect(workspace="/tmp") as at:
        before = enqueue(at)
    with top(daemon_home) as terminal:
        terminal.sees(before, "serving")
        daemon_home.kill9()
        terminal.sees(before, "No daemon answers.")
        daemon_home.start()
        with daemon_home.connect(workspace="/tmp") as at:
            after = enqueue(at)
        terminal.see(lambda text: after in text and "No daemon answers." not in text, "the next")


def test_without_a_terminal_it_says_what_else_there_is(shared: DaemonHome) -> None:
    ran = djobsctl(shared, "top")
    assert ran.status == 2
    assert "djobsctl status -w" in ran.stderr
    assert djobsctl(shared, "top", "--json").document.keys() == {
        "schema", "status", "overview", "jobs", "agents",
    }  # fmt: skip


def test_no_other_command_imports_what_the_screen_needs(shared: DaemonHome) -> None:
    listing = "import sys; from djobsctl.__main__ import main; main(['list'])"
    code = f"{listing}; print(*sys.modules, sep=chr(10))"
    ran = subprocess.run(
        [PYTHON, "-c", code], env=shared.env, capture_output=True, check=True, text=True
    )
    loaded = set(ran.stdout.splitlines())
    assert not loaded & {"djobsctl.live.terminal", "djobsctl.top", "termios", "curses"}
