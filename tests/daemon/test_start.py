"""A start ends in ``ready`` or in a reason that all hear (R3, R7, R12, R13, R21, R22, R29)."""

import json
import os
import pwd
import resource
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from djobs_local import attempts, call, presence
from djobs_protocol.endpoint import default_state_dir
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, StartFailed
from tests.harness.needs import needs_root

Spoil = Callable[[DaemonHome], None]


def spoil_config(home: DaemonHome) -> None:
    (home.folder / "config.toml").write_text("log_level = 'LOUD'\n")


def spoil_folder(home: DaemonHome) -> None:
    home.folder.chmod(0o777)


def spoil_logs(home: DaemonHome) -> None:
    (home.folder / "logs").write_text("a file")


def spoil_socket(home: DaemonHome) -> None:
    (home.folder / "run").mkdir(mode=0o700)
    Path(home.socket).write_text("keep me")


def spoil_database(home: DaemonHome) -> None:
    (home.folder / "jobs.db").write_bytes(b"no database, but somebody's file" * 100)


SPOILS: dict[str, tuple[Spoil, str, str, int]] = {
    # what is wrong: (how, stage, part of the text, exit status)
    "a wrong setting": (spoil_config, "config", "log_level", 78),
    "a folder open to all": (spoil_folder, "folders", "chmod 700", 77),
    "a file where the logs go": (spoil_logs, "folders", "logs is not a folder", 77),
    "a file at the socket's path": (spoil_socket, "endpoint", "is not a socket", 71),
    "a file that is no database": (spoil_database, "store", "jobs.db", 65),
}


@pytest.mark.parametrize("what", SPOILS)
def test_a_failed_start_names_stage_path_and_reason(what: str, daemon_home: DaemonHome) -> None:
    spoil, stage, text, _ = SPOILS[what]
    spoil(daemon_home)
    with pytest.raises(StartFailed) as failed:
        daemon_home.start()
    assert failed.value.info["stage"] == stage
    assert text in failed.value.info["text"]
    assert str(daemon_home.folder) in failed.value.info["text"] + failed.value.info["path"]


@pytest.mark.parametrize("what", SPOILS)
def test_a_failed_start_in_the_foreground_says_so_and_exits_by_the_catalogue(
    what: str, daemon_home: DaemonHome
) -> None:
    spoil, _, text, status = SPOILS[what]
    spoil(daemon_home)
    daemon = daemon_home.foreground()
    output, errors = daemon.communicate(timeout=PATIENCE_SECONDS)
    assert daemon.returncode == status
    assert text in errors.decode()
    assert output == b""


def connect_and_fail(home: DaemonHome, monkeypatch: pytest.MonkeyPatch) -> DjobsError:
    """Connect as any client does, with the home's environment; return the error."""
    for name, value in home.env.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(DjobsError) as failed:
        call.connect(home.state)
    return failed.value


