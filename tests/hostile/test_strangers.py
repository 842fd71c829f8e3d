"""Other users, and folders that are not private (R22)."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, StartFailed
from tests.harness.editor import MAIN
from tests.harness.needs import needs_root
from tests.hostile.peer import greeted

NOBODY = 65534
EX_NOPERM = 77

STRANGER = """
import os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
peer = socket.socket(socket.AF_UNIX)
peer.settimeout(20)
peer.connect(sys.argv[2])
print("connected", flush=True)
try:
    peer.sendall(b'{"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":[1,1],"build":"0"}}\\n')
except BrokenPipeError:
    pass
try:
    heard = peer.recv(1000)
except ConnectionResetError:
    heard = b""
sys.stdout.write(f"{os.getuid()} {heard!r}")
"""


@needs_root
def test_another_user_is_shown_out_before_a_byte_is_heard(running_daemon: DaemonHome) -> None:
    path = Path(running_daemon.socket)
    running_daemon.sigstop()  # or it would close the folder again
    for open_up in (running_daemon.folder, path.parent, path):
        open_up.chmod(0o777)
    stranger = running_daemon.client(STRANGER, str(NOBODY), str(path))
    assert stranger.stdout is not None
    assert stranger.stdout.readline() == b"connected\n"
    running_daemon.sigcont()
    output, errors = stranger.communicate(timeout=PATIENCE_SECONDS)
    assert output.decode() == f"{NOBODY} b''", errors.decode()
    with greeted(running_daemon) as owner:
        assert owner.ask("daemon.health")["result"]["status"] == "ok"
        known = owner.ask("daemon.status")["result"]["connections"]
    assert len(known) == 1


def commands(home: DaemonHome) -> dict[str, subprocess.CompletedProcess[str]]:
    """Run the two clients that people have; both must end by themselves."""
    python = sys.executable
    found = {}
    for name, command in {
        "djobsctl": [python, "-m", "djobsctl", "list"],
        "djobs-mcp": [python, "-I", "-S", str(MAIN)],
    }.items():
        found[name] = subprocess.run(
            command,
            env=home.env,
            input="",
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    return found


def assert_refused_by_all(home: DaemonHome, hint: str) -> None:
    """Fail unless the daemon and every client refuse, name the folder, and say what to do."""
    with pytest.raises(StartFailed) as refused:
        home.start()
    assert_says(str(refused.value.info.get("text")), home.state, hint)
    with pytest.raises(DjobsError) as trouble:
        home.connect(spawn=True)
    assert trouble.value.code is ErrorCode.PERMISSION
    for name, done in commands(home).items():
        assert done.returncode == EX_NOPERM, (name, done)
        assert_says(done.stderr, home.state, hint)
    assert home.births() == []


def assert_says(text: str, *parts: str) -> None:
    for part in parts:
        assert part in text, text


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o711, 0o1777])
def test_a_folder_open_to_others_is_refused_with_the_command(
    daemon_home: DaemonHome, mode: int
) -> None:
    daemon_home.folder.chmod(mode)
    assert_refused_by_all(daemon_home, "chmod 700")
    assert daemon_home.folder.stat().st_mode & 0o7777 == mode


def test_a_folder_that_became_open_to_others_is_refused_by_clients(
    running_daemon: DaemonHome,
) -> None:
    running_daemon.folder.chmod(0o777)
    for name, done in commands(running_daemon).items():
        assert done.returncode == EX_NOPERM, (name, done)
        assert_says(done.stderr, "chmod 700")
    running_daemon.folder.chmod(0o700)
    assert running_daemon.status()["phase"] in ("serving", "degraded")


def test_a_link_to_the_home_is_the_home_and_a_link_to_an_open_folder_is_refused(
    daemon_home: DaemonHome,
) -> None:
    link = daemon_home.folder.with_suffix(".link")
    link.symlink_to(daemon_home.folder)
    try:
        daemon_home.env["DJOBS_HOME"] = str(link)
        daemon_home.start()
        assert commands(daemon_home)["djobsctl"].returncode == 0
        assert len(daemon_home.births()) == 1
        daemon_home.folder.chmod(0o777)
        assert_says(commands(daemon_home)["djobsctl"].stderr, daemon_home.state, "chmod 700")
    finally:
        link.unlink()


@pytest.fixture
def deep_home(daemon_home: DaemonHome) -> Iterator[Path]:
    """Return the folder below /tmp where the socket of a home with a long path goes."""
    daemon_home.state = str(daemon_home.folder / ("x" * 120))
    daemon_home.env["DJOBS_HOME"] = daemon_home.state
    place = Path(daemon_home.socket).parent
    assert not place.is_relative_to(daemon_home.folder)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    yield place
    if place.is_symlink():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)


def assert_short_folder_refused(home: DaemonHome, place: Path, hint: str) -> None:
    with pytest.raises(StartFailed) as refused:
        home.start()
    assert_says(str(refused.value.info.get("text")), str(place), hint)
    done = commands(home)["djobsctl"]
    assert done.returncode == EX_NOPERM, done
    assert_says(done.stderr, str(place), hint)


def test_a_socket_folder_that_is_a_link_is_refused(
    daemon_home: DaemonHome, deep_home: Path
) -> None:
    elsewhere = daemon_home.folder / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    deep_home.symlink_to(elsewhere)
    assert_short_folder_refused(daemon_home, deep_home, "link")
    assert list(elsewhere.iterdir()) == []


def test_a_socket_folder_open_to_others_is_refused(
    daemon_home: DaemonHome, deep_home: Path
) -> None:
    deep_home.mkdir()
    deep_home.chmod(0o777)
    assert_short_folder_refused(daemon_home, deep_home, "chmod 700")


@needs_root
def test_a_folder_of_somebody_else_is_refused(daemon_home: DaemonHome) -> None:
    os.chown(daemon_home.folder, NOBODY, NOBODY)
    assert_refused_by_all(daemon_home, "chown")
