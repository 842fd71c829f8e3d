"""Whoever started the daemon may end in any way; the daemon does not (R23)."""

import os
import pty
import signal
import subprocess
from collections.abc import Callable

import pytest

from tests.harness.daemon import PATIENCE_SECONDS, PYTHON, DaemonHome
from tests.harness.editor import Editor

CONNECT = (
    "from djobs_local import call; from djobs_protocol.endpoint import state_dir\n"
    "print(call.connect(state_dir()).welcome['instance'], flush=True)\n"
)
IN_A_SESSION = CONNECT + "import signal; signal.pause()"


def kill_process(editor: Editor) -> None:
    os.kill(editor.process.pid, signal.SIGKILL)


def kill_group(editor: Editor) -> None:
    os.killpg(editor.process.pid, signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_process, kill_group])
def test_a_killed_shim_leaves_the_daemon_that_it_had_started(
    daemon_home: DaemonHome, kill: Callable[[Editor], None]
) -> None:
    with Editor(daemon_home, own_session=True) as editor:
        editor.open()
        instance = daemon_home.instance()
        kill(editor)
        editor.process.wait(PATIENCE_SECONDS)
        assert editor.process.returncode == -signal.SIGKILL
    assert_same(daemon_home, instance)


def test_a_closed_terminal_leaves_the_daemon_that_its_session_had_started(
    daemon_home: DaemonHome,
) -> None:
    master, terminal = pty.openpty()
    leader = subprocess.Popen(
        [PYTHON, "-c", LEADER, IN_A_SESSION],
        env=daemon_home.env,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    instance = os.read(master, 1000).decode().strip()
    assert os.tcgetpgrp(master) == leader.pid, "the terminal is that session's own"
    os.close(master)
    assert leader.wait(PATIENCE_SECONDS) == -signal.SIGHUP
    assert_same(daemon_home, instance)


LEADER = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
exec(sys.argv[1])
"""
"""Makes the terminal that it has as standard input the one of its session."""


def assert_same(home: DaemonHome, instance: str) -> None:
    """Fail unless the one daemon that there ever was answers, and is that instance."""
    assert home.instance() == instance
    assert len(home.births()) == 1
