"""The end of a daemon: what was begun is finished, and nothing is left lying about (R3, R28)."""

import os
import random
import signal
import socket
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from djobs_daemon import binding
from djobs_local import attempts, start, stop_mark, wire
from djobs_local.presence import GONE_KINDS, Kind
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError, ErrorCode
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, StartFailed, wait_until


def enqueue(home: DaemonHome, count: int) -> list[str]:
    jobs = [{"type": "test", "payload": {"n": n}} for n in range(count)]
    with home.connect() as connection:
        answer = connection.call("job.enqueue", {"jobs": jobs, "correlation_id": "w"})
    return [job["id"] for job in answer["jobs"]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_daemon_exits_0_and_leaves_only_data(
    number: signal.Signals, daemon_home: DaemonHome
) -> None:
    daemon = daemon_home.foreground()
    daemon_home.wait_ready()
    enqueue(daemon_home, 3)
    daemon.send_signal(number)
    daemon.communicate(timeout=PATIENCE_SECONDS)
    assert daemon.returncode == 0
    left = {path.name for path in daemon_home.folder.iterdir()}
    locks = {"daemon.lock", "jobs.db.lock"}
    assert left == locks | {"jobs.db", "births", "run", "logs", "backups"}
    assert os.listdir(daemon_home.folder / "run") == []
    assert daemon_home.look().kind is Kind.ABSENT


def test_a_daemon_stops_when_asked_over_its_socket(running_daemon: DaemonHome) -> None:
    with running_daemon.connect() as connection:
        answer = connection.call("daemon.stop", {"reason": "test"})
    assert answer["pid"] == running_daemon.pid()
    running_daemon.wait_gone()
    assert running_daemon.logged("Stopped.")[0]["status"] == 0


def test_what_was_acknowledged_before_a_kill_is_there_after_the_next_start(
    running_daemon: DaemonHome,
) -> None:
    jobs = enqueue(running_daemon, 20)
    running_daemon.kill9()
    running_daemon.start()
    with running_daemon.connect() as connection:
        page = connection.call("job.list", {"correlation_id": "w"})
    assert {job["id"] for job in page["jobs"]} == set(jobs)


def test_requests_in_flight_are_answered_before_the_daemon_goes(running_daemon: DaemonHome) -> None:
    """Writers write without a pause while the daemon stops; each answer was kept or never given."""
    acknowledged: list[str] = []
    refusals: list[str] = []

    def write_until_refused() -> None:
        try:
            with running_daemon.connect() as connection:
                while True:
                    jobs = [{"type": "test"}]
                    answer = connection.call("job.enqueue", {"jobs": jobs, "correlation_id": "w"})
                    acknowledged.append(answer["jobs"][0]["id"])
        except DjobsError as error:
            refusals.append(str(error.code))

    writers = [threading.Thread(target=write_until_refused) for _ in range(4)]
    for writer in writers:
        writer.start()
    wait_until(lambda: len(acknowledged) > 20, "the writers are at work")
    running_daemon.stop()
    for writer in writers:
        writer.join(PATIENCE_SECONDS)
    assert set(refusals) <= {"draining", "unavailable"}, refusals
    running_daemon.start()
    with running_daemon.connect() as connection:
        counts = connection.call("daemon.health")["counts"]
    assert counts["pending"] == len(acknowledged)


def test_a_second_signal_ends_a_daemon_that_is_slow_to_stop(daemon_home: DaemonHome) -> None:
    daemon = daemon_home.foreground(DJOBS_DRAIN_S="600")
    daemon_home.wait_ready()
    with closing(sqlite3.connect(daemon_home.folder / "jobs.db", isolation_level=None)) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        with daemon_home.connect() as connection:
            line = wire.encode_call(
                1, "job.enqueue", {"jobs": [{"type": "t"}], "correlation_id": "w"}
            )
            assert connection._link is not None
            connection._link.send_line(line, time.monotonic() + 5)  # and nobody waits for it
            daemon.send_signal(signal.SIGTERM)
            wait_until(lambda: daemon_home.record().get("phase") == "draining", "it drains")
            daemon.send_signal(signal.SIGTERM)
            daemon.communicate(timeout=PATIENCE_SECONDS)
    assert daemon.returncode == 128 + signal.SIGTERM


def test_a_closed_terminal_does_not_end_a_daemon(running_daemon: DaemonHome) -> None:
    instance = running_daemon.instance()
    running_daemon.signal(signal.SIGHUP)
    wait_until(lambda: running_daemon.logged("Signal received."), "the signal was heard")
    assert running_daemon.instance() == instance


def test_sigusr2_writes_state_and_stacks_to_the_log(running_daemon: DaemonHome) -> None:
    running_daemon.signal(signal.SIGUSR2)
    wait_until(lambda: running_daemon.logged("State."), "the state is in the log")
    (state,) = running_daemon.logged("State.")
    assert any("handle_signals" in frame for frame in state["stacks"]["MainThread"])
    assert any("listener" in task for task in state["tasks"])


def test_sigusr2_shows_the_stacks_of_a_daemon_whose_loop_hangs(daemon_home: DaemonHome) -> None:
    daemon_home.start(DJOBS_FP="core.listener=hang")

    def hanging_stack_is_shown() -> bool:
        daemon_home.signal(signal.SIGUSR2)  # again: the first may come before it hangs
        return "failpoints.py" in daemon_home.attempt_log.read_text()

    wait_until(hanging_stack_is_shown, "the stacks are in the log of the start")


def test_the_successor_s_socket_outlives_a_daemon_that_is_late(daemon_home: DaemonHome) -> None:
    path = str(daemon_home.folder / "d.sock")
    old = binding.bind(path)
    successor = binding.bind(path)
    binding.release(old)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
    binding.release(successor)
    assert not os.path.exists(path)


def test_the_successor_s_record_outlives_a_daemon_that_is_late(running_daemon: DaemonHome) -> None:
    from djobs_daemon.endpoint_record import EndpointRecord

    path = endpoint.state_file(running_daemon.state, endpoint.ENDPOINT_RECORD)
    EndpointRecord(path, {"instance": "an earlier one"}).remove()
    assert running_daemon.record()["instance"] == running_daemon.instance()


def test_a_clean_stop_forgets_earlier_failures(daemon_home: DaemonHome) -> None:
    failed = attempts.Attempt(attempts.now_ms(), "test", attempts.FAILED)
    attempts.write_attempts(daemon_home.state, [failed])
    daemon_home.start()
    daemon_home.stop()
    assert attempts.read_attempts(daemon_home.state) == []


def test_a_stopped_daemon_stays_stopped_for_clients_that_keep_calling(
    running_daemon: DaemonHome,
) -> None:
    from tests.harness.herd import run_herd

    stop_mark.write_stop_mark(running_daemon.state, "test")
    running_daemon.stop()
    for _ in range(3):
        outcomes = run_herd(running_daemon, 4, seconds=5)
        assert {outcome.get("code") for outcome in outcomes} == {"stopped_by_user"}, outcomes
    assert len(running_daemon.births()) == 1


def test_a_daemon_on_its_way_up_respects_a_stop_that_came_meanwhile(
    daemon_home: DaemonHome,
) -> None:
    stop_mark.write_stop_mark(daemon_home.state, "the user")

    with pytest.raises(StartFailed) as refusal:
        daemon_home.start()

    assert refusal.value.info["code"] == "stopped_by_user"
    assert not daemon_home.births()


def test_a_client_of_a_draining_daemon_gets_its_successor(running_daemon: DaemonHome) -> None:
    first = running_daemon.instance()
    running_daemon.signal(signal.SIGTERM)

    def successor_answers() -> bool:
        options = {"spawn": True, "deadline_seconds": PATIENCE_SECONDS}
        with running_daemon.connect(**options) as connection:
            return bool(connection.welcome["instance"] != first)

    wait_until(successor_answers, "the successor answers, and no client meets an error")
    assert len(running_daemon.births()) == 2


@pytest.mark.timeout(120)
def test_any_order_of_starts_stops_and_calls_ends_with_at_most_one_daemon(
    daemon_home: DaemonHome,
) -> None:
    """Eight callers at once, each doing what a seed says; the last word is then said and holds."""
    choose = random.Random(28)
    failures: list[BaseException] = []

    def stop_quietly() -> None:
        try:
            with daemon_home.connect(deadline_seconds=5) as connection:
                connection.call("daemon.stop")
        except DjobsError as error:
            expected = (ErrorCode.UNAVAILABLE, ErrorCode.DRAINING, ErrorCode.UNRESPONSIVE)
            if error.code not in expected:
                failures.append(error)

    def start_quietly() -> None:
        try:
            start.ensure_running(
                daemon_home.state, PATIENCE_SECONDS, terms=start.Terms(ignore_backoff=True)
            )
        except DjobsError as error:
            failures.append(error)

    def act(seed: int) -> None:
        steps = random.Random(seed)
        for _ in range(4):
            steps.choice([start_quietly, start_quietly, stop_quietly])()

    callers = [threading.Thread(target=act, args=(choose.random(),)) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(PATIENCE_SECONDS * 2)
    assert failures == []
    alive = [born for born in daemon_home.births() if Path(f"/proc/{born.pid}/exe").exists()]
    assert len(alive) <= 1
    start_quietly()
    assert daemon_home.look().kind is Kind.SERVING
    stop_quietly()
    daemon_home.wait_gone()
    assert daemon_home.look().kind in GONE_KINDS
