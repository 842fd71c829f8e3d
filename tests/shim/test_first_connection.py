"""Before the first welcome: start the daemon, or say in one line why there is none."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from djobs_local import identity, records, stop_mark
from djobs_local.locks import KernelLock
from djobs_protocol.endpoint import DAEMON_LOCK, ENDPOINT_RECORD, socket_path
from tests.harness.needs import needs_root, without_powers
from tests.harness.waiting import wait_until
from tests.shim import patched
from tests.shim.process import installed_copy, running
from tests.shim.standin import StandIn

HASTY = "patience.FIRST_WELCOME_SECONDS = 0.5"


def test_an_absent_daemon_is_started_and_the_first_line_waits_for_it(home: Path) -> None:
    starting = (
        "def start(state, deadline_seconds, who, terms):\n"
        "    open(os.path.join(state, 'asked'), 'w').write(who)\n"
        "djobs_local.start.ensure_running = start\n"
    )
    with running(home, run=patched.shim(starting)) as shim:
        shim.say(b'{"id":1}\n')
        wait_until((home / "asked").exists, "the daemon is started")
        who = f"djobs-mcp {shim.pid}"
        wait_until(lambda: (home / "asked").read_text() == who, "the starter says who it is")
        with StandIn(home) as daemon:
            link = daemon.serve()
            assert link.line() == b'{"id":1}'


def test_a_stop_on_purpose_is_respected_and_says_what_to_run(home: Path) -> None:
    stop_mark.write_stop_mark(str(home), "a person")
    with running(home) as shim:
        shim.say(b'{"id":1}\n')
        assert shim.rest() == b""
        assert shim.status() == 79
        (line,) = shim.errors().splitlines()
        assert "stopped on purpose" in line
        assert "djobsctl start" in line


def test_a_failed_start_ends_it_with_the_reason(home: Path) -> None:
    with running(home, run=patched.shim(patched.NO_START)) as shim:
        assert shim.status() == 71
        assert "djobs-mcp: It would not start." in shim.errors()


def test_a_starter_that_breaks_is_reported_and_not_waited_for(home: Path) -> None:
    broken = "djobs_local.start.ensure_running = lambda *_, **__: 1 / 0"
    with running(home, run=patched.shim(broken)) as shim:
        assert shim.status() == 70
        assert "ZeroDivisionError" in shim.errors()


def test_a_missing_package_is_reported_as_a_failed_start(home: Path) -> None:
    with running(home, run=patched.shim("sys.modules['djobs_local.start'] = None")) as shim:
        assert shim.status() == 71
        assert "cannot be loaded" in shim.errors()


def test_a_mute_daemon_is_named_and_left_alone(home: Path) -> None:
    own = identity.of_process(os.getpid())
    assert own is not None
    record = {**own.to_record(), "schema": 1, "phase": "ready", "started_at": 0}
    with (
        StandIn(home) as daemon,
        running(home, run=patched.shim(HASTY, patched.NO_START_POSSIBLE)) as shim,
    ):
        lock = KernelLock.acquire(str(home / DAEMON_LOCK), 0)
        assert lock is not None
        with lock:
            records.write_record(str(home / ENDPOINT_RECORD), record)
            daemon.accept().line()  # it hears, and says nothing
            assert shim.status() == 75
            (line,) = shim.errors().splitlines()
        assert f"pid {os.getpid()}" in line
        assert "running for " in line
        assert "djobsctl status" in line


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        ("def look(*_): raise OSError(24, 'Too many open files')", "Too many open files"),
        ("sys.modules['djobs_shim.mute'] = look = None", "cannot be loaded"),
    ],
)
def test_whatever_keeps_it_from_naming_a_mute_daemon_is_one_line(
    home: Path, daemon: StandIn, broken: str, word: str
) -> None:
    code = (HASTY, patched.NO_START_POSSIBLE, broken, "djobs_local.presence.look = look")
    with running(home, run=patched.shim(*code)) as shim:
        daemon.accept()
        assert shim.status() in (70, 71)
        (line,) = shim.errors().splitlines()
        assert word in line


def test_a_full_queue_of_connections_is_no_absence(home: Path) -> None:
    with StandIn(home, backlog=0) as daemon:
        waiting: list[socket.socket] = []
        try:
            while fills_the_queue(daemon.path, waiting):
                pass
            with running(home, run=patched.shim(HASTY, patched.NO_START_POSSIBLE)) as shim:
                assert shim.status() == 75
        finally:
            for sock in waiting:
                sock.close()


def fills_the_queue(path: str, waiting: list[socket.socket]) -> bool:
    """Connect once more; False when the queue is full."""
    sock = socket.socket(socket.AF_UNIX)
    waiting.append(sock)
    sock.setblocking(False)
    try:
        sock.connect(path)
    except BlockingIOError:
        return False
    return True


@pytest.mark.parametrize("folder", ["", "run"])
def test_a_folder_open_to_others_is_refused(home: Path, folder: str) -> None:
    with StandIn(home) as daemon:
        (home / folder).chmod(0o777)
        with running(home, run=patched.shim(patched.NO_START_POSSIBLE)) as shim:
            assert shim.status() == 77
            assert "chmod 700" in shim.errors()
        assert not daemon.has_visitor()


def test_a_folder_that_is_a_link_is_refused(home: Path) -> None:
    with StandIn(home) as daemon:
        (home / "run").rename(home / "elsewhere")
        (home / "run").symlink_to(home / "elsewhere")
        with running(home, run=patched.shim(patched.NO_START_POSSIBLE)) as shim:
            assert shim.status() == 77
            assert "symbolic link" in shim.errors()
        assert not daemon.has_visitor()


@needs_root
def test_a_socket_that_another_user_listens_on_is_refused_before_a_byte(home: Path) -> None:
    squatter = (
        "import os, socket, sys\n"
        "listener = socket.socket(socket.AF_UNIX)\n"
        "listener.bind(sys.argv[1])\n"
        "os.setuid(65534)\n"
        "listener.listen()\n"
        "print('listening', flush=True)\n"
        "connection = listener.accept()[0]\n"
        "print('heard', connection.recv(100), flush=True)\n"
    )
    path = socket_path(str(home))
    os.mkdir(os.path.dirname(path), 0o700)
    with subprocess.Popen(
        [sys.executable, "-c", squatter, path], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listening\n"
        with running(home) as shim:
            assert shim.status() == 77
            assert "uid 65534" in shim.errors()
        assert process.stdout.readline() == b"heard b''\n"


def test_a_socket_that_may_not_be_connected_to_is_not_taken_for_dead(home: Path) -> None:
    with StandIn(home) as daemon:
        os.chmod(daemon.path, 0)
        run = without_powers(*patched.shim(patched.NO_START_POSSIBLE))
        with running(home, run=run) as shim:
            assert shim.status() == 77
            assert daemon.path in shim.errors()


@pytest.mark.parametrize("closed", [0, 1, 2])
def test_a_closed_standard_descriptor_never_becomes_the_socket(
    home: Path, daemon: StandIn, closed: int
) -> None:
    run = patched.shim("if os.environ.get('CLOSED'): os.close(int(os.environ['CLOSED']))")
    with running(home, run=run, CLOSED=str(closed)) as shim:
        if closed != 0:
            link = daemon.serve()
            link.send(b'{"a":1}\n')
            shim.say(b'{"id":1}\n')
            assert link.line() == b'{"id":1}'
            shim.end()
            assert link.at_end()
            link.close()
        assert shim.status() == 0


@needs_root
def test_a_user_in_no_password_database_is_told_what_to_set() -> None:
    nobody = "os.setuid(54321); del os.environ['DJOBS_HOME']"
    with running(Path("/nonexistent"), run=patched.shim(nobody)) as shim:
        assert shim.status() == 78
        (line,) = shim.errors().splitlines()
        assert "set DJOBS_HOME" in line


@pytest.mark.parametrize("half_written", [True, False], ids=["half written", "missing"])
@pytest.mark.parametrize("module", ["relay", "options", "loop", "trouble", "uplink", "state"])
def test_a_package_that_is_being_replaced_is_one_line_and_a_status(
    home: Path, tmp_path: Path, module: str, half_written: bool
) -> None:
    main = installed_copy(tmp_path)
    broken = main.parent / f"{module}.py"
    if half_written:
        broken.write_text("def begun(")
    else:
        broken.unlink()
    with running(home, run=[sys.executable, "-I", "-S", str(main)]) as shim:
        assert shim.status() == 71
        (line,) = shim.errors().splitlines()
    assert line.startswith("djobs-mcp: djobs cannot be loaded: ")


def test_unknown_arguments_are_refused() -> None:
    for arguments in (["--bogus"], ["--workspace"], ["extra"]):
        with running(Path("/nonexistent"), *arguments) as shim:
            assert shim.status() == 2
            assert "--help" in shim.errors()
            assert shim.rest() == b""


def test_help_and_version_are_printed() -> None:
    with running(Path("/nonexistent"), "--help") as shim:
        assert shim.rest().startswith(b"usage: djobs-mcp")
        assert shim.status() == 0
    with running(Path("/nonexistent"), "--version") as shim:
        assert shim.rest().startswith(b"djobs-mcp ")
        assert shim.status() == 0
