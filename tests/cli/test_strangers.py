"""Something else listens where the daemon should be."""

import socket
import threading
from collections.abc import Iterator

import pytest

from djobs_local import folders
from tests.cli.command import djobsctl
from tests.harness.daemon import DaemonHome

ANSWER = b"HTTP/1.1 400 Bad Request\r\n\r\n"


@pytest.fixture
def web_server(daemon_home: DaemonHome) -> Iterator[DaemonHome]:
    """Return a home at whose socket a program of this user answers in another protocol."""
    folders.prepare_state(daemon_home.state)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(daemon_home.socket)
        listener.listen()
        thread = threading.Thread(target=answer_all, args=(listener,), daemon=True)
        thread.start()
        yield daemon_home
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def answer_all(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            connection.sendall(ANSWER)


@pytest.mark.parametrize("command", ["list", "show j1bb", "start"])
def test_a_command_names_the_path_and_what_to_do_about_it(
    command: str, web_server: DaemonHome
) -> None:
    error = djobsctl(web_server, *command.split(), "--json").document["error"]
    assert (error["code"], error["exit_status"]) == ("permission", 77)
    assert web_server.socket in error["message"]
    assert "Bad Request" in error["message"]
    assert "Nothing was touched." in error["hint"]
    assert web_server.births() == []


def test_the_database_can_be_checked_all_the_same(web_server: DaemonHome) -> None:
    ran = djobsctl(web_server, "db", "verify")
    assert "There is no database yet" in ran.stderr