FAULTS = {
    # failpoint: (stage, errno, part of the text)
    "start.lock=raise:ENOSPC": ("lock", 28, "No space left"),
    "start.bound=raise:EMFILE": ("endpoint", 24, "Too many open files"),
    "start.store=raise:EACCES": ("store", 13, "Permission denied"),
    "start.store=exit:9": ("killed", None, "died before it was ready"),
    "start.bound=kill9": ("killed", None, "died before it was ready"),
    "start.ready=kill9": ("killed", None, "SIGKILL"),
    "start.import=segv": ("died", None, "Segmentation fault"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_stage_reaches_the_client_and_the_next_one(
    fault: str, daemon_home: DaemonHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, number, text = FAULTS[fault]
    daemon_home.env["DJOBS_FP"] = fault
    error = connect_and_fail(daemon_home, monkeypatch)
    assert error.code is ErrorCode.START_FAILED
    assert error.data["stage"] == stage
    assert error.data.get("errno") == number
    assert text in error.message
    seen = daemon_home.look()
    assert seen.kind is presence.Kind.START_FAILED
    assert text in seen.detail


def test_the_third_failure_in_a_row_is_told_without_another_start(
    daemon_home: DaemonHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_config(daemon_home)
    for _ in range(3):
        connect_and_fail(daemon_home, monkeypatch)
    known = len(attempts.read_attempts(daemon_home.state))
    error = connect_and_fail(daemon_home, monkeypatch)
    assert "log_level" in error.message
    assert error.data["retry_seconds"] > 0
    assert len(attempts.read_attempts(daemon_home.state)) == known == 3


def test_each_attempt_prints_into_a_log_of_its_own(
    daemon_home: DaemonHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon_home.env["DJOBS_FP"] = "start.lock=raise:NO_SUCH_ERRNO"  # a bug: AttributeError
    error = connect_and_fail(daemon_home, monkeypatch)
    assert "AttributeError" in error.message
    assert "Traceback" in Path(error.data["log"]).read_text()
    daemon_home.env["DJOBS_FP"] = "start.bound=exit:7"
    monkeypatch.setenv("DJOBS_FP", "start.bound=exit:7")
    second = connect_and_fail(daemon_home, monkeypatch)
    assert second.data["log"] != error.data["log"]
    assert "Traceback" not in second.message


def test_a_daemon_that_dies_before_ready_closes_its_pipe_without_a_word(
    daemon_home: DaemonHome,
) -> None:
    with pytest.raises(StartFailed) as failed:
        daemon_home.start(DJOBS_FP="start.ready=exit:3")
    assert failed.value.info == {"word": ""}


def put_link(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def put_fifo(path: Path) -> None:
    os.mkfifo(path)


def put_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("put", [put_link, put_fifo, put_folder, Path.touch])
def test_what_is_no_socket_at_the_socket_s_path_is_left_alone(
    put: Callable[[Path], None], daemon_home: DaemonHome
) -> None:
    (daemon_home.folder / "run").mkdir(mode=0o700)
    path = Path(daemon_home.socket)
    put(path)
    before = path.lstat()
    with pytest.raises(StartFailed, match=r"d\.sock is not a socket"):
        daemon_home.start()
    assert path.lstat() == before


def test_a_dead_socket_is_replaced(daemon_home: DaemonHome) -> None:
    (daemon_home.folder / "run").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(daemon_home.socket)
    daemon_home.start()
    assert daemon_home.look().kind is presence.Kind.SERVING


def test_folder_socket_and_files_are_private(running_daemon: DaemonHome) -> None:
    found = {path: stat.S_IMODE(path.lstat().st_mode) for path in running_daemon.folder.rglob("*")}
    assert {mode for path, mode in found.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in found.items() if not path.is_dir()} == {0o600}, found


def test_a_linked_socket_folder_is_refused(daemon_home: DaemonHome) -> None:
    elsewhere = daemon_home.folder / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (daemon_home.folder / "run").symlink_to(elsewhere)
    with pytest.raises(StartFailed, match="symbolic link"):
        daemon_home.start()
    assert list(elsewhere.iterdir()) == []


@needs_root
def test_a_home_of_another_user_is_refused(daemon_home: DaemonHome) -> None:
    os.chown(daemon_home.folder, pwd.getpwnam("nobody").pw_uid, -1)
    with pytest.raises(StartFailed, match="chown"):
        daemon_home.start()
    assert os.listdir(daemon_home.folder) == []


@needs_root
def test_another_user_is_cut_off_before_a_byte_is_read(running_daemon: DaemonHome) -> None:
    stranger = (
        "import os, socket, sys\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1])\n"
        "s.sendall(b'{}\\n'); print('said', flush=True)\n"
        "try: print(len(s.recv(100)))\n"
        "except ConnectionResetError: print(0)"
    )
    running_daemon.sigstop()  # it would mend the modes before the stranger is there
    for path in (running_daemon.folder, running_daemon.folder / "run"):
        path.chmod(0o755)
    Path(running_daemon.socket).chmod(0o777)
    child = running_daemon.client(stranger, running_daemon.socket)
    assert child.stdout is not None
    assert child.stdout.readline() == b"said\n"
    running_daemon.sigcont()

    assert child.communicate(timeout=PATIENCE_SECONDS) == (b"0\n", b"")


def test_a_home_with_a_long_name_is_served_through_a_short_socket_path() -> None:
    name = "ein-langer-Name-für-einen-Ordner-" + "ö" * 80
    with DaemonHome() as home:
        home.state = str(home.folder / name)
        home.env["DJOBS_HOME"] = home.state
        home.folder = Path(home.state)
        home.start()
        assert home.socket.startswith(f"/tmp/djobs-{os.getuid()}/")
        assert len(os.fsencode(home.state)) > 200
        assert home.record()["socket"] == home.socket
        assert home.look().kind is presence.Kind.SERVING
        home.stop()
        os.rmdir(os.path.dirname(home.socket))


def test_a_test_never_gets_a_daemon_in_the_account_s_own_home(daemon_home: DaemonHome) -> None:
    before = os.path.exists(default_state_dir())
    env = {name: value for name, value in daemon_home.env.items() if name != "DJOBS_HOME"}
    refused = subprocess.run(
        daemon_home.command(), env=env, capture_output=True, timeout=PATIENCE_SECONDS
    )
    assert refused.returncode == 77
    assert default_state_dir() in refused.stderr.decode()
    assert os.path.exists(default_state_dir()) == before


def test_too_few_descriptors_are_a_reason_and_not_a_hang(daemon_home: DaemonHome) -> None:
    refused = subprocess.run(
        daemon_home.command(),
        env=daemon_home.env,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6)),
    )
    assert refused.returncode == 71
    assert b"Too many open files" in refused.stderr


def test_the_command_line_explains_itself_without_touching_anything(
    daemon_home: DaemonHome,
) -> None:
    for arguments, status in ((["--help"], 0), (["--version"], 0), (["--frog"], 2)):
        done = subprocess.run(
            daemon_home.command(*arguments), env=daemon_home.env, capture_output=True, timeout=20
        )
        assert done.returncode == status
        assert b"djobsd" in done.stdout + done.stderr
    assert os.listdir(daemon_home.folder) == []


def test_the_record_describes_the_daemon(running_daemon: DaemonHome) -> None:
    record = running_daemon.record()
    assert record["pid"] == running_daemon.pid()
    assert record["instance"] == running_daemon.instance()
    assert record["phase"] == "serving"
    assert record["socket"] == running_daemon.socket
    assert record["owner"] == "client"
    assert json.dumps(record)
