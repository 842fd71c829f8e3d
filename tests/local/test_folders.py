"""Private folders, other users' sockets, the guard around the real daemon (R20 to R22, R29)."""

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from djobs_local import folders, presence, settings, start
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.needs import needs_root
from tests.local.client import STAND_IN
from tests.local.place import Place, changed_environment

NOBODY = 65534


def refusal(path: str) -> str:
    """Return the message with which a folder is refused."""
    with pytest.raises(DjobsError) as caught:
        folders.verify_private_folder(path)
    assert caught.value.code is ErrorCode.PERMISSION
    assert path in caught.value.message
    with pytest.raises(DjobsError) as again:
        folders.ensure_private_folder(path)
    assert again.value.message == caught.value.message
    return caught.value.message


def test_a_missing_folder_is_created_private_with_its_parents(tmp_path: Path) -> None:
    path = str(tmp_path / "a" / "b")
    old = os.umask(0o277)
    try:
        folders.ensure_private_folder(path)
    finally:
        os.umask(old)
    for made in (path, os.path.dirname(path)):
        assert stat.S_IMODE(os.stat(made).st_mode) == 0o700


def test_looking_at_a_missing_folder_does_not_create_it(tmp_path: Path) -> None:
    assert not folders.verify_private_folder(str(tmp_path / "a"))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("mode", [0o777, 0o750, 0o701, 0o1777])
