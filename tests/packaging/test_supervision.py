"""What a daemon tells the service manager that owns it (R32)."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_daemon.supervision import FINAL_STATUSES, ManagedPipe, exit_status, lost_status


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        yield manager


def test_it_is_told_of_progress_readiness_and_the_end(heard: socket.socket) -> None:
    pipe = ManagedPipe(None, heard.getsockname())
    pipe.progress("reading")
    pipe.ready(pid=1)
    pipe.stopping()
    assert heard.recv(999) == b"EXTEND_TIMEOUT_USEC=60000000\nSTATUS=reading"
    assert heard.recv(999).startswith(b"READY=1\n")
    assert heard.recv(999).startswith(b"STOPPING=1\n")


def test_a_failure_is_one_line_whatever_its_text(heard: socket.socket) -> None:
    ManagedPipe(None, heard.getsockname()).failed("config", "wrong\nREADY=1", errno=22)
    assert heard.recv(999) == b"STATUS=wrong READY=1\nERRNO=22"


def test_an_abstract_socket_is_found() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("")  # the kernel chooses a name
        manager.settimeout(5)
        name = "@" + manager.getsockname()[1:].decode()
        ManagedPipe(None, name).ready()
        assert manager.recv(999).startswith(b"READY=1\n")


def test_a_manager_that_is_gone_is_no_reason_to_fail(tmp_path: Path) -> None:
    ManagedPipe(None, str(tmp_path / "nobody")).ready()


@pytest.mark.parametrize("owner", ["launchd", "task"])
def test_managers_that_start_all_but_0_anew_see_0_for_an_end_that_stays(owner: str) -> None:
    assert {exit_status(owner, each) for each in FINAL_STATUSES} == {0}
    assert exit_status(owner, 70) == 70


def test_systemd_sees_the_status_and_a_terminal_no_failure_where_another_serves() -> None:
    assert exit_status("service", 79) == 79
    assert lost_status("service") in FINAL_STATUSES
    assert lost_status("foreground") == 0
