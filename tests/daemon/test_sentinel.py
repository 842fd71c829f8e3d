"""A daemon whose files change under it mends what is a hint and leaves when the truth is gone."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from djobs_daemon import binding
from djobs_daemon.sentinel_rules import REBINDS_MAX
from djobs_daemon.watch.inotify import InotifyWatcher, names_in
from djobs_local.presence import Kind
from djobs_local.records import read_record
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, wait_until

NOTICED_SECONDS = 5.0
"""From the loss of its lock to the end of a daemon that serves nobody; about 0.1 s when idle."""


@pytest.fixture
def watched(daemon_home: DaemonHome) -> DaemonHome:
    """Return a home with a daemon that watches over its files."""
    daemon_home.start()
    daemon_home.wait_watched()
    return daemon_home


@pytest.fixture
def foreground(daemon_home: DaemonHome) -> "subprocess.Popen[bytes]":
    """Return a watching daemon that is the test's own child, so that its status can be seen."""
    daemon = daemon_home.foreground()
    daemon_home.wait_ready()
    daemon_home.wait_watched()
    return daemon


def serving(home: DaemonHome, instance: str) -> bool:
    seen = home.look()
    return seen.kind is Kind.SERVING and seen.instance == instance


def remove_socket(home: DaemonHome) -> None:
    os.unlink(home.socket)


def remove_socket_folder(home: DaemonHome) -> None:
    # In one step: file by file, the daemon would put back what was just removed.
    os.rename(os.path.dirname(home.socket), home.folder / "removed")
    shutil.rmtree(home.folder / "removed")


def lock_socket_folder(home: DaemonHome) -> None:
    os.chmod(os.path.dirname(home.socket), 0)


def open_socket_folder(home: DaemonHome) -> None:
    os.chmod(os.path.dirname(home.socket), 0o777)


def replace_socket(home: DaemonHome) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(home.socket + ".new")
    os.replace(home.socket + ".new", home.socket)


@pytest.mark.parametrize(
    "harm",
    [
        remove_socket,
        remove_socket_folder,
        lock_socket_folder,
        open_socket_folder,
        replace_socket,
    ],
)
def test_the_same_daemon_is_reachable_again_after_harm_to_its_socket(
    harm: object, watched: DaemonHome
) -> None:
    instance = watched.instance()
    assert callable(harm)
    harm(watched)
    wait_until(
        lambda: os.path.exists(watched.socket) and _mended(watched, instance),
        "the same daemon answers",
        5,
    )
    assert len(watched.births()) == 1


def _mended(home: DaemonHome, instance: str) -> bool:
    try:
        return serving(home, instance)
    except DjobsError:  # the folder is open to others, and the client refuses it for as long
        return False


def test_connections_survive_the_loss_of_the_socket_s_name(watched: DaemonHome) -> None:
    with watched.connect() as connection:
        os.unlink(watched.socket)
        wait_until(lambda: os.path.exists(watched.socket), "the socket is back")
        assert connection.call("daemon.health")["status"] == "ok"
        assert watched.instance() == connection.welcome["instance"]


def test_a_file_in_the_socket_s_place_ends_the_daemon_with_the_reason(
    foreground: "subprocess.Popen[bytes]", daemon_home: DaemonHome
) -> None:
    path = Path(daemon_home.socket)
    intruder = path.with_name("intruder")
    intruder.write_text("keep me")
    intruder.replace(path)
    _, errors = foreground.communicate(timeout=PATIENCE_SECONDS)
    assert foreground.returncode == 71
    assert b"is not a socket" in errors
    assert path.read_text() == "keep me"


def test_a_socket_that_is_removed_for_ever_ends_the_daemon(
    foreground: "subprocess.Popen[bytes]", daemon_home: DaemonHome
) -> None:
    for _ in range(REBINDS_MAX + 1):
        wait_until(lambda: os.path.exists(daemon_home.socket), "the socket is back")
        os.unlink(daemon_home.socket)
    _, errors = foreground.communicate(timeout=PATIENCE_SECONDS)
    assert foreground.returncode == 71
    assert b"again and again" in errors


@pytest.mark.parametrize("garbage", [b"", b"]]", b'{"instance": "another"}', b"\0" * 100_000])
def test_an_overwritten_record_is_written_again(garbage: bytes, watched: DaemonHome) -> None:
    path = Path(endpoint.state_file(watched.state, endpoint.ENDPOINT_RECORD))
    before = watched.record()
    path.write_bytes(garbage)
    wait_until(lambda: read_record(str(path)) == before, "the record is right again")


def test_a_removed_record_is_written_again(watched: DaemonHome) -> None:
    path = endpoint.state_file(watched.state, endpoint.ENDPOINT_RECORD)
    before = watched.record()
    os.unlink(path)
    wait_until(lambda: read_record(path) == before, "the record is there again")


def test_a_removed_lock_file_ends_the_daemon_and_the_next_client_starts_one(
    foreground: "subprocess.Popen[bytes]", daemon_home: DaemonHome
) -> None:
    os.unlink(daemon_home.lock)
    _, errors = foreground.communicate(timeout=NOTICED_SECONDS)
    assert foreground.returncode == 71
    assert b"lock file was removed" in errors
    with daemon_home.connect(spawn=True) as connection:
        assert connection.welcome["pid"] != foreground.pid
    assert len(daemon_home.births()) == 2


