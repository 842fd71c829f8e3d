"""One daemon, found or started, whatever happens (R1, R2, R12 to R14, R23, R24, R28)."""

import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from djobs_local import attempts, environment, presence, spawn, start, stop_mark
from djobs_local.locks import KernelLock
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.waiting import wait_until
from tests.local.client import STAND_IN
from tests.local.place import Place, changed_environment, told


@pytest.mark.parametrize("clients", [16, pytest.param(64, marks=pytest.mark.slow)])
def test_a_herd_of_cold_clients_gets_one_and_the_same_daemon(place: Place, clients: int) -> None:
    rounds = 2 if clients == 16 else spawn.LOGS_KEPT
    for number in range(1, rounds + 1):
        herd = [place.client(30, DJOBS_START_BACKOFF_MAX_S="0") for _ in range(clients)]
        said = [told(client) for client in herd]
        assert len({answer["instance"] for answer in said}) == 1, said
        assert len(place.births()) == number
        assert place.spawned() == number
        place.kill()
        attempts.forget_attempts(place.state)


def test_survivors_of_a_herd_killed_mid_start_share_one_daemon(
    place: Place, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    herd = [place.client(30, f"slow={gate}") for _ in range(8)]
    wait_until(place.births, "a daemon is born")
    for victim in herd[::2]:
        victim.kill()
        victim.communicate()
    gate.touch()
    said = [told(client) for client in herd[1::2]]
    assert {answer["instance"] for answer in said} == {place.births()[0]["instance"]}
    assert len(place.births()) == 1


def test_a_stopped_daemon_is_named_and_never_joined_by_another(place: Place) -> None:
    instance = place.ensure()["instance"]
    place.signal_all(signal.SIGSTOP)
    said = [told(client) for client in [place.client(0.5) for _ in range(6)]]
    assert {answer["code"] for answer in said} == {"unresponsive"}
    assert {answer["pid"] for answer in said} == {place.births()[0]["pid"]}
    assert all("running for" in answer["message"] for answer in said)
    place.signal_all(signal.SIGCONT)
    assert place.ensure()["instance"] == instance
    assert len(place.births()) == 1


def test_deleting_the_lock_file_of_a_stopped_daemon_elects_nobody(place: Place) -> None:
    place.ensure()
    place.signal_all(signal.SIGSTOP)
    os.unlink(endpoint.state_file(place.state, endpoint.DAEMON_LOCK))
    os.unlink(endpoint.socket_path(place.state))
    said = [told(client) for client in [place.client(0.5) for _ in range(4)]]
    assert {answer["code"] for answer in said} == {"unresponsive"}
    assert place.spawned() == 1


def test_a_killed_daemon_is_replaced_by_the_next_client(place: Place) -> None:
    first = place.ensure()["instance"]
    place.kill()
    assert os.path.exists(endpoint.socket_path(place.state))
    assert place.ensure()["instance"] != first


def test_a_failure_is_told_with_stage_errno_path_and_text(place: Place) -> None:
    said = place.ensure(mode="fail")
    assert said["code"] == "start_failed"
    assert (said["stage"], said["errno"], said["path"]) == ("config", 22, "/x")
    assert said["cause"] == "config_invalid"
    assert "line 3 is wrong" in said["message"]


def test_an_early_death_is_told_with_the_last_words_of_this_attempt_only(place: Place) -> None:
    place.ensure(mode="exit_before_fork=9")
    said = place.ensure(mode="die")
    assert said["code"] == "start_failed"
    assert "the last words" in said["message"]
    assert "configured to leave" not in said["message"]


def test_the_exit_status_of_a_program_that_never_detached_is_told(place: Place) -> None:
    assert "exit status 9" in place.ensure(mode="exit_before_fork=9")["message"]


def test_death_between_bind_and_ready_is_a_failure_not_readiness(place: Place) -> None:
    assert place.ensure(mode="die_after_bind")["code"] == "start_failed"


def test_a_daemon_program_that_is_missing_is_named_and_remembered(place: Place) -> None:
    with pytest.raises(DjobsError, match="exit status"):
        start.ensure_running(
            place.state, 5, "test", start.Terms(daemon_main="/nowhere/__main__.py")
        )
    remembered = attempts.read_attempts(place.state)
    assert [attempt.outcome for attempt in remembered] == [attempts.FAILED]
    assert "/nowhere/__main__.py" in remembered[0].text


def test_a_daemon_that_serves_without_having_said_so_is_running(place: Place) -> None:
    said = place.ensure(deadline=1.5, mode="unsaid")
    assert said["instance"] == place.births()[0]["instance"]


def test_progress_extends_the_deadline_of_everybody(place: Place, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    deadline = 0.5
    herd = [place.client(deadline, f"slow={gate}") for _ in range(4)]
    wait_until(place.births, "a daemon is born")
    time.sleep(2 * deadline)  # the deadline of each, were there no progress
    assert [client.poll() for client in herd] == [None] * 4
    gate.touch()
    said = [told(client) for client in herd]
    assert len({answer["instance"] for answer in said}) == 1, said
    assert len(place.births()) == 1


def test_a_start_that_says_nothing_is_reported_at_the_deadline_and_not_killed(
    place: Place,
) -> None:
    said = place.ensure(deadline=0.5, mode="hang")
    assert said["code"] == "unresponsive"
    assert attempts.read_attempts(place.state)[-1].outcome == attempts.SLOW


def test_a_stop_mark_keeps_clients_from_starting_and_says_so(place: Place) -> None:
    stop_mark.write_stop_mark(place.state, "djobsctl stop")
    said = place.ensure()
    assert said["code"] == "stopped_by_user"
    assert "djobsctl stop" in said["message"]
    assert place.births() == []
    start.ensure_running(
        place.state, 10, "test", start.Terms(ignore_stop_mark=True, daemon_main=STAND_IN)
    )
    assert len(place.births()) == 1


def test_a_client_waits_for_the_daemon_that_a_restart_will_start(place: Place) -> None:
    stop_mark.write_stop_mark(place.state, "djobsctl restart", attempts.now_ms() + 2000)
    assert place.ensure(deadline=0.3)["code"] == "stopped_by_user"
    assert place.ensure(deadline=20)["instance"] == place.births()[0]["instance"]


def test_a_client_that_may_not_start_says_that_none_runs(place: Place) -> None:
    with pytest.raises(DjobsError) as caught:
        start.ensure_running(place.state, 1, "test", start.Terms(spawn=False, daemon_main=STAND_IN))
    assert caught.value.code is ErrorCode.UNAVAILABLE
    assert not os.path.exists(os.path.join(place.state, "logs"))


def test_a_draining_daemon_is_waited_for_and_named(place: Place) -> None:
    place.ensure(deadline=1.0, mode="draining")
    assert place.ensure(deadline=0.5)["code"] == "draining"
    assert len(place.births()) == 1


@pytest.mark.parametrize("kind", ["file", "link", "folder", "fifo"])
def test_what_is_no_socket_is_refused_by_path_and_left_alone(place: Place, kind: str) -> None:
    path = endpoint.socket_path(place.state)
    os.mkdir(os.path.dirname(path), 0o700)
    if kind == "file":
        with open(path, "w", encoding="ascii") as file:
            file.write("mine")
    elif kind == "link":
        os.symlink("/etc/hosts", path)
    elif kind == "folder":
        os.mkdir(path)
    else:
        os.mkfifo(path)
    before = os.lstat(path)
    said = place.ensure()
    assert said["code"] == "permission"
    assert path in said["message"]
    assert os.lstat(path) == before
    assert place.births() == []


def test_a_full_backlog_is_silence_and_nothing_is_removed(place: Place) -> None:
    path = endpoint.socket_path(place.state)
    os.mkdir(os.path.dirname(path), 0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(0)
        before = os.lstat(path).st_ino
        waiting = fill_backlog(path)
        seen = presence.look(place.state, 0.3)
        assert seen.kind is presence.Kind.MUTE
        assert place.ensure(deadline=0.3)["code"] == "unresponsive"
        assert os.lstat(path).st_ino == before
    for one in waiting:
        one.close()
    assert place.births() == []


def fill_backlog(path: str) -> list[socket.socket]:
    """Connect until the kernel refuses; the connections must stay open."""
    waiting = []
    while True:
        waiting.append(socket.socket(socket.AF_UNIX))
        waiting[-1].setblocking(False)
        try:
            waiting[-1].connect(path)
        except BlockingIOError:
            return waiting


def test_a_held_lock_without_a_listener_is_silence(place: Place) -> None:
    path = endpoint.state_file(place.state, endpoint.DAEMON_LOCK)
    with KernelLock.acquire(path) or pytest.fail("free"):
        seen = presence.look(place.state)
        assert (seen.kind, seen.pid) == (presence.Kind.MUTE, os.getpid())
        assert place.ensure(deadline=0.3)["code"] == "unresponsive"
    assert place.births() == []


def test_a_held_spawn_lock_is_a_start_and_not_joined(place: Place) -> None:
    path = endpoint.state_file(place.state, endpoint.SPAWN_LOCK)
    with KernelLock.acquire(path) or pytest.fail("free"):
        assert presence.look(place.state).kind is presence.Kind.STARTING
        assert place.ensure(deadline=0.3)["code"] == "unresponsive"
    assert place.births() == []


def test_a_daemon_inherits_nothing_of_its_starter(place: Place) -> None:
    reader, writer = os.pipe()
    for number in (reader, writer):
        os.set_inheritable(number, True)
    hostile = {
        "PYTHONPATH": "/tmp",
        "VIRTUAL_ENV": "/tmp",
        "LISTEN_FDS": "3",
        "NOTIFY_SOCKET": "/x",
        "MAKEFLAGS": "-j",
        "https_proxy": "http://p",
        "GITHUB_TOKEN": "t",
        "HOME": "/wrong",
        "TERM": "xterm",
        "LC_TIME": "C",
        "TZ": "UTC",
    }
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        with changed_environment(**hostile):
            start.ensure_running(place.state, 10, "a test", start.Terms(daemon_main=STAND_IN))
    finally:
        signal.signal(signal.SIGINT, old)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(reader)
        os.close(writer)
    facts = presence.look(place.state).welcome["facts"]
    assert set(facts["environ"]) & set(hostile) == {"HOME", "LC_TIME", "TZ"}
    assert environment.kept(facts["environ"]) == facts["environ"]
    assert facts["environ"]["HOME"] != "/wrong"
    assert facts["environ"]["DJOBS_HOME"] == place.state
    assert facts["stdin"] == "/dev/null"
    assert facts["stdout"].startswith(os.path.join(place.state, "logs", "start-"))
    assert facts["session"] != os.getsid(0)
    assert facts["ppid"] != os.getpid()
    assert int(facts["ignored"], 16) & 1 << (signal.SIGINT - 1) == 0
    assert int(facts["blocked"], 16) == 0
    assert facts["argv"][1:] == ["--detach", "--ready-fd", "3", "--owner", "a test"]


def test_starting_leaves_no_zombie_behind(place: Place) -> None:
    start.ensure_running(place.state, 10, "test", start.Terms(daemon_main=STAND_IN))
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_starting_works_while_other_threads_run(place: Place) -> None:
    stop = threading.Event()
    busy = [threading.Thread(target=stop.wait) for _ in range(4)]
    for thread in busy:
        thread.start()
    try:
        start.ensure_running(place.state, 10, "test", start.Terms(daemon_main=STAND_IN))
    finally:
        stop.set()
        for thread in busy:
            thread.join()


def test_only_the_newest_five_attempt_logs_are_kept(place: Place) -> None:
    for _ in range(7):
        attempts.forget_attempts(place.state)
        place.ensure(mode="fail")
        time.sleep(0.002)  # names carry milliseconds
    logs = os.listdir(os.path.join(place.state, "logs"))
    assert len(logs) == spawn.LOGS_KEPT


def test_tests_may_not_start_the_accounts_own_daemon() -> None:
    with pytest.raises(DjobsError) as caught:
        start.ensure_running(endpoint.default_state_dir(), 1)
    assert caught.value.code is ErrorCode.PERMISSION
