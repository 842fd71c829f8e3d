"""The end of a daemon: what was begun is finished, and nothing is left lying about (R3, R28)."""

import errno
import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from djobs_daemon import binding
from djobs_daemon.endpoint_record import EndpointRecord
from djobs_local import attempts, stop_mark, wire
from djobs_local.presence import Kind
from djobs_protocol import endpoint
from djobs_protocol.errors import DjobsError
from tests.harness.daemon import PATIENCE_SECONDS, DaemonHome, StartFailed
from tests.harness.gate import Gate
from tests.harness.waiting import wait_until


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


def test_records_that_cannot_be_removed_make_no_failure_of_an_end(daemon_home: DaemonHome) -> None:
    daemon = daemon_home.foreground()
    daemon_home.wait_ready()
    in_the_way = daemon_home.folder / endpoint.START_RECORD
    in_the_way.mkdir(parents=True)  # which no unlink removes, as on a read-only disk
    daemon.send_signal(signal.SIGTERM)
    _, said = daemon.communicate(timeout=PATIENCE_SECONDS)
    assert daemon.returncode == 0
    assert b"Earlier failed starts could not be forgotten." in said


def test_what_cannot_be_removed_is_left_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = EndpointRecord(str(tmp_path / "endpoint.json"), {"instance": "i"})
    record.write()
    bound = binding.bind(str(tmp_path / "s"))

    def unlink(path: str) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    monkeypatch.setattr(os, "unlink", unlink)
    record.remove()
    binding.release(bound)
    assert record.is_intact()
    assert bound.sock.fileno() == -1


def test_a_daemon_that_is_still_loading_the_sdk_is_gone_when_it_says_stopped(
    daemon_home: DaemonHome,
) -> None:
    daemon_home.start(DJOBS_FP=f"mcp.load=sleep:{3 * PATIENCE_SECONDS:g}")
    with daemon_home.attached():
        wait_until(
            lambda: "mcp_server/loader.py" in stacks_of_threads(daemon_home),
            "the SDK is being loaded",
        )
        daemon_home.stop()
    ends = [entry["status"] for entry in daemon_home.logged("Stopped.")]
    assert ends == [0], daemon_home.log_entries()


def stacks_of_threads(home: DaemonHome) -> str:
    """Have the daemon log the stacks of its threads; return what it logged so far."""
    home.signal(signal.SIGUSR2)
    return str(home.logged("State."))


def test_a_second_signal_ends_a_daemon_that_is_slow_to_stop(daemon_home: DaemonHome) -> None:
    gate = Gate(daemon_home.folder / "gate")
    daemon = daemon_home.foreground(DJOBS_DRAIN_S="600", DJOBS_FP=f"store.commit=gate:{gate}")
    daemon_home.wait_ready()
    with gate, daemon_home.connect() as connection:
        line = wire.encode_call(1, "job.enqueue", {"jobs": [{"type": "t"}], "correlation_id": "w"})
        assert connection._link is not None
        connection._link.send_line(line, time.monotonic() + 5)  # and nobody waits for it
        gate.wait_reached()
        daemon.send_signal(signal.SIGTERM)
        wait_until(lambda: daemon_home.record().get("phase") == "draining", "it drains")
        assert daemon.poll() is None
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