def test_a_replaced_lock_file_never_lets_two_daemons_serve(watched: DaemonHome) -> None:
    first = watched.identity()
    Path(watched.lock + ".new").touch(mode=0o600)
    os.replace(watched.lock + ".new", watched.lock)
    with watched.connect(spawn=True, deadline_seconds=PATIENCE_SECONDS) as connection:
        assert connection.welcome["pid"] != first.pid
        assert not os.path.exists(f"/proc/{first.pid}/exe")


def remove_database(home: DaemonHome) -> None:
    # In one step: the daemon closes what is left, and SQLite removes its own files with that.
    (home.folder / "jobs.db").rename(home.folder / "removed.db")


def replace_database(home: DaemonHome) -> None:
    other = home.folder / "other.db"
    shutil.copy(home.folder / "jobs.db", other)
    other.replace(home.folder / "jobs.db")


@pytest.mark.parametrize("harm", [remove_database, replace_database])
def test_a_database_that_is_not_the_one_opened_ends_the_daemon(
    harm: object, foreground: "subprocess.Popen[bytes]", daemon_home: DaemonHome
) -> None:
    assert callable(harm)
    harm(daemon_home)
    left = (daemon_home.folder / "jobs.db").exists()
    _, errors = foreground.communicate(timeout=PATIENCE_SECONDS)
    assert foreground.returncode == 65
    assert b"db_replaced" in errors
    assert (daemon_home.folder / "jobs.db").exists() == left, "a database was made from nothing"


def test_a_write_after_the_database_was_replaced_is_refused(daemon_home: DaemonHome) -> None:
    daemon_home.start()
    jobs = {"jobs": [{"type": "t"}], "correlation_id": "w"}
    with daemon_home.connect() as connection:
        connection.call("job.enqueue", jobs)
        replace_database(daemon_home)
        with pytest.raises(DjobsError) as refused:
            connection.call("job.enqueue", jobs)
        assert refused.value.code in ("db_replaced", "draining", "unavailable")
    daemon_home.wait_gone()


def test_a_state_folder_that_is_moved_away_ends_the_daemon(
    foreground: "subprocess.Popen[bytes]", daemon_home: DaemonHome, tmp_path: Path
) -> None:
    daemon_home.folder.rename(tmp_path / "elsewhere")
    _, errors = foreground.communicate(timeout=PATIENCE_SECONDS)
    assert foreground.returncode == 71
    assert b"state folder was removed" in errors
    assert not daemon_home.folder.exists()


def test_a_state_folder_that_is_removed_file_by_file_ends_the_daemon(
    foreground: "subprocess.Popen[bytes]", daemon_home: DaemonHome
) -> None:
    wait_until(lambda: _removed(daemon_home.folder), "the folder is gone")
    _, errors = foreground.communicate(timeout=PATIENCE_SECONDS)
    # Which loss it sees first is up to the order of removal; each is a reason to end.
    assert foreground.returncode in (65, 71)
    assert b"ground is gone" in errors
    assert not daemon_home.folder.exists()


def _removed(folder: Path) -> bool:
    shutil.rmtree(folder, ignore_errors=True)  # the daemon may just be writing its record anew
    return not folder.exists()


def test_a_failure_of_the_watching_itself_ends_the_daemon(daemon_home: DaemonHome) -> None:
    daemon = daemon_home.foreground(DJOBS_FP="core.sentinel=raise:EIO")
    _, errors = daemon.communicate(timeout=PATIENCE_SECONDS)
    assert daemon.returncode == 70
    assert b"sentinel failed" in errors


@pytest.mark.anyio
async def test_inotify_wakes_for_the_names_that_matter_and_sleeps_for_others(
    daemon_home: DaemonHome,
) -> None:
    import anyio

    watcher = InotifyWatcher()
    watcher.watch([daemon_home.state], {"wanted"})
    (daemon_home.folder / "unwanted").touch()
    with anyio.move_on_after(0.3) as patience:
        await watcher.changed()
    assert patience.cancelled_caught
    (daemon_home.folder / "wanted").touch()
    with anyio.fail_after(5):
        await watcher.changed()
    watcher.close()


def test_names_are_read_out_of_inotify_s_bytes() -> None:
    header = (1).to_bytes(4, "little") + bytes(8)
    events = header + (16).to_bytes(4, "little") + b"d.sock".ljust(16, b"\0")
    events += header + (0).to_bytes(4, "little")
    assert list(names_in(events)) == [b"d.sock", b""]


def test_a_socket_that_is_removed_while_it_is_bound_is_bound_at_the_next_look(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = str(tmp_path / "d.sock")
    monkeypatch.setattr(binding, "file_id", lambda _: None)
    with pytest.raises(binding.SocketVanished):
        binding.bind(path)
    monkeypatch.undo()
    binding.release(binding.bind(path))
    assert not os.path.exists(path)