def test_a_folder_open_to_others_is_refused_with_the_command_to_run(
    tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "open"
    path.mkdir()
    path.chmod(mode)
    assert f"`chmod 700 {path}`" in refusal(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_link_is_refused_even_to_a_private_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(0o700)
    (tmp_path / "link").symlink_to("real")
    assert "symbolic link" in refusal(str(tmp_path / "link"))


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "not a folder" in refusal(str(tmp_path / "file"))


@needs_root
def test_another_users_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "theirs"
    path.mkdir(0o700)
    os.chown(path, NOBODY, -1)
    assert f"belongs to uid {NOBODY}" in refusal(str(path))


def test_a_folder_that_cannot_be_made_is_refused_by_path() -> None:
    with pytest.raises(DjobsError, match="/proc/djobs"):
        folders.ensure_private_folder("/proc/djobs")


def test_a_state_folder_gets_everything_a_daemon_needs(place: Place) -> None:
    folders.prepare_state(place.state)
    folders.prepare_state(place.state)
    assert sorted(os.listdir(place.state)) == ["backups", "logs", "run"]
    assert folders.verify_socket_folders(place.state)


@pytest.mark.parametrize("name", ["run", "."])
def test_a_client_refuses_an_open_folder_on_the_way_to_the_socket(place: Place, name: str) -> None:
    folders.prepare_state(place.state)
    os.chmod(os.path.join(place.state, name), 0o755)
    with pytest.raises(DjobsError, match="chmod 700"):
        presence.look(place.state)


@pytest.mark.parametrize(("extra", "short"), [(0, False), (1, True)])
def test_the_socket_moves_below_tmp_only_when_its_path_is_too_long(extra: int, short: bool) -> None:
    tail = len("/run/d.sock")
    state = "/" + "x" * (endpoint.SOCKET_PATH_BYTES_MAX - tail - 1 + extra)
    path = endpoint.socket_path(state)
    assert path.startswith(f"/tmp/djobs-{os.getuid()}/") is short
    assert len(os.fsencode(path)) <= endpoint.SOCKET_PATH_BYTES_MAX
    with socket.socket(socket.AF_UNIX) as sock, pytest.raises(FileNotFoundError):
        sock.connect(path)


def test_a_long_path_with_letters_beyond_ascii_still_finds_its_daemon(place: Place) -> None:
    place.state = os.path.join(place.root, "ä" * 60, "x" * 60)
    folders.ensure_private_folder(place.state)
    said = place.ensure()
    socket_folder = os.path.dirname(endpoint.socket_path(place.state))
    assert socket_folder.startswith("/tmp/djobs-")
    assert said["instance"] == place.births()[0]["instance"]
    assert stat.S_IMODE(os.stat(socket_folder).st_mode) == 0o700


@needs_root
def test_a_squatted_short_folder_is_refused(place: Place) -> None:
    place.state = os.path.join(place.root, "x" * 100)
    folders.prepare_state(place.state)
    os.chown(os.path.dirname(endpoint.socket_path(place.state)), NOBODY, -1)
    assert place.ensure()["code"] == "permission"
    assert place.births() == []


def test_both_ends_of_a_socket_see_the_others_pid_and_uid() -> None:
    left, right = socket.socketpair()
    with left, right:
        assert folders.peer(left) == (os.getpid(), os.geteuid())
        assert folders.peer(right) == (os.getpid(), os.geteuid())
        assert folders.check_peer(left) == os.getpid()


LISTEN_AS_NOBODY = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
os.setuid(65534)
listener.listen(8)
print("up", flush=True)
connection, _ = listener.accept()
print(len(connection.recv(100)), flush=True)
sys.stdin.read()
"""


@needs_root
def test_another_users_listener_is_foreign_and_gets_no_byte(place: Place) -> None:
    folders.prepare_state(place.state)
    path = endpoint.socket_path(place.state)
    command = [sys.executable, "-c", LISTEN_AS_NOBODY, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout is not None
        assert stranger.stdin is not None
        stranger.stdout.readline()
        seen = presence.look(place.state)
        received = stranger.stdout.readline()
        stranger.stdin.close()
    assert seen.kind is presence.Kind.FOREIGN
    assert f"uid {NOBODY}" in seen.detail
    assert received == b"0\n"


def test_the_guard_speaks_only_about_the_real_folder_and_only_in_tests(place: Place) -> None:
    folders.refuse_real_home(place.state)
    with pytest.raises(DjobsError, match="This is a test"):
        folders.refuse_real_home(endpoint.default_state_dir())


def test_outside_tests_the_real_folder_is_nobodys_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJOBS_TEST")
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    folders.refuse_real_home(endpoint.default_state_dir())


ENDPOINT = "from djobs_protocol import endpoint as e; s=e.state_dir(); print(s, e.socket_path(s))"


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"HOME": "/nonexistent", "TMPDIR": "/var/tmp", "XDG_STATE_HOME": "/x"},
        {"HOME": "", "XDG_RUNTIME_DIR": "/run/user/0"},
        {"LANG": "C", "LC_ALL": "POSIX"},
    ],
)
def test_the_endpoint_does_not_depend_on_the_environment(changes: dict[str, str]) -> None:
    command = [sys.executable, "-I", "-c", ENDPOINT]
    bare = subprocess.run(command, env={}, cwd="/", capture_output=True, check=True).stdout
    changed = subprocess.run(
        command, env={**os.environ, **changes}, cwd="/tmp", capture_output=True, check=True
    ).stdout
    assert changed == bare


def test_links_and_dots_in_the_chosen_home_name_the_same_daemon(place: Place) -> None:
    instance = place.ensure()["instance"]
    link = os.path.join(place.root, "link")
    os.symlink(place.state, link)
    for spelled in (link, f"{link}/", f"{place.root}/./s", f"{place.root}/x/../s"):
        with changed_environment(DJOBS_HOME=spelled):
            assert presence.look(endpoint.state_dir()).instance == instance


def test_a_user_in_no_password_database_needs_djobs_home_and_nothing_else(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    with pytest.raises(DjobsError, match="set DJOBS_HOME") as caught:
        endpoint.state_dir({})
    assert caught.value.code is ErrorCode.CONFIG_INVALID
    assert settings.load(place.state, {}).config_path.startswith(place.state)
    start.ensure_running(place.state, 10, "test", start.Terms(daemon_main=STAND_IN))
    facts = presence.look(place.state).welcome["facts"]
    assert (facts["environ"]["DJOBS_HOME"], facts["environ"]["HOME"]) == (place.state,) * 2
